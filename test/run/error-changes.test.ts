import { expect, test } from 'bun:test';
import { errorChangesOf, type OngoingErrors, parseOngoingErrors } from '../../src/run/error-changes.ts';

const casper = 'collect/casper';
const now = new Date('2025-11-25T14:30:00.000Z');
const error = (text: string, ...about: string[]) => ({ about: about.length === 0 ? ['deliver/casper'] : about, text });

/** What is said of errors after others were. */
function newsAfter(before: readonly string[], after: readonly string[]): readonly string[] {
  const { next } = errorChangesOf(
    {},
    before.map((text) => error(text)),
    [],
    now,
  );
  return errorChangesOf(
    next,
    after.map((text) => error(text)),
    [],
    now,
  ).news.map(({ text }) => text);
}

test.each<[string, string, string]>([
  ['another time', 'not tried again before 2025-11-25 14:30:00 UTC', 'not tried again before 2025-11-25 15:00:00 UTC'],
  ['another id', 'entry 01a1fbe4-2f31-7000-8000-0123456789ab', 'entry 01a1fbe4-2f32-7000-8000-ba9876543210'],
  ['another count', 'the queues hold 12', 'the queues hold 3'],
  ['another system', '✗ casper status waits: HTTP 503', '✗ derecho status waits: HTTP 503'],
])('the same error with %s is no news', (_, before, after) => {
  expect(newsAfter([before], [after])).toEqual([]);
});

test.each<[string, string, string]>([
  ['another status', '✗ casper status waits: HTTP 503', '✗ casper status waits: HTTP 401'],
  ['another exit code', 'qstat exited with 1', 'qstat exited with 127'],
  ['another unit', 'the quota is 12T', 'the quota is 12'],
  ['another host', 'ssh to casper-login1', 'ssh to casper-login2'],
])('an error with %s is news', (_, before, after) => {
  expect(newsAfter([before], [after])).toEqual([after]);
});

test('two alternating errors are reported once each', () => {
  expect(newsAfter(['HTTP 503', 'connection refused'], ['connection refused', 'HTTP 503'])).toEqual([]);
});

test('the same error twice in one run is reported once', () => {
  expect(newsAfter([], ['HTTP 503', 'HTTP 503'])).toEqual(['HTTP 503']);
});

const known: OngoingErrors = errorChangesOf(
  {},
  [error('no server', `${casper}/nodes`), error('HTTP 503')],
  [],
  now,
).next;

test('an error that names several probes is stored for each', () => {
  const probes = [`${casper}/nodes`, `${casper}/jobs`];
  const { next } = errorChangesOf(
    {},
    [error('ssh to casper: login refused; failed probes: nodes, jobs', ...probes)],
    [],
    now,
  );
  expect(Object.keys(next)).toEqual(probes);
  // Of the two, only the one without an error is over.
  const { over } = errorChangesOf(next, [error('no licence', `${casper}/jobs`)], [casper], now);
  expect(over.map(([about]) => about)).toEqual([`${casper}/nodes`]);
});

test('an error about no subject, such as a message that cannot be sent, is always reported and never stored', () => {
  const notSent = { about: [], text: 'cannot notify the webhook' };
  expect(errorChangesOf(known, [notSent, notSent], [], now)).toMatchObject({ news: [notSent, notSent], next: known });
});

test('the same error is reported again for a probe that it did not affect before', () => {
  const text = (probes: string) => `ssh to casper: login refused; failed probes: ${probes}`;
  const before = errorChangesOf({}, [error(text('nodes, jobs'), `${casper}/nodes`, `${casper}/jobs`)], [], now).next;
  expect(errorChangesOf(before, [error(text('jobs'), `${casper}/jobs`)], [], now).news).toEqual([]);
  expect(errorChangesOf(before, [error(text('queues'), `${casper}/queues`)], [], now).news).toHaveLength(1);
  const both = error(text('jobs, queues'), `${casper}/jobs`, `${casper}/queues`);
  expect(errorChangesOf(before, [both], [], now).news).toEqual([both]);
});

test('an outage of the API is reported once for all systems, and stored for each', () => {
  const before = errorChangesOf({}, [error('HTTP 503', 'deliver/casper')], [], now).next;
  const { news, next } = errorChangesOf(before, [error('HTTP 503', 'deliver/derecho')], [], now);
  expect(news).toEqual([]);
  expect(errorChangesOf(next, [], ['deliver/derecho'], now).over.map(([about]) => about)).toEqual(['deliver/derecho']);
});

test('the same words about a delivery and about a collection are two errors', () => {
  const before = errorChangesOf({}, [error('HTTP 503', 'deliver/casper')], [], now).next;
  expect(errorChangesOf(before, [error('HTTP 503', 'collect/jupyterhub')], [], now).news).toHaveLength(1);
  const other = errorChangesOf({}, [error('HTTP 503', 'collect/jupyterhub')], [], now).next;
  expect(errorChangesOf(other, [error('HTTP 503', 'deliver/casper')], [], now).news).toHaveLength(1);
});

test('an error is over if its subject was checked without an error', () => {
  const { over, next } = errorChangesOf(known, [], [casper], new Date());
  expect(over).toEqual([[`${casper}/nodes`, { since: now.toISOString(), first: 'no server', said: ['no server'] }]]);
  expect(Object.keys(next)).toEqual(['deliver/casper']);
});

test.each([
  ['was not looked at', [], []],
  ['was looked at elsewhere', [], ['collect/casper2']],
  ['has another error', [error('no licence', `${casper}/nodes`)], [casper]],
])('a trouble that %s goes on', (_, errors, seen) => {
  const { over, next } = errorChangesOf(known, errors, seen, new Date());
  expect(over).toEqual([]);
  expect(next[`${casper}/nodes`]?.since).toBe(now.toISOString());
});

test('stored errors are read back, and damaged data count as none', () => {
  expect(parseOngoingErrors(JSON.stringify(known))).toEqual(known);
  expect([null, '{', '[]', '{"deliver":1}'].map(parseOngoingErrors)).toEqual([{}, {}, {}, {}]);
});

test('of an error that changes again and again, the last twenty texts are known', () => {
  const texts = Array.from({ length: 21 }, (_, index) => `reason ${String.fromCharCode(97 + index)}`);
  const [first = '', second = '', ...others] = texts;
  expect(newsAfter(texts, [second, ...others])).toEqual([]);
  expect(newsAfter(texts, [first])).toEqual([first]);
});

test('of the text of an error, what differs between runs and systems is stored as #', () => {
  const id = '01a1fbe4-2f32-7000-8000-ba9876543210';
  const said = (text: string) =>
    errorChangesOf({}, [error(text, 'deliver/casper')], [], now).next['deliver/casper']?.said;
  expect(said(`✗ casper status ${id} waits since 2026-11-20T08:00:00Z, after 3 attempts: HTTP 503`)).toEqual([
    '✗ status # waits since #, after # attempts: HTTP 503',
  ]);
  expect(said('ssh to casper: login refused; failed probes: nodes, jobs')).toEqual(['ssh to casper: login refused']);
});
