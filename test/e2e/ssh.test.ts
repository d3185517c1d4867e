/** A whole run through a real sshd, with PBS played back on the far side. */

import { afterAll, beforeAll, describe, expect } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../support/needs.ts';
import { install, loginNodePrograms, playback } from '../support/playback.ts';
import { credentials, fixtures, newSite, type Site } from '../support/site.ts';
import { type FarSide, sshdInstalled, startSshd, trouble } from '../support/sshd.ts';

const throughSsh = needs('sshd', 'ssh', 'ssh-keygen');

type Payload = Record<string, unknown> & { readonly login_nodes: readonly Record<string, unknown>[] };

let site: Site;
let far: FarSide;
beforeAll(async () => {
  if (!sshdInstalled) return;
  site = newSite();
  site.env.PATH = '/usr/bin:/bin';
  far = await startSshd({
    hosts: ['pbs-server', 'login-a', 'login-b'],
    programs: { ...playback(join(fixtures, 'derecho')), ...loginNodePrograms },
  });
  site.configure('derecho.yaml', systemYaml('via: the PBS host'));
});
afterAll(async () => {
  await site?.remove();
  await far?.stop();
});

/** Derecho, as the far side has it: two login nodes that work, then one in each kind of trouble. */
function systemYaml(way: 'via: the PBS host' | 'direct'): string {
  const inTrouble = [trouble.mute, trouble.passwordOnly, trouble.stranger, trouble.impostor, trouble.refusing];
  return `pbs_host: pbs-server
login_nodes_via: ${way === 'direct' ? 'direct' : 'pbs_host'}
login_nodes:
  - { name: derecho1, host: login-a, type: cpu }
${inTrouble.map((host) => `  - { name: ${host}, type: cpu }`).join('\n')}
  - { name: derecho5, host: login-b, type: gpu }
ssh_config: ${far.configFile}
timeouts: { connect: 5, command: 30 }
`;
}

const works = (name: string, type: string) => ({
  node_name: name,
  node_type: type,
  available: true,
  degraded: false,
  user_count: 2,
  num_cpus: 7,
});
const isOut = (name: string) => ({ node_name: name, node_type: 'cpu', available: false, degraded: true });

/** Those that do not let us in: nothing is known about them. */
const refusals = [trouble.passwordOnly, trouble.stranger, trouble.impostor];

/** What the API stores of `fixtures/derecho`. */
const expected = {
  cpu_nodes_total: 2488,
  gpu_nodes_total: 82,
  running_jobs: 112,
  login_nodes: [works('derecho1', 'cpu'), isOut(trouble.mute), isOut(trouble.refusing), works('derecho5', 'gpu')],
  filesystems: [
    { filesystem_name: 'glade', available: true },
    { filesystem_name: 'campaign', available: true },
    { filesystem_name: 'derecho_scratch', available: true },
  ],
};

describe('a run over ssh', () => {
  throughSsh('delivers everything, nodes that do not answer as unavailable, and none that refuses us', async () => {
    const { url } = await site.serve();
    site.api(url);
    const { exit, stderr } = await site.run('run', 'derecho');
    expect(stderr).toContain('Login nodes: 2/7 available');
    for (const reason of [
      `${trouble.mute}: does not answer`,
      `${trouble.passwordOnly}: login refused`,
      `${trouble.stranger}: host key not trusted`,
      `${trouble.impostor}: host key not trusted`,
      `${trouble.refusing}: connection refused`,
    ])
      expect(stderr).toContain(`ssh to ${reason}`);
    expect(exit).toBe(0);

    const latest = await fetch(`${url}/api/v1/status/derecho/latest`, {
      headers: { Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}` },
    });
    expect(await latest.json()).toMatchObject(expected);
    expect(await site.entries()).toMatchObject([
      { state: 'delivered', failed_probes: refusals.map((name) => `login_nodes/${name}`) },
    ]);
  });

  throughSsh('reaches the login nodes directly where it is told to', async () => {
    const other = newSite();
    other.env.PATH = '/usr/bin:/bin';
    other.configure('derecho.yaml', systemYaml('direct'));
    const { exit, stdout } = await other.run('collect', 'derecho', '--json-only', '-q');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(expected);
    await other.remove();
  });

  throughSsh('is what doctor tries first: every host, with what mends each, and the commands there', async () => {
    const { exit, stdout } = await site.run('doctor', 'derecho', '--json');
    const findings = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<'name' | 'result' | 'message' | 'remedy', string>);
    const found = (name: string) => findings.find((finding) => finding.name === `derecho ${name}`);
    expect(exit).toBe(1);
    for (const name of ['ssh pbs-server', 'ssh derecho1', 'ssh derecho5', 'pbsnodes', 'qstat', 'pbs_rstat', 'df'])
      expect(found(name)).toMatchObject({ result: 'pass' });
    expect(found('ssh derecho1')?.message).toContain('through pbs-server');
    const mends = [
      [trouble.mute, 'warn', /^ssh .*-t pbs-server ping|^ping/],
      [trouble.refusing, 'warn', /is sshd running there/],
      [trouble.passwordOnly, 'fail', /ssh-copy-id/],
      [trouble.stranger, 'fail', /compare the fingerprint/],
      [trouble.impostor, 'fail', /compare the fingerprint/],
    ] as const;
    for (const [host, result, mend] of mends)
      expect(found(`ssh ${host}`)).toMatchObject({ result, remedy: expect.stringMatching(mend) });
  });

  throughSsh('is the same from its recording', async () => {
    const recording = join(site.directory, 'recording');
    const recorded = await site.run('collect', 'derecho', '--record', recording, '--json-only');
    const replayed = await site.run('collect', 'derecho', '--replay', recording, '--json-only');
    expect([recorded.exit, replayed.exit]).toEqual([0, 0]);
    const { timestamp: _, ...payload } = JSON.parse(recorded.stdout) as Payload;
    const { timestamp: __, ...again } = JSON.parse(replayed.stdout) as Payload;
    expect(again).toEqual(payload);
    expect(payload).toMatchObject(expected);
    expect(readdirSync(recording)).toContain('recording.yaml');
    expect(await site.run('collect', 'derecho', '--record', recording)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('name another folder'),
    });
  });

  throughSsh('learns no host key by itself', async () => {
    const known = readFileSync(join(far.directory, 'known_hosts'), 'utf8');
    expect(known).not.toContain(trouble.stranger);
  });

  throughSsh('with the PBS host out of reach stores nothing, and says why once for all probes', async () => {
    const other = newSite();
    other.env.PATH = '/usr/bin:/bin';
    other.configure('derecho.yaml', systemYaml('via: the PBS host').replace('pbs-server', trouble.refusing));
    const { exit, stderr } = await other.run('collect', 'derecho');
    expect(exit).toBe(1);
    const errors = stderr.split('\n').filter((line) => line.includes(' ERROR '));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatch(
      new RegExp(
        `ERROR \\[derecho\\] ssh to ${trouble.refusing}: connection refused: ssh: connect to host .*` +
          `; failed probes: queues, nodes, jobs, reservations, login_nodes/derecho1, .*, filesystems/glade, .*$`,
      ),
    );
    expect(errors[1]).toContain('every probe failed');
    expect(await other.entries()).toEqual([]);
    await other.remove();
  });

  throughSsh('tells cron of a PBS host out of reach once, and once when it is back', async () => {
    const other = newSite();
    other.env.PATH = '/usr/bin:/bin';
    const near = systemYaml('via: the PBS host')
      .split('\n')
      .filter((line) => !refusals.some((name) => line.includes(`name: ${name}`)))
      .join('\n');
    other.configure('derecho.yaml', near.replace('pbs-server', trouble.refusing));
    expect((await other.runUnwatched('collect', 'derecho')).stderr).toContain('; failed probes: queues, nodes, jobs, ');
    expect((await other.runUnwatched('collect', 'derecho')).stderr).toBe('');
    other.configure('derecho.yaml', near);
    expect((await other.runUnwatched('collect', 'derecho')).stderr).toMatch(
      /^.* ✓ Recovered after .* UTC\): ssh to .*\n.* ✓ Recovered after .* every probe failed.*\n$/,
    );
    await other.remove();
  });

  throughSsh('gives the far side none of our secrets', async () => {
    const dump = join(far.directory, 'environment');
    install(far.programDirectory, { pbs_rstat: `#!/bin/sh\n/usr/bin/env > '${dump}'\nexit 1\n` });
    await site.run('collect', 'derecho');
    expect(readFileSync(dump, 'utf8')).toContain('LC_ALL=C');
    expect(readFileSync(dump, 'utf8')).not.toContain(credentials.password);
  });
});
