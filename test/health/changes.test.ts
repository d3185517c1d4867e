import { expect, test } from 'bun:test';
import type { HealthFinding } from '../../src/health/findings.ts';
import { healthChangesOf, type NotifiedProblem } from '../../src/health/notify/changes.ts';

const start = Date.parse('2026-05-01T12:00Z');
const at = (minutes: number) => new Date(start + minutes * 60_000);
const hours = 3_600_000;

const finding = (rest: Partial<HealthFinding> = {}): HealthFinding => ({
  topic: 'delivery',
  system: null,
  status: 'critical',
  text: 'derecho: last delivered 15m ago',
  alerts: true,
  isSilenced: false,
  ...rest,
});

/** What is told when these are found one after the other, five minutes apart. */
function told(...runs: readonly (readonly HealthFinding[])[]): (string | null)[] {
  let known: readonly NotifiedProblem[] = [];
  return runs.map((findings, run) => {
    const { problems, news } = healthChangesOf(known, findings, at(run * 5), 4 * hours);
    known = problems;
    return news && `${news.event} ${news.status}: ${news.text}`;
  });
}

const down = [finding()];
const problem = 'problem critical: PROBLEM: derecho: last delivered 15m ago';

test('an outage of a day is notified at its start, every four hours, and at its end', () => {
  const news = told([], ...Array<readonly HealthFinding[]>(288).fill(down), []);
  const words = news.filter((one) => one !== null);
  expect(words).toHaveLength(7);
  expect(words[0]).toBe(problem);
  expect(words[1]).toBe('still critical: STILL: derecho: last delivered 15m ago (first reported 4h ago)');
  expect(words.at(-1)).toBe('recovered ok: RECOVERED: delivery after 1d');
});

test('a short outage is notified twice', () => {
  expect(told(down, down, down, [], [])).toEqual([
    problem,
    null,
    null,
    'recovered ok: RECOVERED: delivery after 15m',
    null,
  ]);
});

test('the same problem of another system is not a new alert; another problem is', () => {
  const casper = finding({ system: 'casper', text: 'casper: last delivered 15m ago' });
  const rejected = finding({ topic: 'rejected', status: 'warning', text: '1 entry rejected' });
  expect(told(down, [...down, casper], [...down, rejected], [rejected])).toEqual([
    problem,
    null,
    'problem critical: PROBLEM: 1 entry rejected',
    'recovered warning: RECOVERED: delivery after 15m',
  ]);
});

test('problems of several topics that begin, last and end together are one message', () => {
  const disk = finding({ topic: 'disk', text: '20 MiB left' });
  const held = finding({ topic: 'rejected', status: 'warning', text: '1 entry rejected' });
  const before = (topic: string, minutes: number): NotifiedProblem => ({
    ...{ topic, status: 'critical', since: at(-minutes), toldAt: at(-minutes) },
  });
  const known = [before('spool', 20), before('lock', 10), before('delivery', 240), before('collection', 300)];
  const lasting = [finding(), finding({ topic: 'collection', text: 'casper: no snapshot was stored' })];
  const { news } = healthChangesOf(known, [disk, held, ...lasting], at(0), 4 * hours);
  expect(news).toEqual({
    event: 'problem',
    status: 'critical',
    text:
      'PROBLEM: 20 MiB left, 1 entry rejected; ' +
      'STILL: derecho: last delivered 15m ago (first reported 4h ago), casper: no snapshot was stored (first reported 5h ago); ' +
      'RECOVERED: spool after 20m, lock after 10m',
  });
});

test('a problem of a topic that is well in one system and silenced in another has neither ended nor begun', () => {
  const known: NotifiedProblem = { topic: 'delivery', status: 'critical', since: at(-20), toldAt: at(-20) };
  const silenced = finding({ status: 'ok', isSilenced: true });
  const other = finding({ topic: 'maintenance', status: 'ok', alerts: false });
  expect(healthChangesOf([known], [silenced, other], at(0), 4 * hours)).toEqual({ problems: [known], news: null });
  expect(healthChangesOf([known], [{ ...silenced, isSilenced: false }, other], at(0), 4 * hours)).toMatchObject({
    problems: [],
    news: { event: 'recovered', text: 'RECOVERED: delivery after 20m' },
  });
});

test('a repeated message has the current status, and a later change to critical is notified', () => {
  const warning = [finding({ topic: 'disk', status: 'warning', text: '200 MiB left' })];
  const critical = [finding({ topic: 'disk', text: '20 MiB left' })];
  const runs = [...Array<readonly HealthFinding[]>(48).fill(critical), warning, warning, critical];
  expect(told(...runs).filter((one) => one !== null)).toEqual([
    'problem critical: PROBLEM: 20 MiB left',
    'still warning: STILL: 200 MiB left (first reported 4h ago)',
    'problem critical: PROBLEM: 20 MiB left',
  ]);
  expect(told(critical, warning, critical)).toEqual([
    'problem critical: PROBLEM: 20 MiB left',
    null,
    'problem critical: PROBLEM: 20 MiB left',
  ]);
});

test('a change to critical is notified again, and a change to warning is not', () => {
  const warning = [finding({ topic: 'disk', status: 'warning', text: '200 MiB left' })];
  const critical = [finding({ topic: 'disk', text: '20 MiB left' })];
  expect(told(warning, critical, warning, warning)).toEqual([
    'problem warning: PROBLEM: 200 MiB left',
    'problem critical: PROBLEM: 20 MiB left',
    null,
    null,
  ]);
});

test('findings below the alert level are not notified', () => {
  expect(told([finding({ alerts: false })], [finding({ status: 'ok' })])).toEqual([null, null]);
});

test('during maintenance neither the start nor the end of a problem is notified', () => {
  const silenced = [finding({ status: 'ok', isSilenced: true })];
  expect(told(silenced, silenced)).toEqual([null, null]);
  expect(told(down, silenced, down, [])).toEqual([problem, null, null, 'recovered ok: RECOVERED: delivery after 15m']);
});

test('a problem that was notified by a clock two days ahead is notified again after four hours', () => {
  const ahead = at(2 * 24 * 60);
  let known: readonly NotifiedProblem[] = [{ topic: 'delivery', status: 'critical', since: ahead, toldAt: ahead }];
  const told = [0, 235, 240].map((minutes) => {
    const { problems, news } = healthChangesOf(known, down, at(minutes), 4 * hours);
    known = problems;
    return news?.text ?? null;
  });
  expect(told).toEqual([null, null, 'STILL: derecho: last delivered 15m ago (first reported 4h ago)']);
});

test.each([
  ['the worst first', ['critical', 'warning']],
  ['the worst last', ['warning', 'critical']],
] as const)('a topic is as bad as its worst finding: %s', (_, statuses) => {
  const findings = statuses.map((status, index) => finding({ status, text: `finding ${index}` }));
  expect(told(findings)).toEqual(['problem critical: PROBLEM: finding 0, finding 1']);
});
