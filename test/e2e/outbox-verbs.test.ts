/** What an operator types while the API is down, and what comes of it. */

import { Database } from 'bun:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { quoteArgument } from '../../src/exec/quote.ts';
import { migrations } from '../../src/outbox/migrations.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { attemptAt, get, put } from '../outbox/queue.ts';
import { accept, refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';

type Json = Readonly<Record<string, unknown>>;

let site: Site;
let api: SamApi | null = null;
beforeEach(() => {
  site = newSite();
});
afterEach(async () => {
  await site.remove();
  await api?.stop();
  api = null;
});

/** Puts entries into the site's outbox as a collection would; gives their ids. */
function stored(count: number, rest: Parameters<typeof put>[1] = {}): string[] {
  const outbox = new Outbox(site.outbox);
  const entries = outbox.database.transaction(() => Array.from({ length: count }, () => put(outbox, rest))).immediate();
  outbox.close();
  return entries.map(({ id }) => id);
}

const outbox = (...args: string[]) => site.run('outbox', ...args);
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const jsonOf = async (...args: string[]): Promise<Json[]> =>
  lines((await outbox(...args, '--json')).stdout).map((line) => JSON.parse(line));
const idsOf = async (...args: string[]) => lines((await outbox('ls', '--ids', ...args)).stdout);

describe('ls', () => {
  test('shows fifty entries and the number of others; without a terminal all', async () => {
    stored(70);
    const table = lines((await outbox('ls')).stdout);
    expect(table).toHaveLength(52);
    expect(table[0]).toMatch(/^ID +STREAM +STATE +AGE +SIZE +TRIES +NEXT$/);
    expect(table[1]).toMatch(/^\S{36} {2}sam\/casper {2}pending +\d+d\d\dh +11 B +0 {2}now$/);
    expect(table[2]).toEndWith('  in turn');
    expect(table.at(-1)).toBe('… and 20 more: list all with --limit all, or summarise them with outbox stats');
    expect(lines((await outbox('ls', '--limit', 'all')).stdout)).toHaveLength(71);
    expect(lines((await outbox('ls', '--limit', '5')).stdout)).toHaveLength(7);
    expect(await jsonOf('ls')).toHaveLength(70);
    expect(await idsOf()).toHaveLength(70);
    expect(await idsOf('--limit', '3')).toHaveLength(3);
    expect((await outbox('ls', '--count')).stdout).toBe('70\n');
  });

  test('filters by stream, state, age and time', async () => {
    const at = (time: string) => ({ collectedAt: new Date(time) });
    const [old = ''] = stored(1, at('2025-01-01T12:00Z'));
    const [young = ''] = stored(1, { collectedAt: new Date(), stream: 'sam/derecho' });
    const [held = ''] = stored(1, { ...at('2025-01-02T00:00Z'), state: 'held' });
    expect(await idsOf('--older-than', '1d')).toEqual([old, held]);
    expect(await idsOf('--younger-than', '1h')).toEqual([young]);
    expect(await idsOf('--stream', 'sam/derecho')).toEqual([young]);
    expect(await idsOf('--state', 'held')).toEqual([held]);
    expect(await idsOf('--since', '2025-01-01T12:00', '--until', '2025-01-02')).toEqual([old]);
    expect(await idsOf('--since', '2025-01-01T14:00+01:00')).toEqual([young, held]);
    for (const args of [
      ['--older-than', 'soon'],
      ['--since', '2025-02-30'],
      ['--limit', '-1'],
      ['--limit', 'x'],
    ])
      expect(await outbox('ls', ...args)).toMatchObject({ exit: 2, stdout: '' });
  });
});

describe('show', () => {
  test('prints why an entry waits, until when, and the entries before it', async () => {
    api = startSamApi(refuse(503, 'Database is down'));
    site.api(api.url);
    const [head = '', behind = ''] = stored(2);
    await site.run('drain', '--max-seconds', '0.5');
    const first = (await outbox('show', head)).stdout;
    expect(first).toMatch(
      /^Entry: +\S{36}\nStream: +sam\/casper\nRequest: +POST \/api\/v1\/status\/casper, 11 bytes, sha-256 [0-9a-f]{64}\nCollected: +2025-11-\d\d .* UTC, \d+d\d+h ago\nState: +pending\nPending: /,
    );
    expect(first).toMatch(
      /^Last error: +HTTP 503: Database is down\nAttempts:\n {2}2.* unavailable +HTTP 503: Database is down\nBody: +hpc-collector outbox show \S{36} --body\n$/m,
    );
    expect(first).toMatch(/^Pending: +the stream rests: .*; until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m);
    expect(first).toMatch(
      /^May be stored: +it was sent, first at .*, without a clear answer: the API may have stored it/m,
    );
    expect((await outbox('show', behind)).stdout).toMatch(
      /^Pending: +1 older entry of its stream must be delivered first; the stream rests/m,
    );
    const [json] = await jsonOf('show', head);
    expect(json).toMatchObject({ may_be_there: true, waits_until: json?.next_attempt_at, body: { nodes: 1 } });
  });

  test('shows an entry whose body is damaged, too', async () => {
    const [id = ''] = stored(1);
    const database = new Database(site.outbox);
    database.run(`UPDATE entries SET body_sha256 = '${'0'.repeat(64)}'`);
    database.close();
    expect(await outbox('show', id)).toMatchObject({ exit: 0, stdout: expect.stringContaining('sha-256 differs') });
    expect(await jsonOf('show', id)).toMatchObject([{ body: null, body_damage: expect.any(String) }]);
    expect(await outbox('show', id, '--body')).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringContaining('sha-256 differs'),
    });
  });

  test('fits a screen however often the entry was tried', async () => {
    api = startSamApi(refuse(503, 'x'.repeat(3000)));
    site.api(api.url);
    const [id = ''] = stored(1);
    for (let drains = 0; drains < 2; drains++) await site.run('drain', '--now', '--max-seconds', '8');
    const { stdout } = await outbox('show', id);
    expect(stdout).toMatch(/^ {2}… \d+ earlier: hpc-collector outbox show \S+ --json$/m);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(24);
  });
});

describe('reading commands never write', () => {
  const looks = [
    ['outbox', 'ls'],
    ['outbox', 'stats'],
    ['outbox', 'export'],
    ['outbox', 'prune', '--dry-run'],
    ['outage', 'ls'],
    ['maintenance', 'ls'],
    ['drain', '--dry-run'],
    ['collect', 'casper', '--json-only'],
  ];

  test.each([1, 2, 3, 4, 5])('to an outbox of schema %d', async (schema) => {
    site.localSystem('casper');
    mkdirSync(dirname(site.outbox), { recursive: true });
    const database = new Database(site.outbox, { create: true });
    for (const step of migrations.slice(0, schema)) database.run(step);
    database.run(`PRAGMA user_version = ${schema}`);
    const body = Bun.gzipSync(Buffer.from('{"nodes":1}'));
    database.run(
      `INSERT INTO entries (id, stream, destination, method, path, body_bytes, body_sha256, collected_at, state, failed_probes)
       VALUES ('01a1fbe4-2f31-7000-8000-0123456789ab', 'sam/casper', 'sam', 'POST', '/x', 11, ?, 1, 'pending', '[]')`,
      [new Bun.CryptoHasher('sha256').update('{"nodes":1}').digest('hex')],
    );
    database.run('INSERT INTO bodies (entry, gzip) VALUES (1, ?)', [body]);
    database.close();
    const before = readFileSync(site.outbox);
    for (const args of [...looks, ['outbox', 'show', '01a1']]) {
      expect({ args, ...(await site.run(...args)) }).toMatchObject({ args, exit: 0 });
      expect(readFileSync(site.outbox).equals(before)).toBe(true);
    }
    expect(readdirSync(dirname(site.outbox)).filter((name) => !name.startsWith('collector.log'))).toEqual([
      'outbox.db',
    ]);
    expect((await outbox('export')).stdout).toContain('"body":"{\\"nodes\\":1}"');
  });

  test('and a mistyped --outbox is the same error everywhere', async () => {
    site.localSystem('casper');
    const mistyped = join(site.directory, 'typo.db');
    const others = [['drain'], ['outbox', 'adopt'], ['outbox', 'hold', '--all'], ['outbox', 'recover']];
    for (const args of [...looks, ...others, ['outbox', 'show', '01'], ['run', 'casper', '--dry-run']]) {
      const { exit, stderr } = await site.run(...args, '--outbox', mistyped);
      // `drain` and `collect` are run with --verbose, which adds the stack.
      const [said] = lines(stderr);
      expect({ args, exit, said }).toEqual({
        args,
        exit: 2,
        said: `hpc-collector: there is no outbox ${mistyped}: correct --outbox`,
      });
    }
    expect(await site.run('health', '--outbox', mistyped)).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining(`there is no outbox ${mistyped}: correct --outbox`),
    });
    expect(existsSync(mistyped)).toBe(false);
  });
});

test('hold keeps the last error and adds its reason; release brings back the error', async () => {
  api = startSamApi(refuse(401, 'Invalid credentials'));
  site.api(api.url);
  const [id = ''] = stored(1);
  await site.run('drain');
  const lastError = async () => String((await jsonOf('ls'))[0]?.last_error);
  const before = await lastError();
  expect(before).toContain('HTTP 401');
  await outbox('hold', id, '--reason', 'ask Ann');
  expect(await lastError()).toBe(`ask Ann; last error: ${before}`);
  await outbox('release', id);
  expect(await lastError()).toBe(before);
});

describe('hold, release, retry, drop', () => {
  test('take ids, prefixes, standard input or filters; held entries are not sent, later ones are', async () => {
    api = startSamApi();
    site.api(api.url);
    const [one = '', two = '', three = ''] = stored(3);
    expect(await outbox('hold', one, '--reason', 'wait for Ann')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^1 entry held/),
    });
    expect((await outbox('ls')).stdout).toMatch(new RegExp(`^${one} .* held ! .* -\n    wait for Ann$`, 'm'));
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(api.posted.map(({ headers }) => headers.get('idempotency-key'))).toEqual([two, three]);
    const released = site.start(['outbox', 'release', '-'], { stdin: `${(await outbox('ls', '--json')).stdout}\n` });
    expect(await released.ended).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^1 entry released/) });
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(api.posted).toHaveLength(3);
  });

  test('an unknown or ambiguous id changes nothing at all', async () => {
    const [one = '', two = ''] = stored(2);
    const before = await jsonOf('ls');
    const tried = [['hold'], ['release'], ['retry'], ['drop', '--yes'], ['export', '--hold']].flatMap((verb) => [
      () => outbox(...verb, one, 'ffff'),
      () => outbox(...verb, one, two.slice(0, 6)),
      () => outbox(...verb, one, '--all'),
      () => site.start(['outbox', ...verb, '-'], { stdin: `${one}\nwhat is this?\n` }).ended,
    ]);
    const unchosen = [['hold'], ['release'], ['retry'], ['drop', '--yes']].map((verb) => () => outbox(...verb));
    // One after the other: a command that waits for another one too long says that a drain is running.
    for (const start of [...tried, ...unchosen]) {
      const ended = await start();
      expect(ended).toMatchObject({ exit: 2, stdout: '' });
      expect(ended.stderr).toMatch(
        /no entry ffff|more than one entry|not both|line 2 of standard input|no entries are chosen/,
      );
    }
    expect(await jsonOf('ls')).toEqual(before);
  });

  test('drop asks for confirmation, or needs --yes; dropped entries are recorded', async () => {
    const [one = '', ...others] = stored(4);
    expect(await outbox('drop', one)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/cannot ask for confirmation: pass --yes/),
    });
    expect(await idsOf()).toHaveLength(4);
    expect((await outbox('ls', '--dropped')).stdout).toBe('No entry was dropped.\n');
    expect(await outbox('drop', one, '--yes', '--reason', 'sent by hand')).toMatchObject({ exit: 0 });
    expect(await jsonOf('ls', '--dropped')).toMatchObject([{ id: one, stream: 'sam/casper', reason: 'sent by hand' }]);
    for (const [filter, count] of [
      [['--stream', 'sam/casper'], 1],
      [['--stream', 'sam/derecho'], 0],
      [['--younger-than', '1s'], 0],
      [['--older-than', '1s'], 1],
    ] as const) {
      expect(await jsonOf('ls', '--dropped', ...filter)).toHaveLength(count);
      expect((await outbox('ls', '--dropped', '--count', ...filter)).stdout).toBe(`${count}\n`);
    }
    expect((await outbox('ls', '--dropped', '--stream', 'sam/derecho')).stdout).toBe('There is no such entry.\n');
    expect(await outbox('ls', '--dropped', '--state', 'held')).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('--state does not apply to --dropped: dropped entries have no state'),
    });
    for (const filter of [[], ['--stream', 'sam/casper']])
      expect((await outbox('ls', '--dropped', ...filter)).stdout).toMatch(
        new RegExp(`^${one} .*\n    sent by hand$`, 'm'),
      );
    expect(readFileSync(site.logFile, 'utf8')).toContain('Dropped 1 entry (sam/casper 1): sent by hand');
    expect((await outbox('stats')).stdout).toMatch(/^Dropped: +1, see: /m);

    const atTerminal = (answer: string) => {
      const command = `${quoteArgument(binary)} outbox drop --older-than 1h`;
      return Bun.spawnSync(['script', '--quiet', '--return', '--command', command, '/dev/null'], {
        env: { ...site.env, PATH: '/usr/bin:/bin' },
        stdin: new Blob([`${answer}\n`]),
      });
    };
    const refused = atTerminal('n');
    expect(refused.stdout.toString()).toContain('Drop 3 entries (sam/casper 3)? This cannot be undone. [y/N]');
    expect(refused.exitCode).toBe(1);
    expect(await idsOf()).toEqual(others);
    expect(atTerminal('y').exitCode).toBe(0);
    expect(await idsOf()).toEqual([]);
  });

  test('retry brings rejected entries back', async () => {
    const rejected = stored(3, { state: 'rejected', rejectedBecause: 'HTTP 400' });
    expect(await jsonOf('retry', '--state', 'rejected')).toEqual(
      rejected.map((id) => ({ id, stream: 'sam/casper', was: 'rejected', state: 'pending', changed: true })),
    );
    expect(await idsOf('--state', 'pending')).toEqual(rejected);
    expect(await outbox('retry', '--state', 'delivered')).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/does not apply to delivered/),
    });
  });
});

describe('stats', () => {
  test('summarises streams and the file, and prints what the drain does next', async () => {
    stored(3);
    stored(2, { stream: 'sam/derecho', state: 'held' });
    const { stdout } = await outbox('stats');
    expect(stdout).toMatch(/^sam\/casper +3 +0 +0 /m);
    expect(stdout).toMatch(/^sam\/derecho +0 +2 +0 /m);
    expect(stdout).toMatch(/^ {2}sends \S{36} of sam\/casper now$/m);
    expect(stdout).toMatch(/^In use: .* of 2\.0 GiB \(0\.\d %\)$/m);
    expect(await jsonOf('stats')).toMatchObject([
      { kind: 'stream', stream: 'sam/casper', pending: 3, held: 0, bytes: 33, delivered_24h: 0 },
      { kind: 'stream', stream: 'sam/derecho', pending: 0, held: 2, next_id: null, next_at: null },
      { kind: 'outbox', file: site.outbox, dropped: 0, damage: null, bytes_limit: 2 ** 31 },
    ]);
  });

  test('aligns all numbers right, below their titles', async () => {
    stored(11);
    stored(2, { stream: 'sam/derecho', state: 'held' });
    stored(1, { stream: 'sam/derecho', state: 'rejected' });
    const [header = '', ...rows] = (await outbox('stats')).stdout
      .split('\n')
      .filter((line) => /^(STREAM|sam)/.test(line));
    /** Where each cell after the first one ends: cells are at least two blanks apart. */
    const ends = (line: string) =>
      [...line.matchAll(/\S+(?: \S+)*/g)].slice(1).map((cell) => cell.index + cell[0].length);
    expect(ends(header)).toHaveLength(7);
    expect(rows.map(ends)).toEqual([ends(header), ends(header)]);
  });

  test('--json has every number of a pending stream, its next entry, the time and the reason of the wait', async () => {
    const [first = ''] = stored(3);
    const opened = new Outbox(site.outbox);
    const failed = attemptAt(new Date(), { status: 503, outcome: 'unavailable', detail: 'HTTP 503: down' });
    opened.failed(get(opened, first), failed, { charged: true, mayHaveArrived: true });
    opened.postpone(get(opened, first), new Date(Date.now() + 600_000));
    opened.close();
    const [stream, file] = await jsonOf('stats');
    const [one] = await jsonOf('ls');
    expect(stream).toEqual({
      kind: 'stream',
      stream: 'sam/casper',
      pending: 3,
      held: 0,
      rejected: 0,
      oldest: one?.collected_at,
      newest: (await jsonOf('ls')).at(-1)?.collected_at,
      delivered_24h: 0,
      attempts: 1,
      bytes: 33,
      next_id: first,
      next_at: one?.next_attempt_at,
      last_error: 'HTTP 503: down',
    });
    expect(Date.parse(String(one?.next_attempt_at))).toBeGreaterThan(Date.now());
    expect(file).toEqual({
      kind: 'outbox',
      file: site.outbox,
      bytes_used: expect.any(Number),
      bytes_file: statSync(site.outbox).size,
      bytes_limit: 2 ** 31,
      dropped: 0,
      host: null,
      damage: null,
    });
    expect(Number(file?.bytes_used)).toBeWithin(1, statSync(site.outbox).size + 1);
  });
});

describe('export and import', () => {
  test('move the queue to another host, which drains it; nothing is sent twice', async () => {
    const other = newSite();
    api = startSamApi();
    const waiting = stored(3);
    const [rejected = ''] = stored(1, { state: 'rejected', rejectedBecause: 'HTTP 400' });
    const file = join(site.directory, 'waiting.jsonl');
    expect(await outbox('export', '--hold', '--output', file)).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/^4 entries exported; 3 held/),
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await outbox('export', '--output', file)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/it exists already/),
    });
    expect(await idsOf('--state', 'held')).toEqual(waiting);

    expect(await other.run('outbox', 'import', file)).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^4 entries imported \(1 rejected/),
    });
    expect(await other.run('outbox', 'import', file)).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^0 entries imported \(4 already in the outbox/),
    });
    for (const one of [site, other]) {
      one.api(api.url);
      expect(await one.run('drain')).toMatchObject({ exit: 0 });
    }
    expect(api.posted.map(({ headers }) => headers.get('idempotency-key'))).toEqual(waiting);
    expect(await other.entries('rejected')).toMatchObject([{ id: rejected, last_error: 'HTTP 400' }]);
    await other.remove();
  });

  test('a bad line is named and skipped; the others are imported', async () => {
    const other = newSite();
    stored(2);
    const [first = '', second = ''] = lines((await outbox('export')).stdout);
    const importing = other.start(['outbox', 'import'], { stdin: [first, '{"id": 3}', second].join('\n') });
    expect(await importing.ended).toMatchObject({
      exit: 1,
      stdout: '2 entries imported (1 bad line)\n',
      stderr: expect.stringMatching(/^line 2 is not an exported entry: /),
    });
    expect(await other.run('outbox', 'import', join(other.directory, 'missing'))).toMatchObject({ exit: 2 });
    await other.remove();
  });

  test('a large export goes through a pipe whole, and a full disk is an error', async () => {
    stored(1500, { body: JSON.stringify('x'.repeat(1000)) });
    expect(lines((await outbox('export')).stdout)).toHaveLength(1500);
    const shell = (line: string) =>
      Bun.spawnSync(['sh', '-c', line, binary], { env: { ...site.env, PATH: '/usr/bin:/bin' }, stderr: 'pipe' });
    const enough = shell('"$0" outbox export | head -1 | wc -l');
    expect([enough.stdout.toString().trim(), enough.stderr.toString()]).toEqual([
      '1',
      expect.not.stringContaining('bug'),
    ]);
    const full = shell('"$0" outbox export > /dev/full');
    expect([full.exitCode, full.stderr.toString()]).toEqual([
      2,
      expect.stringContaining('cannot write to standard output'),
    ]);
  });
});

describe('the bounds', () => {
  test('prune deletes entries that were delivered long ago', async () => {
    stored(3, { state: 'delivered' });
    const [kept = ''] = stored(1);
    expect(await outbox('prune', '--dry-run')).toMatchObject({
      stdout: expect.stringMatching(/^3 entries would be deleted, delivered over 7 days ago/),
    });
    expect(await jsonOf('prune')).toMatchObject([{ prunable: 3, pruned: 3 }]);
    expect(await idsOf('--state', 'all')).toEqual([kept]);
  });

  test('a collection keeps the outbox within its limit, and logs each deleted entry as an error', async () => {
    site.localSystem('casper', { recording: 'empty-without-jobs' });
    site.configure('collector.yaml', 'outbox: { max_mib: 4 }\n');
    const body = JSON.stringify(Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64'));
    const old = stored(80, { body });
    const { exit, stderr } = await site.run('collect', 'casper');
    expect(exit).toBe(0);
    const left = await idsOf();
    const lost = old.filter((id) => !left.includes(id));
    expect(lost.length).toBeGreaterThan(10);
    expect(lost).toEqual(old.slice(0, lost.length));
    for (const id of lost) expect(stderr).toContain(`✗ entry ${id} of sam/casper`);
    expect(lines((await outbox('ls', '--dropped', '--ids', '--limit', 'all')).stdout).sort()).toEqual([...lost].sort());
    expect((await outbox('ls', '--dropped', '--limit', '1')).stdout).toEndWith(
      `\n… and ${lost.length - 1} more: list all with --limit all\n`,
    );
    const [file] = (await jsonOf('stats')).filter(({ kind }) => kind === 'outbox');
    expect(Number(file?.bytes_used)).toBeLessThanOrEqual(4 * 1024 ** 2);
  });
});

describe('an outbox of another host', () => {
  test('may be read and not written, until it is adopted', async () => {
    site.localSystem('casper', { recording: 'empty-without-jobs' });
    api = startSamApi();
    site.api(api.url);
    const [id = ''] = stored(1);
    const database = new Database(site.outbox);
    database.run(`INSERT INTO meta VALUES ('host', 'login9.example.org')`);
    database.close();
    const refused = [
      ['run', 'casper'],
      ['collect', 'casper'],
      ['drain'],
      ...['hold', 'release', 'retry'].map((verb) => ['outbox', verb, id]),
      ['outbox', 'drop', id, '--yes'],
      ['outbox', 'prune'],
      ['outbox', 'export', '--hold'],
      ['outbox', 'import'],
    ];
    const ended = await Promise.all(refused.map((args) => site.run(...args)));
    for (const [index, { exit, stdout, stderr }] of ended.entries()) {
      expect({ args: refused[index], exit, stdout }).toEqual({ args: refused[index], exit: 2, stdout: '' });
      expect(stderr).toMatch(/is written by login9\.example\.org and this is .*hpc-collector outbox adopt/);
    }
    expect(api.posted).toEqual([]);
    for (const args of [['ls'], ['show', id], ['stats'], ['export']])
      expect(await outbox(...args)).toMatchObject({ exit: 0 });
    expect(await idsOf('--state', 'all')).toEqual([id]);

    expect(await jsonOf('adopt')).toEqual([{ file: site.outbox, host: hostname(), was: 'login9.example.org' }]);
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    expect(api.posted).toHaveLength(2);
  });
});

describe('a drain', () => {
  test('stops after the current entry when it is interrupted, and logs it', async () => {
    let release = () => {};
    const answered = new Promise<void>((resolve) => {
      release = resolve;
    });
    api = startSamApi(async (posted, count) => {
      await answered;
      return accept(posted, count);
    });
    site.api(api.url);
    const [first, ...others] = stored(3);
    const drain = site.start(['drain']);
    const requests = api.posted;
    await until(() => requests.length === 1, 'the first entry is sent');
    drain.kill('SIGTERM');
    release();
    const { exit, stderr } = await drain.ended;
    expect({ exit, signal: null }).toEqual({ exit: 0, signal: null });
    expect(stderr).toContain('The drain was interrupted: the next drain continues where it stopped');
    expect(stderr).toContain('1 delivered, 0 rejected, 2 left');
    expect(await idsOf('--state', 'delivered')).toEqual([first ?? '']);
    expect(await idsOf('--state', 'pending')).toEqual(others);
  });

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends at once on a second %s, and the next drain sends the entry again', async (signal, code) => {
    const neverAnswered = new Promise<Response>(() => {});
    api = startSamApi((posted, count) => (count === 1 ? neverAnswered : accept(posted, count)));
    site.api(api.url);
    const [first = ''] = stored(1);
    const drain = site.start(['drain']);
    const requests = api.posted;
    await until(() => requests.length === 1, 'the entry is sent');
    let hasEnded = false;
    void drain.ended.then(() => {
      hasEnded = true;
    });
    // Repeat the signal, because two that arrive together count as one.
    await until(() => {
      drain.kill(signal);
      return hasEnded;
    }, 'the drain ends');
    expect(await drain.ended).toMatchObject({ exit: code, signal: null });
    expect(await idsOf('--state', 'pending')).toEqual([first]);
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(await idsOf('--state', 'delivered')).toEqual([first]);
  });

  test('goes on after an entry is dropped while it is being sent, and stores the answer', async () => {
    let dropped = async () => {};
    api = startSamApi(async (posted, count) => {
      if (count === 1) await dropped();
      return accept(posted, count);
    });
    site.api(api.url);
    const [first = '', second = ''] = stored(2);
    dropped = async () => {
      await outbox('drop', first, '--yes');
    };
    expect(await site.run('drain')).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/2 delivered, 0 rejected, 0 left/),
    });
    expect(await idsOf('--state', 'all')).toEqual([second]);
    expect(await jsonOf('ls', '--dropped')).toMatchObject([
      { id: first, reason: expect.stringContaining('it was being sent then: accepted') },
    ]);
  });

  test('shows its progress in one line on a terminal, and nowhere else', async () => {
    api = startSamApi();
    site.api(api.url);
    stored(4);
    const terminal = (env: Record<string, string>) =>
      Bun.spawn(['script', '--quiet', '--return', '--command', `${quoteArgument(binary)} drain`, '/dev/null'], {
        env: { ...site.env, PATH: '/usr/bin:/bin', ...env },
        stdin: 'ignore',
      });
    expect(await new Response(terminal({ TERM: 'xterm' }).stdout).text()).toContain('\r\u001b[K0 delivered, 4 left, ');
    stored(4);
    expect(await new Response(terminal({ TERM: 'dumb' }).stdout).text()).not.toContain('\u001b');
    stored(4);
    expect(await new Response(terminal({ TERM: 'xterm', NO_COLOR: '1' }).stdout).text()).not.toContain('\u001b');
    stored(4);
    expect((await site.run('drain')).stderr).not.toContain('\u001b');
  });
});

test('the progress of a drain shows the next entry and its time, also while it waits for the pace', async () => {
  api = startSamApi();
  site.api(api.url);
  site.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 2 } }\n');
  stored(4);
  const drain = start(['script', '--quiet', '--return', '--command', `${quoteArgument(binary)} drain`, '/dev/null'], {
    env: { ...site.env, PATH: '/usr/bin:/bin', TERM: 'xterm' },
  });
  const [, first = ''] = await drain.said(/2 delivered, 2 left, next sam\/casper in (\d+)s, about \d+[ms] to go/);
  await drain.said(new RegExp(`next sam/casper in ${Number(first) - 3}s`));
  drain.kill('SIGTERM');
  await drain.ended;
}, 60_000);

describe('all verbs at once', () => {
  let busy: Site;
  let taking: SamApi;
  beforeAll(() => {
    busy = newSite();
    for (const name of ['casper', 'derecho']) busy.localSystem(name, { recording: 'empty-without-jobs' });
    taking = startSamApi();
    busy.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 100000 } }\n');
    busy.api(taking.url);
  });
  afterAll(async () => {
    await busy.remove();
    await taking.stop();
  });

  test('while it is collected and drained: nothing is lost, nothing is sent twice, the file is whole', async () => {
    site = busy;
    const initial = stored(60);
    const [keep = '', throwAway = ''] = initial.slice(-2);
    const copy = join(busy.directory, 'copy.jsonl');
    writeFileSync(copy, (await outbox('export')).stdout);
    await outbox('hold', keep, throwAway);
    const verbs = [
      ['ls'],
      ['ls', '--json', '--state', 'all'],
      ['stats'],
      ['export'],
      ['hold', '--stream', 'sam/derecho'],
      ['release', '--stream', 'sam/derecho'],
      ['retry', '--all'],
      ['prune'],
      ['import', copy],
      ['drop', throwAway, '--yes'],
    ];
    const ended = await Promise.all([
      busy.run('collect', 'casper', 'derecho'),
      busy.run('drain'),
      ...verbs.map((args) => outbox(...args)),
      busy.run('run', 'casper'),
    ]);
    // A run that finds the collection held leaves with 75; everything else succeeds.
    for (const { exit, stderr } of ended) expect({ exit: exit === 75 ? 0 : exit, stderr }).toMatchObject({ exit: 0 });
    await outbox('release', '--stream', 'sam/derecho');
    expect(await busy.run('drain')).toMatchObject({ exit: 0 });

    const entries = await busy.entries('all');
    const states = new Map(entries.map(({ id, state }) => [id, state]));
    expect(states.get(keep)).toBe('held');
    expect([...states].filter(([id, state]) => id !== keep && state !== 'delivered')).toEqual([]);
    const wanted = initial.slice(0, -2);
    expect(wanted.filter((id) => states.get(id) !== 'delivered')).toEqual([]);
    const sent = taking.posted.map(({ headers }) => headers.get('idempotency-key'));
    expect(sent.toSorted()).toEqual([...new Set(sent)].toSorted());
    expect(new Set(sent)).toEqual(new Set(entries.filter(({ id }) => id !== keep).map(({ id }) => id)));
    const database = new Database(busy.outbox, { readonly: true });
    expect(database.query('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    database.close();
    site = newSite();
  });
});
