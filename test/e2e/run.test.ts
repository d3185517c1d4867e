/** `run`, the cron line, and `collect`: what they do, what they leave, and the codes they exit with. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { install } from '../support/playback.ts';
import { refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { credentials, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

let site: Site;
let api: SamApi | null;
beforeEach(() => {
  site = newSite();
  api = null;
});
afterEach(async () => {
  await site.remove();
  await api?.stop();
});

/** An API that answers as told, and a configuration that knows it. */
function withApi(...answer: Parameters<typeof startSamApi>): SamApi {
  api = startSamApi(...answer);
  site.api(api.url);
  return api;
}

/** Makes `qstat` of a system say that it runs, and hang. */
function hang(programs: string): { readonly isRunning: () => boolean } {
  const marker = join(programs, 'qstat-runs');
  install(programs, { qstat: `#!/bin/sh\n: > '${marker}'\nexec /bin/sleep 60\n` });
  return { isRunning: () => existsSync(marker) };
}

const failing = Object.fromEntries(
  ['pbsnodes', 'qstat', 'pbs_rstat', 'df', 'nproc'].map((name) => [name, '#!/bin/sh\necho "no server" >&2; exit 1\n']),
);

describe('exit code 0', () => {
  test('a snapshot is delivered with the credentials and its own idempotency key', async () => {
    const { posted } = withApi();
    site.localSystem('casper');
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(0);
    expect(stderr).toContain('✓ Posted casper status: status_id=1');
    expect(stderr).toContain('Drain: 1 delivered, 0 rejected, 0 left');
    const [entry] = await site.entries();
    expect(entry).toMatchObject({ state: 'delivered', failed_probes: [] });
    expect(posted).toHaveLength(1);
    expect(posted[0]?.path).toBe('/api/v1/status/casper');
    expect(posted[0]?.headers.get('authorization')).toBe(
      `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`,
    );
    expect(posted[0]?.headers.get('idempotency-key')).toBe(String(entry?.id));
    expect(posted[0]?.body).toMatchObject({
      viz_nodes_total: 15,
      login_nodes: [{ node_name: 'here', available: true, user_count: 2, num_cpus: 7 }],
      filesystems: [{ filesystem_name: 'campaign', available: true }],
    });
  });

  test('a probe that failed is named, and its part left out', async () => {
    const { posted } = withApi();
    install(site.localSystem('casper'), { pbs_rstat: '#!/bin/sh\necho "cannot connect to server" >&2; exit 111\n' });
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(0);
    expect(stderr).toMatch(/ERROR \[casper\] reservations: pbs_rstat -f exited with 111: cannot connect to server/);
    expect(stderr).toMatch(/✓ Stored casper as \S+ after \S+ s without reservations/);
    expect(posted[0]?.headers.get('x-collection-failed')).toBe('reservations');
    expect(await site.entries()).toMatchObject([{ failed_probes: ['reservations'] }]);
  });

  test('while the drain is held: the snapshot is stored, and delivered by the next run', async () => {
    const answer = Promise.withResolvers<Response>();
    const { posted } = withApi((one, count) =>
      count === 1 ? answer.promise : Response.json({ success: true, status_id: count, at: one.path }, { status: 201 }),
    );
    site.localSystem('casper');
    await site.run('collect', 'casper');
    const drain = site.start(['drain']);
    await until(() => posted.length === 1, 'the drain is under way', 20);

    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(0);
    expect(stderr).toContain('Another drain is running');
    expect(await site.run('drain')).toMatchObject({ exit: 75 });
    expect((await site.entries()).map(({ state }) => state)).toEqual(['pending', 'pending']);

    answer.resolve(Response.json({ success: true, status_id: 1 }, { status: 201 }));
    expect(await drain.ended).toMatchObject({ exit: 0 });
    expect((await site.entries()).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  });
});

describe('exit code 1', () => {
  test('a delivery was attempted and waits, because the credentials are wrong', async () => {
    withApi(refuse(401, 'Invalid credentials'));
    site.localSystem('casper');
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(1);
    expect(stderr).toContain('HTTP 401: Invalid credentials: check STATUS_API_USER and STATUS_API_PASSWORD');
    expect(stderr).toContain('Finished: FAILED');
    expect(await site.entries()).toMatchObject([{ state: 'pending', attempts: 0, last_status: 401 }]);
  });

  test('a delivery was rejected', async () => {
    withApi(refuse(500, "Database error: {'queues': ['Missing data for required field.']}"));
    site.localSystem('casper');
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(1);
    expect(stderr).toContain('Missing data for required field');
    expect(await site.entries()).toMatchObject([{ state: 'rejected', attempts: 1 }]);
  });

  test('every probe failed: nothing is stored', async () => {
    withApi();
    install(site.localSystem('casper'), failing);
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(1);
    expect(stderr).toContain('✗ casper: nothing is stored: every probe failed');
    expect(await site.entries()).toEqual([]);
  });

  test('one system failed; the other is still collected and delivered', async () => {
    const { posted } = withApi();
    install(site.localSystem('derecho'), failing);
    site.localSystem('casper');
    expect(await site.run('run', 'derecho', 'casper')).toMatchObject({ exit: 1 });
    expect(posted.map(({ path }) => path)).toEqual(['/api/v1/status/casper']);
  });
});

describe('exit code 2', () => {
  test.each([
    ['address', '', "the SAM API's address is not configured: set STATUS_API_URL"],
    ['credentials', 'STATUS_API_URL=http://127.0.0.1:9\n', 'set STATUS_API_USER and STATUS_API_PASSWORD'],
  ])('no %s is configured: the snapshot is stored first', async (_, env, words) => {
    site.configure('env', env);
    site.localSystem('casper');
    const { exit, stderr } = await site.run('run', 'casper');
    expect(exit).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).toContain(join(site.configDirectory, 'env'));
    expect(await site.entries()).toMatchObject([{ state: 'pending', attempts: 0 }]);
  });

  test.each([
    ['unknown', 'nowhere', "there is no system 'nowhere'"],
    ['wrongly configured', 'derecho', "unknown setting 'pbs_hots'"],
  ])('one system is %s; the other is collected and delivered all the same', async (_, name, words) => {
    const { posted } = withApi();
    site.configure('derecho.yaml', 'pbs_hots: null\n');
    site.localSystem('casper');
    const { exit, stderr } = await site.run('run', name, 'casper');
    expect(exit).toBe(2);
    expect(stderr).toContain(words);
    expect(posted.map(({ path }) => path)).toEqual(['/api/v1/status/casper']);
  });
});

describe('exit code 75', () => {
  test('another collection of the system is under way; other systems are collected', async () => {
    withApi();
    const slow = hang(site.localSystem('casper'));
    site.localSystem('derecho');
    const first = site.start(['run', 'casper']);
    await until(slow.isRunning, 'the first collection is under way', 20);

    const { exit, stdout, stderr } = await site.run('run', 'casper');
    expect({ exit, stdout }).toEqual({ exit: 75, stdout: '' });
    expect(stderr).toContain('Another collection of casper is running');
    expect((await site.run('collect', 'casper', '--quiet')).stderr).toBe('');
    expect(await site.run('run', 'casper', 'derecho')).toMatchObject({ exit: 0 });
    expect(await site.entries()).toMatchObject([{ stream: 'sam/derecho', state: 'delivered' }]);
    first.kill('SIGKILL');
    await first.ended;
  });
});

describe('without a system', () => {
  test('all that are enabled on this host are run', async () => {
    const { posted } = withApi();
    site.localSystem('derecho', { yaml: 'hosts: [some-other-host]' });
    site.localSystem('casper', { yaml: `hosts: [some-other-host, ${hostname().split('.')[0]}]` });
    site.configure('collector.yaml', 'systems: [derecho, casper]\n');
    expect(await site.run('run')).toMatchObject({ exit: 0 });
    expect(posted.map(({ path }) => path)).toEqual(['/api/v1/status/casper']);
  });

  test('with no enabled system on this host, nothing is done and the exit code is 0', async () => {
    withApi();
    site.localSystem('casper', { yaml: 'hosts: [some-other-host]' });
    site.configure('collector.yaml', 'systems: [casper]\n');
    expect(await site.run('run')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(existsSync(site.outbox)).toBe(false);
  });

  test('and with none enabled, it says how to enable one', async () => {
    expect(await site.run('run')).toMatchObject({ exit: 2, stderr: expect.stringContaining("'systems:'") });
  });
});

describe('previews', () => {
  test.each(['run', 'collect'])('%s --dry-run prints what would be sent, and where', async (command) => {
    const { posted, url } = withApi();
    site.localSystem('casper');
    const { exit, stdout, stderr } = await site.run(command, 'casper', '--dry-run');
    expect(exit).toBe(0);
    expect(stderr).toContain(`[DRY RUN] Would POST to ${url}/api/v1/status/casper`);
    expect(JSON.parse(stdout)).toHaveProperty('viz_nodes_total', 15);
    expect(existsSync(site.outbox)).toBe(false);
    expect(posted).toEqual([]);
  });

  test('--json-only is one readable payload', async () => {
    site.localSystem('casper');
    const { exit, stdout } = await site.run('collect', 'casper', '--json-only');
    expect(exit).toBe(0);
    expect(stdout).toBe(`${JSON.stringify(JSON.parse(stdout), null, 2)}\n`);
    expect(existsSync(site.outbox)).toBe(false);
  });

  test('--dry-run without an address says so', async () => {
    site.localSystem('casper');
    const { exit, stderr } = await site.run('collect', 'casper', '--dry-run');
    expect(exit).toBe(0);
    expect(stderr).toContain('[DRY RUN] Would POST to (no address configured)/api/v1/status/casper');
  });

  test('--json-only of a system of which nothing can be collected prints nothing, and ends with 1', async () => {
    install(site.localSystem('casper'), failing);
    site.localSystem('derecho');
    const { exit, stdout, stderr } = await site.run('collect', 'casper', 'derecho', '--json-only');
    expect(exit).toBe(1);
    expect(stderr).toMatch(/ERROR \[casper\] ✗ casper: /);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).not.toHaveProperty('viz_nodes_total');
  });

  test('--json-only that is interrupted prints nothing', async () => {
    const slow = hang(site.localSystem('casper'));
    const running = site.start(['collect', 'casper', '--json-only']);
    await until(slow.isRunning, 'the collection is under way', 20);
    running.kill('SIGINT');
    const { exit, stdout, stderr } = await running.ended;
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' });
    expect(stderr).toContain('Interrupted: nothing is printed');
  });

  test('--json-only of several is JSON Lines in the order of the command line', async () => {
    const programs = site.localSystem('derecho');
    install(programs, { df: '#!/bin/sh\n/bin/sleep 0.3; exit 1\n' });
    site.localSystem('casper');
    const { exit, stdout } = await site.run('collect', 'derecho', 'casper', '--json-only');
    expect(exit).toBe(0);
    const payloads = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(payloads.map((payload) => 'viz_nodes_total' in payload)).toEqual([false, true]);
    expect(payloads[0].timestamp).not.toBe(payloads[1].timestamp);
  });

  test('drain --dry-run prints the pending entries, and sends nothing', async () => {
    const { posted, url } = withApi();
    site.localSystem('casper');
    await site.run('collect', 'casper');
    const { exit, stdout, stderr } = await site.run('drain', '--dry-run');
    expect(exit).toBe(0);
    expect(stderr).toContain(`[DRY RUN] Would POST to ${url}/api/v1/status/casper`);
    expect(JSON.parse(stdout)).toHaveProperty('viz_nodes_total', 15);
    expect(posted).toEqual([]);
    expect(await site.entries()).toMatchObject([{ state: 'pending', attempts: 0 }]);
  });
});

describe('a run that gets a signal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s stores no half of a snapshot', async (signal) => {
    const { posted } = withApi();
    const slow = hang(site.localSystem('casper'));
    const running = site.start(['run', 'casper']);
    await until(slow.isRunning, 'the collection is under way', 20);
    running.kill(signal);
    const { exit, stderr } = await running.ended;
    expect(exit).toBe(1);
    expect(stderr).toContain('Interrupted: no snapshot of casper is stored');
    expect(await site.entries()).toEqual([]);
    expect(posted).toEqual([]);
  });
});
