/** A damaged value in an outbox costs itself: every other entry is delivered, and no command fails because of it. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { contentsOf, fillOutbox, overwritePages } from '../support/damaged-outbox.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

const count = 60;

let site: Site;
let api: SamApi;
/** Ids of pending entries, oldest first. */
let waiting: readonly string[];
beforeEach(() => {
  site = newSite();
  site.localSystem('casper', { recording: 'empty-without-jobs' });
  site.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 100000 } }\n');
  api = startSamApi();
  site.api(api.url);
  fillOutbox(site.outbox, count);
  waiting = contentsOf(site.outbox)
    .filter(({ state }) => state === 'pending')
    .map(({ id }) => id);
});
afterEach(async () => {
  await api.stop();
  await site.remove();
});

function change(statement: string): void {
  const database = new Database(site.outbox);
  database.run('PRAGMA ignore_check_constraints = ON');
  expect(database.run(statement).changes).toBeGreaterThan(0);
  database.close();
}

/** The entries that were sent; doctor's questions have no key. */
const sent = () => api.posted.filter(({ headers }) => headers.has('idempotency-key'));
const posted = () => sent().map(({ headers }) => headers.get('idempotency-key') ?? '');

/** Commands that look, whatever is damaged. */
async function expectLooking(): Promise<void> {
  const commands = ['outbox ls --state all', 'outbox ls --json', 'outbox stats', 'outbox export --state all', 'health'];
  for (const command of [...commands, 'doctor casper']) {
    const { exit, stderr } = await site.run(...command.split(' '));
    expect({ command, exit, stderr }).toMatchObject({ stderr: expect.not.stringContaining('this is a bug') });
    // An entry whose body is damaged cannot be exported.
    if (/^outbox (ls|stats)/.test(command)) expect({ command, exit, stderr }).toMatchObject({ exit: 0 });
  }
}

/** What is set in a column of a pending entry, and what becomes of the entry. */
const values: [column: string, value: string, becomes: 'delivered' | 'rejected' | 'held'][] = [
  ['failed_probes', `'["queues'`, 'delivered'],
  ['failed_probes', `'17'`, 'delivered'],
  ['first_sent_at', '9e17', 'delivered'],
  ['delivered_at', '-9e17', 'delivered'],
  ['attempts', '-5', 'delivered'],
  ['failed_drains', '4e9', 'delivered'],
  ['last_error', `'a' || char(27) || '[2J'`, 'delivered'],
  ['answer', `'{'`, 'delivered'],
  ['collected_at', '9e17', 'held'],
  ['body_sha256', `'0123'`, 'rejected'],
  ['method', `'POSU'`, 'rejected'],
  ['path', `'@evil.example:99/'`, 'rejected'],
  ['path', `'/api/v1/status/../../admin'`, 'rejected'],
  ['path', `'/api/v1/%2e%2E/x'`, 'rejected'],
  ['path', `'//evil.example/api'`, 'rejected'],
  ['destination', `'__proto__'`, 'rejected'],
  ['destination', `'sal'`, 'rejected'],
];

test('in a column', async () => {
  const victims = values.map(([column, value, becomes], index) => ({
    column,
    value,
    becomes,
    id: waiting[index] ?? '',
  }));
  for (const { column, value, id } of victims) {
    const type = /_at|attempts|drains/.test(column) ? 'INTEGER' : 'TEXT';
    change(`UPDATE entries SET ${column} = cast(${value} AS ${type}) WHERE id = '${id}'`);
  }
  await expectLooking();
  const { exit, stderr } = await site.run('drain');
  expect({ exit, stderr }).toMatchObject({ exit: 1, stderr: expect.not.stringContaining('this is a bug') });
  const lost = victims.filter(({ becomes }) => becomes !== 'delivered').map(({ id }) => id);
  expect(posted().sort()).toEqual(waiting.filter((id) => !lost.includes(id)).sort());
  expect(sent().every(({ path }) => path === '/api/v1/status/x')).toBe(true);
  const states = new Map((await site.entries()).map(({ id, state }) => [id, state]));
  expect(victims.map(({ id, ...rest }) => ({ ...rest, becomes: states.get(id) }))).toEqual(
    victims.map(({ id: _, ...rest }) => rest),
  );
  await expectLooking();
  // The next run is as good as ever.
  expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
});

describe('metadata', () => {
  test('of every kind', async () => {
    for (const [key, value] of [
      ['clock', '{"server": 17, "upt'],
      ['maintenance', '[{'],
      ['notified', 'null'],
      ['damage', '[{"at": 5}]'],
      ['history', '{"farm"'],
      ['troubles', '7'],
      ['checked', 'yesterday'],
    ])
      change(`INSERT OR REPLACE INTO meta (key, value) VALUES ('${key}', '${value}')`);
    await expectLooking();
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    expect(posted().slice(0, waiting.length)).toEqual([...waiting]);
  });

  test('that are damaged are left out by a recovery: the host, the last known clock', async () => {
    change(
      `INSERT OR REPLACE INTO meta (key, value) VALUES ('host', 'log' || char(7) || 'in1'), ('clock', '{"server": 1')`,
    );
    overwritePages(site.outbox, [1], () => 0);
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(posted().slice(0, waiting.length)).toEqual([...waiting]);
  });

  test('a delivered entry with a time far ahead does not make later entries late', async () => {
    change(
      `UPDATE entries SET collected_at = ${Date.UTC(2150)} WHERE sequence = (SELECT max(sequence) FROM entries WHERE state = 'delivered' AND stream = 'sam/casper')`,
    );
    overwritePages(site.outbox, [1], () => 0);
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    const snapshot = sent().find(({ path }) => path === '/api/v1/status/casper');
    expect(Object.keys(snapshot?.body ?? {})).toContain('user_project_queues');
  });
});
