/** What an operator sees of the queue, and does with it. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { accept, refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, type EntryJson, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';

/** What a hostile or broken API says: it would clear the screen, change the title and forge a line. */
const hostile =
  'no \u001b[2J\u001b]0;owned\u0007 such\r\n[2026-01-01 00:00:00] INFO [casper] ✓ Posted \u009b31mfield \u202etxt';
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

describe('a queue with an entry in each state', () => {
  let site: Site;
  let api: SamApi;
  let delivered: EntryJson;
  let rejected: EntryJson;
  let pending: EntryJson;
  beforeAll(async () => {
    site = newSite();
    api = startSamApi((posted, count) => (count === 1 ? accept(posted, 41 + count) : refuse(400, hostile)()));
    site.api(api.url);
    site.localSystem('casper');
    await site.run('run', 'casper');
    await site.run('run', 'casper');
    await site.run('collect', 'casper');
    [delivered, rejected, pending] = (await site.entries()) as [EntryJson, EntryJson, EntryJson];
  });
  afterAll(async () => {
    await site.remove();
    await api.stop();
  });

  const ids = async (...flags: string[]) =>
    (await site.run('outbox', 'ls', '--json', ...flags)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).id);

  test('is listed as one JSON object an entry', () => {
    expect(delivered).toMatchObject({ state: 'delivered', attempts: 1, last_status: 201, last_error: null });
    expect(rejected).toMatchObject({ state: 'rejected', attempts: 1, last_status: 400 });
    expect(pending.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(pending).toMatchObject({
      stream: 'sam/casper',
      destination: 'sam',
      state: 'pending',
      attempts: 0,
      next_attempt_at: null,
      last_error: null,
      failed_probes: [],
    });
    expect(String(pending.collected_at)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('is listed without delivered entries, unless they are requested', async () => {
    expect(await ids()).toEqual([rejected.id, pending.id]);
    expect(await ids('--state', 'all')).toEqual([delivered.id, rejected.id, pending.id]);
    expect(await ids('--state', 'delivered')).toEqual([delivered.id]);
    expect(await ids('--state', 'rejected')).toEqual([rejected.id]);
    expect(await ids('--state', 'pending')).toEqual([pending.id]);
    expect(await ids('--state', 'held')).toEqual([]);
  });

  test('is listed for people with the reason why an entry waits', async () => {
    const { stdout } = await site.run('outbox', 'ls');
    expect(stdout).toStartWith('ID ');
    expect(stdout).toMatch(new RegExp(`^${rejected.id}  sam/casper +rejected .*\n    HTTP 400: no`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${pending.id}  sam/casper +pending `, 'm'));
  });

  test('prints nothing for programs if there are no entries, and a sentence for people', async () => {
    expect((await site.run('outbox', 'ls', '--state', 'held', '--json')).stdout).toBe('');
    expect((await site.run('outbox', 'ls', '--state', 'held')).stdout).not.toBe('');
  });

  test('shows an entry with its attempts, its body and the answer', async () => {
    const { exit, stdout } = await site.run('outbox', 'show', delivered.id);
    expect(exit).toBe(0);
    expect(stdout).toContain('POST /api/v1/status/casper');
    expect(stdout).toMatch(/^State: +delivered/m);
    expect(stdout).toMatch(/^Answer: .*"status_id":42/m);
    expect(stdout).toMatch(/ s {2}accepted /);
    expect(stdout).toContain(`outbox show ${delivered.id} --body`);
    expect(stdout.split('\n').length).toBeLessThanOrEqual(24);
    const { stdout: body } = await site.run('outbox', 'show', delivered.id, '--body');
    expect(JSON.parse(body)).toMatchObject({ viz_nodes_total: 15 });
  });

  test('shows an entry as JSON', async () => {
    const { stdout } = await site.run('outbox', 'show', rejected.id, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      id: rejected.id,
      state: 'rejected',
      attempts_made: [{ status: 400, outcome: 'rejected' }],
      body: { viz_nodes_total: 15 },
    });
  });

  test('accepts prefixes of ids, in upper or lower case', async () => {
    for (const prefix of [delivered.id.slice(0, -1), delivered.id.slice(0, -1).toUpperCase()])
      expect((await site.run('outbox', 'show', prefix, '--json')).stdout).toContain(delivered.id);
  });

  test('refuses a prefix that matches several entries or none', async () => {
    const { exit, stdout, stderr } = await site.run('outbox', 'show', delivered.id.slice(0, 4));
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(`begins the id of more than one entry (${delivered.id}, `);
    const unknown = await site.run('outbox', 'show', 'ffff');
    expect(unknown).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('there is no entry ffff') });
    expect(await site.run('outbox', 'show', '%')).toMatchObject({ exit: 2 });
    expect(await site.run('outbox', 'retry', 'ffff')).toMatchObject({ exit: 2 });
  });

  test('does not change a delivered entry', async () => {
    const { stderr } = await site.run('outbox', 'retry', delivered.id);
    expect(stderr).toContain(`${delivered.id} is delivered: unchanged`);
    expect(await ids('--state', 'delivered')).toEqual([delivered.id]);
  });

  test("never prints control characters of the API's answer", async () => {
    for (const args of [['ls'], ['show', rejected.id], ['show', rejected.id, '--json'], ['ls', '--json']]) {
      const { stdout, stderr } = await site.run('outbox', ...args);
      expect(stdout + stderr).not.toMatch(raw);
      expect(stdout + stderr).not.toMatch(/^\[2026-01-01/m);
    }
    expect(site.everything().match(/^\[2026-01-01.*/m)).toBeNull();
  });
});

describe('steering', () => {
  let site: Site;
  let api: SamApi;
  beforeEach(() => {
    site = newSite();
    site.localSystem('casper');
  });
  afterEach(async () => {
    await site.remove();
    await api.stop();
  });

  test.each([
    ['by its id', (entry: EntryJson) => [entry.id]],
    ['with all rejected ones', () => ['--rejected']],
  ])('a rejected entry is retried %s, and delivered', async (_, which) => {
    let isMended = false;
    api = startSamApi((posted, count) => (isMended ? accept(posted, count) : refuse(422, 'bad')()));
    site.api(api.url);
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 1 });
    const [entry] = await site.entries();
    if (!entry) throw new Error('there is no entry');
    expect(entry.state).toBe('rejected');
    expect(await site.run('drain')).toMatchObject({ exit: 0 });

    isMended = true;
    expect(await site.run('outbox', 'retry', ...which(entry))).toMatchObject({
      exit: 0,
      stdout: '1 entry due now; send with: hpc-collector drain\n',
    });
    expect(await site.entries()).toMatchObject([{ id: entry.id, state: 'pending' }]);
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(await site.entries()).toMatchObject([{ id: entry.id, state: 'delivered', last_error: null }]);
  });

  test('drain --stream sends one stream only', async () => {
    api = startSamApi();
    site.api(api.url);
    site.localSystem('derecho', { recording: 'empty-without-jobs' });
    await site.run('collect', 'casper', 'derecho');
    expect(await site.run('drain', '--stream', 'sam/derecho')).toMatchObject({ exit: 0 });
    expect(api.posted.map(({ path }) => path)).toEqual(['/api/v1/status/derecho']);
  });
});

describe('an outbox that is not there', () => {
  test('counts as empty, and reading commands do not create it', async () => {
    const site = newSite();
    expect(await site.run('outbox', 'ls')).toMatchObject({ exit: 0, stdout: 'There are no undelivered entries.\n' });
    expect(await site.run('outbox', 'ls', '--json')).toMatchObject({ exit: 0, stdout: '' });
    expect(await site.run('outbox', 'show', 'abc')).toMatchObject({ exit: 2 });
    expect(await Bun.file(site.outbox).exists()).toBe(false);
    await site.remove();
  });

  test('is an error if it is named with --outbox', async () => {
    const site = newSite();
    const { exit, stderr } = await site.run('outbox', 'ls', '--outbox', '/nonexistent/outbox.db');
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr: 'hpc-collector: there is no outbox /nonexistent/outbox.db: correct --outbox\n',
    });
    await site.remove();
  });
});

describe('large output', () => {
  const count = 1500;
  let site: Site;
  let large: string;
  let body: string;
  beforeAll(async () => {
    site = newSite();
    site.localSystem('casper');
    // The first entry alone is larger than a pipe holds.
    const entries = Array.from({ length: count }, (_, index) =>
      snapshotEntry('casper', {
        at: new Date(Date.now() - (count - index) * 60_000),
        userRows: index === 0 ? 2000 : 1,
      }),
    );
    body = String(entries[0]?.body);
    fillOutbox(site.outbox, entries);
    large = (await site.run('outbox', 'ls', '--ids', '--limit', '1')).stdout.trim();
  });
  afterAll(() => site.remove());

  const piped = (command: string, reader: string) =>
    start(['bash', '-c', `set -o pipefail; "$0" ${command} | ${reader}`, binary], {
      env: { ...site.env, PATH: '/usr/bin:/bin' },
    }).ended;

  test('of show --body reaches a slow reader whole', async () => {
    const { exit, stdout } = await piped(`outbox show ${large} --body`, '(sleep 1; cat)');
    expect({
      exit,
      isLarge: stdout.length > 300_000,
      isWhole: Bun.deepEquals(JSON.parse(stdout), JSON.parse(body)),
    }).toEqual({
      exit: 0,
      isLarge: true,
      isWhole: true,
    });
  });

  test.each(['outbox export', 'outbox ls --json'])('of %s reaches a slow reader whole', async (command) => {
    const { exit, stdout } = await piped(command, '(sleep 1; cat)');
    expect({ exit, isLarge: stdout.length > 300_000 }).toEqual({ exit: 0, isLarge: true });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(count);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ stream: 'sam/casper' });
  });

  test('ends silently if the reader closes the pipe', async () => {
    const { stdout, stderr } = await piped(`outbox show ${large} --body`, 'head -c 10');
    expect(stdout).toHaveLength(10);
    expect(stderr).toBe('');
  });

  test('fails with an error if it cannot be written', async () => {
    const { exit, stderr } = await start(['/bin/sh', '-c', '"$0" outbox ls > /dev/full', binary], { env: site.env })
      .ended;
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('no space left') });
  });

  test('a collection goes on if the reader of its log has gone', async () => {
    const line = 'set -o pipefail; "$0" collect casper 2>&1 | true';
    expect(
      await start(['bash', '-c', line, binary], { env: { ...site.env, PATH: '/usr/bin:/bin' } }).ended,
    ).toMatchObject({
      exit: 0,
    });
    expect(await site.entries()).toHaveLength(count + 1);
  });
});
