/** `health`, the alerts at the end of `run`, and `maintenance`: what a monitoring sees of a collector. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Outbox } from '../../src/outbox/outbox.ts';
import { rememberDamage } from '../../src/outbox/recovery/past-damage.ts';
import { keepReserve } from '../../src/outbox/reserve.ts';
import { attemptAt, put } from '../outbox/queue.ts';
import { startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const collector = (settings: object) => site.configure('collector.yaml', stringify(settings));

/** Does something to the site's outbox. */
function change<T>(work: (outbox: Outbox) => T): T {
  const outbox = new Outbox(site.outbox);
  try {
    return work(outbox);
  } finally {
    outbox.close();
  }
}

/** Stores a snapshot of casper as if it had been so long ago. */
function snapshot(minutes: number, isDelivered: boolean, rest: Parameters<typeof put>[1] = {}): void {
  change((outbox) => {
    const entry = put(outbox, { collectedAt: minutesAgo(minutes), ...rest });
    if (isDelivered) outbox.delivered(entry, attemptAt(minutesAgo(minutes)), '{}');
  });
}

describe('health', () => {
  test('is unknown if there is no outbox, and does not create one', async () => {
    const { exit, stdout } = await site.run('health');
    expect(exit).toBe(3);
    expect(stdout).toMatch(/^HPC-COLLECTOR UNKNOWN: there is no outbox .*\n$/);
    expect(existsSync(site.outbox)).toBe(false);
  });

  test('is unknown if nothing is expected, and for a faulty configuration', async () => {
    change(() => {});
    expect(await site.run('health')).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining('no system is enabled'),
    });
    site.configure('collector.yaml', 'sytems: [casper]\n');
    expect(await site.run('health')).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining("did you mean 'systems'"),
    });
  });

  test('is ok, with performance data, and does not change the outbox', async () => {
    snapshot(2, true);
    const before = { bytes: readFileSync(site.outbox), time: statSync(site.outbox).mtimeMs };
    const { exit, stdout, stderr } = await site.run('health');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(/^HPC-COLLECTOR OK: 1 system collected, nothing is overdue[^|\n]* \| [^|\n]+\n$/);
    const data = stdout.split(' | ')[1]?.trim().split(' ') ?? [];
    for (const one of data) expect(one).toMatch(/^('[^']+'|\w+)=\d+(s|B)?;[\d:]*;[\d:]*;0(;\d+)?$/);
    expect(data.slice(0, 3).map((one) => one.replace(/=\d+s?/, ''))).toEqual([
      'casper_stored_age;600;900;0',
      'casper_delivered_age;600;900;0',
      'casper_failed_in_a_row;2;;0',
    ]);
    expect(readFileSync(site.outbox)).toEqual(before.bytes);
    expect(statSync(site.outbox).mtimeMs).toBe(before.time);
  });

  test.each([
    [9, 0, /OK: /],
    [11, 1, /WARNING: casper: last stored 11m(\d\ds)? ago/],
    [16, 2, /CRITICAL: casper: last stored 16m(\d\ds)? ago/],
  ])('a last snapshot of %p minutes ago is %p', async (minutes, code, words) => {
    snapshot(minutes, true);
    expect(await site.run('health')).toMatchObject({ exit: code, stdout: expect.stringMatching(words) });
  });

  test('age limits can be configured, and contradictory limits are reported', async () => {
    snapshot(9, true);
    collector({ health: { warn_minutes: 5, critical_minutes: 8 } });
    expect(await site.run('health')).toMatchObject({ exit: 2, stdout: expect.stringContaining(';300;480;') });
    collector({ health: { warn_minutes: 20 } });
    expect(await site.run('health')).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining('health: warn_minutes'),
    });
  });

  test('an enabled system without any stored snapshot is critical; one of another host is not expected', async () => {
    snapshot(1, true);
    site.localSystem('gust', { yaml: 'hosts: [elsewhere]' });
    collector({ systems: ['casper', 'gust'] });
    expect(await site.run('health')).toMatchObject({ exit: 0 });
    collector({ systems: ['casper', 'derecho'] });
    expect(await site.run('health')).toMatchObject({
      exit: 2,
      stdout: expect.stringContaining('CRITICAL: derecho: no snapshot was stored'),
    });
  });

  test('rejected, held and pending entries and failed probes are named, the worst first', async () => {
    for (const minutes of [3, 2, 1]) snapshot(minutes, true, { failedProbes: ['jobs'] });
    snapshot(30, false, { state: 'rejected' });
    snapshot(31, false, { state: 'held' });
    expect(await site.run('health')).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining(
        'WARNING: casper: failed in a row: jobs (3 times); 1 entry rejected; 1 entry held |',
      ),
    });
    snapshot(20, false);
    expect((await site.run('health')).stdout).toMatch(
      /CRITICAL: 1 entry is pending, the oldest for 20m(\d\ds)?; casper: failed/,
    );
  });

  test('damage is critical until it is acknowledged', async () => {
    snapshot(1, true);
    const damage = { at: '2026-01-01', file: '/x', reason: 'r', recovered: 1, without_body: 0, without_entry: 0 };
    change(({ database }) => rememberDamage(database, damage));
    expect(await site.run('health')).toMatchObject({ exit: 2, stdout: expect.stringContaining('was damaged') });
    await site.run('outbox', 'recover', '--ack');
    expect(await site.run('health')).toMatchObject({ exit: 0 });
  });

  test('a file that is damaged is critical, and is left to the next run to recover', async () => {
    snapshot(1, true);
    keepReserve(site.outbox);
    writeFileSync(site.outbox, 'this is no database at all, whatever its name may say. '.repeat(100));
    const before = readFileSync(site.outbox);
    expect(await site.run('health')).toMatchObject({ exit: 2, stdout: expect.stringContaining('is damaged') });
    expect(readFileSync(site.outbox)).toEqual(before);
  });

  test('--json is one object', async () => {
    snapshot(16, true);
    const { exit, stdout } = await site.run('health', '--json');
    expect(exit).toBe(2);
    const { line, ...rest } = JSON.parse(stdout);
    expect(line).toMatch(/^HPC-COLLECTOR CRITICAL: casper: last stored 16m\S* ago \| casper_stored_age=9\d\ds;/);
    const text = expect.stringMatching(/^casper: last stored 16m\S* ago$/);
    expect(rest).toEqual({
      status: 'critical',
      findings: [{ topic: 'collection', system: 'casper', status: 'critical', text, silenced: false }],
      systems: [
        {
          system: 'casper',
          stored_at: expect.any(String),
          delivered_at: expect.any(String),
          failed_in_a_row: {},
          maintenance_until: null,
        },
      ],
    });
  });

  test('--prometheus replaces the textfile atomically, readable by all', async () => {
    snapshot(16, true, { failedProbes: ['a"b\\c'] });
    const file = join(site.directory, 'collector.prom');
    writeFileSync(file, 'old');
    expect(await site.run('health', '--prometheus', file)).toMatchObject({ exit: 2, stderr: '' });
    expect(await site.run('health', '--prometheus', `${file}.txt`)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('node_exporter reads only files whose names end with .prom'),
    });
    const text = readFileSync(file, 'utf8');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('644');
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const sample of samples) expect(sample).toMatch(/^hpc_collector_[a-z_]+(\{[^}]+\})? -?[\d.e+]+$/);
    expect(samples).toContain('hpc_collector_health_status 2');
    expect(samples).toContain('hpc_collector_maintenance{system="casper"} 0');
    expect(samples).toContain('hpc_collector_probe_failures_in_a_row{system="casper",probe="a\\"b\\\\c"} 1');
    for (const name of new Set(samples.map((sample) => sample.replace(/[{ ].*/, ''))))
      expect(text).toContain(`# TYPE ${name} gauge\n`);
    expect(await site.run('health', '--prometheus', '/nonexistent/x.prom')).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining('cannot write /nonexistent/x.prom'),
    });
  });
});

describe('maintenance', () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();

  test('makes health of its system ok, is named there and listed, and ends', async () => {
    snapshot(60, true);
    expect(await site.run('maintenance', 'start', 'casper', '--until', until, '--reason', 'new | pumps')).toMatchObject(
      {
        exit: 0,
      },
    );
    const { exit, stdout } = await site.run('health');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/OK: .*casper: in maintenance until .* UTC \(new \/ pumps\) \| /);
    expect(JSON.parse((await site.run('maintenance', 'ls', '--json')).stdout)).toMatchObject({
      system: 'casper',
      until,
    });
    expect((await site.run('maintenance', 'end', 'casper')).stdout).toBe('casper is no longer in maintenance\n');
    expect((await site.run('maintenance', 'end', 'casper')).stdout).toBe('casper is not in maintenance\n');
    expect(await site.run('health')).toMatchObject({ exit: 2 });
    expect((await site.run('maintenance', 'ls')).stdout).toBe('No system is in maintenance.\n');
  });

  test('is a planned outage, too, until that is resolved', async () => {
    snapshot(60, true);
    const planned = ['outage', 'report', 'casper', '--title', 'New pumps', '--severity', 'maintenance'];
    const key = (await site.run(...planned)).stdout.trim();
    const { exit, stdout } = await site.run('health');
    expect(stdout).toContain('casper: in maintenance (New pumps)');
    expect(exit).toBe(0);
    await site.run('outage', 'resolve', key);
    expect(await site.run('health')).toMatchObject({ exit: 2 });
  });

  test.each([
    ['a mistyped system', ['caspr', '--until', until], "did you mean 'casper'?"],
    ['a time that is past', ['casper', '--until', '2020-01-01'], 'is in the past'],
    ['no time', ['casper', '--until', 'tonight'], 'ISO 8601'],
    ['without a time', ['casper'], '--until'],
  ])('refuses %s', async (_, words, hint) => {
    snapshot(1, true);
    const { exit, stderr } = await site.run('maintenance', 'start', ...words);
    expect(exit).toBe(2);
    expect(stderr).toContain(hint);
  });
});

describe('the end of a run', () => {
  /** A server that takes messages and signs of life. */
  function listener(status = 200) {
    const got: { readonly path: string; readonly text: string }[] = [];
    const server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const text = await request.text();
        got.push({ path: new URL(request.url).pathname, text: text === '' ? '' : JSON.parse(text).text });
        return new Response('ok', { status });
      },
    });
    return { got, url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
  }

  test('an outage of twenty runs sends two messages, and a successful run a heartbeat', async () => {
    const { got, url, stop } = listener();
    const said = join(site.directory, 'said');
    site.localSystem('casper', { recording: 'empty-without-jobs' });
    const api = startSamApi();
    await api.stop();
    site.api(api.url);
    collector({
      notify: { webhook: `${url}/hook`, command: ['/bin/sh', '-c', `echo "$1" >>${said}`, 'tell'] },
      heartbeat_url: `${url}/alive`,
    });
    snapshot(20, true);
    await site.run('collect', 'casper');
    await site.run('drain', '--max-seconds', '0.7');
    // The API is found to be down. The runs then leave it alone, however long they take.
    change(({ database }) => database.run('UPDATE entries SET next_attempt_at = ?', [Date.now() + 1_800_000]));
    for (let cycle = 0; cycle < 20; cycle++) expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    const back = startSamApi(undefined, Number(new URL(api.url).port));
    expect(await site.run('drain', '--now')).toMatchObject({ exit: 0 });
    for (let cycle = 0; cycle < 2; cycle++) expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    await back.stop();
    await stop();
    const messages = got.filter(({ path }) => path === '/hook').map(({ text }) => text);
    expect(messages).toEqual([
      expect.stringMatching(/^hpc-collector on \S+: PROBLEM: casper: last delivered 20m\S* ago$/),
      expect.stringMatching(/^hpc-collector on \S+: RECOVERED: delivery after \S+$/),
    ]);
    expect(readFileSync(said, 'utf8').trimEnd().split('\n')).toEqual(messages);
    expect(got.filter(({ path }) => path === '/alive')).toHaveLength(22);
  }, 240_000);

  test('a lasting problem is notified again after the configured hours', async () => {
    const { got, url, stop } = listener();
    site.localSystem('casper', { recording: 'empty-without-jobs' });
    const api = startSamApi();
    site.api(api.url);
    const told = async (hours: number) => {
      collector({ notify: { webhook: url, still_after_hours: hours } });
      await site.run('run', 'casper');
      return got.map(({ text }) => text.replace(/^.*?: /, ''));
    };
    snapshot(1, false, { state: 'rejected' });
    expect(await told(4)).toEqual(['PROBLEM: 1 entry rejected']);
    expect(await told(4)).toHaveLength(1);
    // Two milliseconds.
    expect((await told(5e-7)).slice(1)).toEqual([
      expect.stringMatching(/^STILL: 1 entry rejected \(first reported .* ago\)$/),
    ]);
    expect(await told(4)).toHaveLength(2);
    await api.stop();
    await stop();
  });

  test('during maintenance no message is sent', async () => {
    const { got, url, stop } = listener();
    site.localSystem('casper', { recording: 'empty-without-jobs' });
    collector({ notify: { webhook: url } });
    snapshot(20, true);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await site.run('maintenance', 'start', 'casper', '--until', until);
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 2 });
    expect(got).toEqual([]);
    await site.run('maintenance', 'end', 'casper');
    await site.run('run', 'casper');
    expect(got).toHaveLength(1);
    await stop();
  });

  test.each(['notify.webhook', 'HEARTBEAT_URL'])(
    '%s in plain HTTP to another host must be allowed',
    async (setting) => {
      const api = startSamApi();
      site.localSystem('casper', { recording: 'empty-without-jobs' });
      site.api(api.url);
      const address = 'http://hooks.invalid/T0/very-secret';
      const notifyOf = (allowed: boolean) => ({
        allow_insecure_http: allowed,
        ...(setting === 'notify.webhook' ? { webhook: address } : {}),
      });
      if (setting === 'HEARTBEAT_URL') appendFileSync(join(site.configDirectory, 'env'), `HEARTBEAT_URL=${address}\n`);
      snapshot(1, false, { state: 'rejected' });
      collector({ notify: notifyOf(false) });
      const refused = await site.run('run', 'casper', '-v');
      const checked = await site.run('config', 'check', 'casper');
      expect([refused.exit, checked.exit]).toEqual([0, 2]);
      for (const said of [refused.stderr, checked.stdout + checked.stderr]) {
        expect(said).toContain(
          `${setting} is plain HTTP and would show its address and messages to the network: use https`,
        );
        expect(said).not.toContain('very-secret');
      }
      collector({ notify: notifyOf(true) });
      expect((await site.run('run', 'casper', '-v')).stderr).toMatch(
        /(the webhook|the heartbeat fails) \((unknown host name|the DNS server does not answer)/,
      );
      await api.stop();
    },
  );

  test('an unreachable webhook changes no exit code and shows no secret', async () => {
    const api = startSamApi();
    site.localSystem('casper', { recording: 'empty-without-jobs' });
    site.api(api.url);
    const secret = 'http://127.0.0.1:1/T0/very-secret';
    appendFileSync(join(site.configDirectory, 'env'), `NOTIFY_WEBHOOK_URL=${secret}\nHEARTBEAT_URL=${secret}\n`);
    snapshot(1, false, { state: 'rejected' });
    const first = await site.run('run', 'casper', '-v');
    expect(first.exit).toBe(0);
    expect(first.stderr).toContain('cannot notify the webhook (connection refused): PROBLEM: 1 entry rejected');
    expect(first.stderr).toContain('the heartbeat fails (connection refused)');
    const second = await site.run('run', 'casper', '-q');
    expect(second.exit).toBe(0);
    expect(second.stderr).not.toMatch(/heartbeat|cannot tell/);
    expect(first.stderr + readFileSync(site.logFile, 'utf8') + readFileSync(site.outbox, 'latin1')).not.toContain(
      'very-secret',
    );
    await api.stop();
  });
});
