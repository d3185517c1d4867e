/** `run jupyterhub` against a real JupyterHub, into the receiver. */

import { afterAll, beforeAll, describe, expect } from 'bun:test';
import { join } from 'node:path';
import { type Hub, hubToken, startJupyterHub, stateToken, strangerToken } from '../support/jupyterhub.ts';
import { needs } from '../support/needs.ts';
import { install } from '../support/playback.ts';
import { credentials, newSite, type Site } from '../support/site.ts';

const isThere = Bun.which('jupyterhub') !== null && Bun.which('configurable-http-proxy') !== null;
const test = needs('jupyterhub', 'configurable-http-proxy');

let hub: Hub;
let site: Site;
let receiver: string;
beforeAll(async () => {
  if (!isThere) return;
  site = newSite();
  hub = await startJupyterHub();
  receiver = (await site.serve()).url;
  await hub.open({
    ada: { '': { resource: 'cr-login' }, second: { resource: 'cr-batch' }, third: {} },
    bob: { '': { resource: 'de-batch' } },
    eve: { only: { resource: 'elsewhere' } },
    dan: {},
    joe: {},
  });
}, 120_000);
afterAll(async () => {
  if (!isThere) return;
  await site.remove();
  await hub.stop();
});

function configure(yaml = '', token: string | null = hubToken): void {
  const env = `STATUS_API_URL=${receiver}\nSTATUS_API_USER=${credentials.user}\nSTATUS_API_PASSWORD=${credentials.password}\n`;
  site.configure('env', token === null ? env : `${env}JUPYTERHUB_ADMIN_TOKEN=${token}\n`);
  site.configure('jupyterhub.yaml', `url: ${hub.url}\ntimeouts: { request: 5 }\n${yaml}`);
}

async function latest(): Promise<Record<string, unknown>> {
  const authorization = `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`;
  const response = await fetch(`${receiver}/api/v1/status/jupyterhub/latest`, {
    headers: { Authorization: authorization },
  });
  return (await response.json()) as Record<string, unknown>;
}

const rules = `session_rules:
  - { when: { state: { resource: null } }, class: jobs_suspended }
  - { when: { state: { resource: cr-login } }, class: casper_login_jobs }
  - { when: { options: { resource: 'CR-*' } }, class: casper_batch_jobs }
  - { when: { state: { resource: de-batch } }, class: derecho_batch_jobs }
`;

describe('a hub that runs', () => {
  test('its users and servers over all pages are delivered, named servers too', async () => {
    configure();
    const { exit, stderr } = await site.run('run', 'jupyterhub');
    expect(stderr).toContain('Sessions: 5 of 3 users');
    expect(exit).toBe(0);
    expect(await site.entries()).toMatchObject([{ stream: 'sam/jupyterhub', state: 'delivered', failed_probes: [] }]);
    expect(await latest()).toMatchObject({ available: true, active_users: 3, active_sessions: 5 });
  });

  test('classes by rules, nodes by a command, and utilisation by metrics', async () => {
    install(join(site.directory, 'bin'), { jhlnodes: `#!/bin/sh\n/bin/cat <<'EOF'\n${nodeTable}EOF\n` });
    configure(
      `${rules}nodes_command: [jhlnodes, -a]
search_path: ['${join(site.directory, 'bin')}', /usr/bin, /bin]
metrics: { cpu_utilization_percent: { used: site_cores_used, total: site_cores } }
`,
      stateToken,
    );
    expect(await site.run('run', 'jupyterhub')).toMatchObject({ exit: 0 });
    expect(await latest()).toMatchObject({
      casper_login_jobs: 1,
      casper_batch_jobs: 1,
      derecho_batch_jobs: 1,
      jobs_suspended: 1,
      nodes_total: 2,
      nodes_down: 1,
      cpus_total: 70,
      cpus_used: 32,
      cpu_utilization_percent: 25,
      // The metrics have none of memory, so it is that of the table.
      memory_utilization_percent: 22.6,
      nodes: [{ name: 'crhtc50', job_ids: '662075,662076' }, { name: 'crhtc51' }],
    });
  });

  test('a token without the right to see the state of servers leaves out only the classes', async () => {
    configure(rules);
    const { exit, stderr } = await site.run('run', 'jupyterhub');
    expect(exit).toBe(0);
    expect(stderr).toMatch(/ERROR \[jupyterhub\] session_classes: .* the scope admin:server_state/);
    expect(await latest()).toMatchObject({ active_sessions: 5, casper_login_jobs: null });
  });

  test('the token can be in a file that others cannot read', async () => {
    configure(`token_file: ${join(site.configDirectory, 'hub-token')}\n`, null);
    site.configure('hub-token', `${hubToken}\n`);
    const open = await site.run('run', 'jupyterhub');
    expect(open).toMatchObject({ exit: 2 });
    expect(open.stderr).toMatch(/hub-token can be read by others .* chmod 600 /);
    await Bun.$`chmod 600 ${join(site.configDirectory, 'hub-token')}`;
    expect(await site.run('run', 'jupyterhub')).toMatchObject({ exit: 0 });
  });

  test('the token can be in the environment, which has precedence', async () => {
    configure('', 'a-token-that-nobody-knows');
    const env = { ...site.env, JUPYTERHUB_ADMIN_TOKEN: hubToken };
    expect(await site.start(['run', 'jupyterhub'], { env }).ended).toMatchObject({ exit: 0 });
  });

  test('without a token no request is sent, and the error names the setting', async () => {
    configure('', null);
    const { exit, stderr } = await site.run('run', 'jupyterhub');
    expect(exit).toBe(2);
    expect(stderr).toMatch(
      /\/env: the token for the hub is missing: set JUPYTERHUB_ADMIN_TOKEN in this file, or token_file/,
    );
  });

  test.each([
    ['that the hub does not know', 'some-other-token-0123456789'],
    ['without the scope', strangerToken],
  ])('a token %s is a failed probe, and no hub that is down', async (_, token) => {
    configure('', token);
    const before = (await site.entries()).length;
    const { exit, stderr } = await site.run('run', 'jupyterhub');
    expect(exit).toBe(1);
    expect(stderr).toMatch(/ERROR \[jupyterhub\] hub: http:\S+: HTTP 403.* check JUPYTERHUB_ADMIN_TOKEN/);
    expect(stderr).toContain('nothing is stored: every probe failed');
    expect(await site.entries()).toHaveLength(before);
  });

  test('a recording of it replays without the hub, and has no token in it', async () => {
    configure(rules, stateToken);
    const folder = join(site.directory, 'recording');
    const recorded = await site.run('collect', 'jupyterhub', '--json-only', '--record', folder);
    expect(recorded.exit).toBe(0);
    hub.signal('SIGSTOP');
    const replayed = await site.run('collect', 'jupyterhub', '--json-only', '--replay', folder);
    hub.signal('SIGCONT');
    const { timestamp: _, ...payload } = JSON.parse(replayed.stdout);
    expect(JSON.parse(recorded.stdout)).toMatchObject(payload);
    expect(payload).toMatchObject({ active_sessions: 5, casper_login_jobs: 1 });
    configure('', null);
    expect(site.everything().includes(stateToken)).toBe(false);
  });
});

describe('a hub that is down is a snapshot that says so', () => {
  const down = async (words: RegExp) => {
    configure();
    site.configure('jupyterhub.yaml', `url: ${hub.url}\ntimeouts: { request: 1 }\n${rules}`);
    const { exit, stderr } = await site.run('run', 'jupyterhub');
    expect(stderr).toMatch(words);
    expect(exit).toBe(0);
    expect(await latest()).toMatchObject({
      available: false,
      active_users: 0,
      active_sessions: 0,
      casper_login_jobs: 0,
    });
    expect((await site.entries()).at(0)).toMatchObject({ failed_probes: [] });
  };

  test('hanging', async () => {
    hub.signal('SIGSTOP');
    await down(/WARNING \[jupyterhub\] the hub is unavailable: http:\S+: no answer within 1 s/);
    hub.signal('SIGCONT');
    configure();
    await site.run('run', 'jupyterhub');
    expect(await latest()).toMatchObject({ available: true, active_users: 3 });
  });

  test('gone behind its proxy', async () => {
    hub.signal('SIGKILL');
    await down(/the hub is unavailable: http:\S+: HTTP 503/);
  });

  test('gone with its proxy', async () => {
    hub.endProxy();
    await down(/the hub is unavailable: http:\S+: connection refused/);
  });
});

/** As `pbsnodes -aSj` prints it; the first row is that of a real one. */
const nodeTable = `                                                        mem       ncpus   nmics   ngpus
vnode           state           njobs   run   susp      f/t        f/t     f/t     f/t   jobs
--------------- --------------- ------ ----- ------ ------------ ------- ------- ------- -------
crhtc50         free                16    16      0  194gb/354gb    2/34     0/0     0/0 662075,662076
crhtc51         down,offline         0     0      0  354gb/354gb   36/36     0/0     0/0 --
`;
