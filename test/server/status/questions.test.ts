/** What queries ask for: periods with their buckets, and rankings of users and projects. */

import { describe, expect, test } from 'bun:test';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import { flagParameter } from '../../../src/server/http/query.ts';
import { bucketsOf, canonicalTime } from '../../../src/server/status/period.ts';
import { userQuestion } from '../../../src/server/status/user-question.ts';

const now = new Date('2026-03-02T12:34:56Z');

/** What a function returns, or the words with which it refuses with 400. */
function outcome(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof RequestProblem) || error.status !== 400) throw error;
    return error.message;
  }
}

describe('a period', () => {
  const [minute, hour, day] = [60, 3600, 86_400];
  const asked = (query: string) =>
    outcome(() => {
      const { from, to, step, count } = bucketsOf(new URLSearchParams(query), now);
      return [canonicalTime(from), canonicalTime(to), step / 1000, count];
    });
  const from = (seconds: number) => `from=${canonicalTime(now.getTime() - seconds * 1000)}`;

  test.each([
    [500 * minute, minute],
    [500 * minute + 1, 5 * minute],
    [2500 * minute, 5 * minute],
    [2500 * minute + 1, 10 * minute],
    [5000 * minute + 1, 15 * minute],
    [7500 * minute + 1, 30 * minute],
    [15_000 * minute + 1, hour],
    [500 * hour + 1, 3 * hour],
    [1500 * hour + 1, 6 * hour],
    [3000 * hour + 1, 12 * hour],
    [6000 * hour + 1, day],
    [500 * day + 1, 7 * day],
    [3500 * day + 1, 28 * day],
    [14_000 * day + 1, 364 * day],
    [182_000 * day + 1, 365 * day],
  ])('of %d seconds has buckets of %d seconds', (seconds, step) => {
    expect(asked(from(seconds))).toMatchObject([expect.any(String), expect.any(String), step, expect.any(Number)]);
  });

  test.each([
    ['to=2026-03-01T12:00:00', ['2026-02-28T12:00:00', '2026-03-01T12:00:00', 300, 288]],
    ['from=2026-03-02T12:00:00&step=', ['2026-03-02T12:00:00', '2026-03-02T12:35:00', 60, 35]],
    ['from=&to=&step=1d', ['2026-03-01T00:00:00', '2026-03-03T00:00:00', day, 2]],
    ['from=2026-03-02T12:34:50&step=1', ['2026-03-02T12:34:50', '2026-03-02T12:34:56', 1, 6]],
    ['step=1h', ['2026-03-01T12:00:00', '2026-03-02T13:00:00', hour, 25]],
    ['step=2h', ['2026-03-01T12:00:00', '2026-03-02T14:00:00', 2 * hour, 13]],
    ['step=2d', ['2026-02-28T00:00:00', '2026-03-04T00:00:00', 2 * day, 2]],
    ['step=59m', [expect.any(String), expect.any(String), 59 * minute, 25]],
  ])('%s', (query, expected) => expect(asked(query)).toEqual(expected));

  const time = 'is not an ISO 8601 time, such as 2026-03-01T10:00:00';
  test.each([
    ['from=now&to=x', `to: ${time}; from: ${time}`],
    ['from=2026-03-02T12:34:56', 'from: must be before to'],
    ['step=soon', 'step: must be seconds, or a duration such as 5m, 1h or 1d'],
    ['step=-1', 'step: must be seconds, or a duration such as 5m, 1h or 1d'],
    ['step=1234567890', 'step: must be seconds, or a duration such as 5m, 1h or 1d'],
    ['step=0', 'step: must be at least 1 second'],
    ['step=61m', 'step: must be whole hours if it is longer than an hour'],
    ['step=25h', 'step: must be whole days if it is longer than a day'],
    ['from=x&step=0', `from: ${time}; step: must be at least 1 second`],
    [`${from(1999 * minute + 1)}&step=60`, 'step: gives more than 2000 buckets: use at least 61 seconds'],
  ])('%s is refused', (query, words) => expect(asked(query)).toBe(words));

  test('has 2,000 buckets at most', () => {
    expect(asked(`${from(1999 * minute)}&step=60`)).toMatchObject([expect.any(String), expect.any(String), 60, 2000]);
  });
});

describe('a ranking', () => {
  const asked = (query: string, by: 'user' | 'project' = 'user') =>
    outcome(() => userQuestion(new URLSearchParams(query), by));

  test('is of the 15 with the most cores of running jobs now, or as the query says', () => {
    expect(asked('state=&metric=&rank=&top=&queue=')).toEqual({
      ...{ column: 'username', counter: 'cores_allocated', rank: 'current', top: 15, queue: null },
      echoed: { group_by: 'user', state: 'running', metric: 'cores', rank: 'current', queue: null },
    });
    expect(asked('state=held&metric=gpus&rank=peak&top=100&queue=main', 'project')).toEqual({
      ...{ column: 'project_code', counter: 'gpus_held', rank: 'peak', top: 100, queue: 'main' },
      echoed: { group_by: 'project', state: 'held', metric: 'gpus', rank: 'peak', queue: 'main' },
    });
  });

  test.each([
    ['running', 'jobs', 'running_jobs'],
    ['running', 'gpus', 'gpus_allocated'],
    ['running', 'nodes', 'nodes_allocated'],
    ['pending', 'jobs', 'pending_jobs'],
    ['pending', 'cores', 'cores_pending'],
    ['pending', 'gpus', 'gpus_pending'],
    ['held', 'jobs', 'held_jobs'],
    ['held', 'cores', 'cores_held'],
  ])('of %s jobs by %s is of %s', (state, metric, counter) => {
    expect(asked(`state=${state}&metric=${metric}`)).toMatchObject({ counter, echoed: { state, metric } });
  });

  const top = 'top: must be a number from 1 to 100';
  test.each([
    ['top=0', top],
    ['top=101', top],
    ['top=1000', top],
    ['top=5.5', top],
    ['rank=best', 'rank: must be one of current, peak'],
    ['state=waiting&metric=x', 'state: must be one of running, pending, held'],
    ['state=toString', 'state: must be one of running, pending, held'],
    ['metric=toString', 'metric: must be one of jobs, cores, gpus, nodes'],
    [
      'state=held&metric=nodes&rank=x&top=x',
      `metric: must be one of jobs, cores, gpus; rank: must be one of current, peak; ${top}`,
    ],
  ])('%s is refused', (query, words) => expect(asked(query)).toBe(words));

  test('has one user or project at least', () => expect(asked('top=1')).toMatchObject({ top: 1 }));
});

test.each([
  ['true', true],
  ['1', true],
  ['YES', true],
  ['false', false],
  ['0', false],
  ['No', false],
  ['', 'fallback'],
  ['on', 'flag: must be true or false'],
  ['constructor', 'flag: must be true or false'],
])('the yes-or-no parameter %p is %p', (word, expected) => {
  const read = (fallback: boolean) =>
    outcome(() => flagParameter(new URLSearchParams({ flag: word }), 'flag', fallback));
  expect([read(true), read(false)]).toEqual(expected === 'fallback' ? [true, false] : [expected, expected]);
  expect(flagParameter(new URLSearchParams(), 'flag', true)).toBe(true);
});
