import { afterAll, beforeAll, expect, test } from 'bun:test';
import { overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals, outageSample } from '../samples.ts';

/** Makes the last statement of a delivery fail. */
const refusal = {
  SQLite: [`CREATE TRIGGER refuse BEFORE INSERT ON deliveries BEGIN SELECT raise(ABORT, 'disk on fire'); END`],
  PostgreSQL: [
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk on fire'; END $$`,
    'CREATE TRIGGER refuse BEFORE INSERT ON deliveries EXECUTE FUNCTION refuse()',
  ],
} as const;

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  const key = () => ({ 'Idempotency-Key': Bun.randomUUIDv7() });

  test('the same key again gets the first answer and stores nothing', async () => {
    const headers = key();
    const first = await receiver.post('again', leastTotals, headers);
    const rows = await receiver.rows('snapshots');
    const second = await receiver.post('again', leastTotals, { ...headers, Connection: 'close' });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(await receiver.rows('snapshots')).toBe(rows);
  });

  test('outages are removed as duplicates too', async () => {
    const headers = key();
    const first = await receiver.post('outage', outageSample, headers);
    expect((await receiver.post('outage', outageSample, headers)).body).toEqual(first.body);
    expect(await receiver.rows('outages')).toBe(1);
  });

  test('20 concurrent requests with one key store one row and get one answer', async () => {
    const headers = { ...key(), Connection: 'close' };
    const rows = await receiver.rows('snapshots');
    const answers = await Promise.all(Array.from({ length: 20 }, () => receiver.post('at-once', leastTotals, headers)));
    expect(answers.map((answer) => answer.status)).toEqual(new Array(20).fill(201));
    expect(new Set(answers.map((answer) => answer.body.status_id)).size).toBe(1);
    expect(await receiver.rows('snapshots')).toBe(rows + 1);
  });

  test.each([
    ['another body', 'conflict', { ...leastTotals, running_jobs: 7 }],
    ['another system', 'conflict-too', leastTotals],
    ['a body that is not valid', 'conflict', { running_jobs: -1 }],
  ])('the same key with %s is a conflict', async (_, system, body) => {
    const headers = key();
    await receiver.post('conflict', leastTotals, headers);
    const rows = await receiver.rows('snapshots');
    const answer = await receiver.post(system, body, headers);
    expect(answer.status).toBe(409);
    expect(answer.body).toEqual({ error: 'Idempotency-Key was used before with another body or path' });
    expect(await receiver.rows('snapshots')).toBe(rows);
  });

  test('a refused body does not use its key up', async () => {
    const headers = key();
    expect((await receiver.post('refused', { running_jobs: -1 }, headers)).status).toBe(400);
    expect((await receiver.post('refused', leastTotals, headers)).status).toBe(201);
  });

  test('without a key every POST is a row', async () => {
    const rows = await receiver.rows('snapshots');
    for (let i = 0; i < 3; i++) await receiver.post('no-key', leastTotals);
    expect(await receiver.rows('snapshots')).toBe(rows + 3);
  });

  test.each(['k'.repeat(256), 'two words'])('the key %p is refused', async (bad) => {
    const { status, body } = await receiver.post('bad-key', leastTotals, { 'Idempotency-Key': bad });
    expect(status).toBe(400);
    expect(body.error).toStartWith('Idempotency-Key must have');
  });

  test('a POST that fails half-way stores nothing, and its answer has no internals', async () => {
    for (const statement of refusal[engine]) await receiver.change(statement);
    const rows = await receiver.rows('snapshots');
    const headers = key();
    const failed = await receiver.post('atomic', leastTotals, headers);
    expect(failed.status).toBe(500);
    expect(failed.body).toEqual({ error: 'Internal error' });
    expect(receiver.lines.at(-1)).toMatch(/^500 POST \/api\/v1\/status\/atomic \d+ ms: disk on fire$/);
    expect(await receiver.rows('snapshots')).toBe(rows);
    await receiver.change(`DROP TRIGGER refuse${engine === 'PostgreSQL' ? ' ON deliveries' : ''}`);
    expect((await receiver.post('atomic', leastTotals, headers)).status).toBe(201);
  });
});
