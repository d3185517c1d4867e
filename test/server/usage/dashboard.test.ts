import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { login, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

const directory = join(import.meta.dir, '../../../fixtures/usage-dashboard');
const recorded = (name: string) => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));
const jobsOf = (cluster: string) =>
  new TextDecoder()
    .decode(Bun.gunzipSync(readFileSync(join(directory, `${cluster}.jsonl.gz`))))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const numbers = (value: unknown) => value as number[];
const sumOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

type Chart = Record<string, unknown>;
type Charts = Record<string, Chart>;

/**
 * The charts that differ from the original's on purpose (`help usage`): hours are booked on the days on which jobs ran
 * and on nodes in parts, timing goes by submission, empty periods are there, and each pie has 15 slices.
 */
const differing = [
  ...['cpu_usage_over_time', 'gpu_usage_over_time', 'cpu_hours_by_account', 'gpu_hours_by_account'],
  ...['node_cpu_usage', 'node_gpu_usage', 'jobs_distribution', 'active_users_distribution', 'active_users_over_time'],
  ...['waiting_times_trends', 'job_duration_trends', 'waiting_times_stacked', 'job_duration_stacked'],
];

/** True if two values are equal but for the last digits of numbers. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => isAlike(one, b[i]));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [x, y] = [a as Chart, b as Chart];
  return Object.keys(y).every((key) => isAlike(x[key], y[key])) && Object.keys(x).length === Object.keys(y).length;
}

/** A pie or a chart of series by name: the original orders equal values at random, and so do we not. */
function byName(chart: Chart): unknown {
  if (chart.type === 'pie') {
    const { labels, values, ...rest } = chart as { labels: string[]; values: number[] };
    const slices = labels.map((label, index) => [label, values[index]] as const);
    const others = slices.filter(([label]) => label.startsWith('Others'));
    return { ...rest, values, others };
  }
  if (!Array.isArray(chart.series)) return chart;
  const names = (chart.series as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { ...chart, series: names };
}

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine });
    for (const hostname of ['alpha', 'beta']) {
      expect((await receiver.ingest({ hostname, jobs: jobsOf(hostname) })).status).toBe(200);
    }
  }, 60_000);
  afterAll(() => receiver.remove());

  async function post(path: string, body: unknown, headers: Record<string, string> = login) {
    const response = await fetch(`${receiver.url}/api/dashboard/${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  }
  async function charts(body: Record<string, unknown>): Promise<Charts> {
    const answer = await post('charts', { hostname: 'alpha', ...body });
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body);
  }

  const window = { start_date: '2026-10-16', end_date: '2026-11-27' };
  describe('every chart that is right in the original is equal to its recorded one', () => {
    test.each([
      ['charts-month-none', { account_segments: 3 }],
      ['charts-bogus', { color_by: 'bogus', period_type: 'hour' }],
      ['charts-month-Account', { color_by: 'Account' }],
      ['charts-month-Partition', { color_by: 'Partition' }],
      ['charts-month-QOS', { color_by: 'QOS' }],
      ['charts-month-State', { color_by: 'State' }],
      ['charts-month-User', { color_by: 'User' }],
      ['charts-seg1', { color_by: 'Account', account_segments: 1 }],
      ['charts-week-none', { ...window, period_type: 'week' }],
      ['charts-day-none', { ...window, period_type: 'day' }],
    ])('%s', async (name, body) => {
      const [ours, theirs] = [await charts(body), recorded(name) as Charts];
      expect(Object.keys(ours)).toEqual(expect.arrayContaining(Object.keys(theirs)));
      for (const [key, chart] of Object.entries(theirs)) {
        if (differing.includes(key)) continue;
        // Where the original has ten slices, and the days of an unknown period that it otherwise takes for months.
        if (key === 'jobs_by_account' && chart.type === 'pie') continue;
        if (key === 'user_activity_frequency' && name === 'charts-bogus') continue;
        const [is, should] = [byName(ours[key] ?? {}), byName(chart)];
        if (!isAlike(is, should)) expect({ key, chart: is }).toEqual({ key, chart: should });
      }
    });
  });

  describe('a chart that is wrong in the original', () => {
    test('has the same total of hours, but spreads the hours of a job over its days', async () => {
      const [ours, theirs] = [await charts({}), recorded('charts-month-none') as Charts];
      const sum = (chart: Chart | undefined) => sumOf(numbers(chart?.y));
      expect(ours.cpu_usage_over_time?.x).toEqual(theirs.cpu_usage_over_time?.x);
      expect(sum(ours.cpu_usage_over_time)).toBeCloseTo(sum(theirs.cpu_usage_over_time), 6);
      expect(ours.cpu_usage_over_time?.y).not.toEqual(theirs.cpu_usage_over_time?.y);
    });

    test('has the hours of each node once, so that they add up to the total', async () => {
      const { node_cpu_usage, summary } = await charts({});
      const hours = sumOf(numbers(node_cpu_usage?.y));
      expect(hours).toBeCloseTo(Number(summary?.total_cpu_hours), 6);
      expect(node_cpu_usage?.x).toEqual((recorded('charts-month-none') as Charts).node_cpu_usage?.x);
    });

    test('has weeks that begin on Monday, in every chart', async () => {
      const { cpu_usage_over_time, jobs_over_time } = await charts({ ...window, period_type: 'week' });
      expect(cpu_usage_over_time?.x).toEqual(jobs_over_time?.x);
      expect(jobs_over_time?.x).toEqual((recorded('charts-week-none') as Charts).jobs_over_time?.x);
    });

    test('of users by account counts each user once', async () => {
      const [byAccount, plain] = [await charts({ color_by: 'Account' }), await charts({})];
      const series = byAccount.active_users_over_time?.series as { data: number[] }[];
      const sums = numbers(plain.active_users_over_time?.y).map((_, index) =>
        sumOf(series.map(({ data }) => data[index] ?? 0)),
      );
      expect(sums).toEqual(plain.active_users_over_time?.y as number[]);
    });

    test('uses the submission time as its timing does, and adds the true quantiles of all jobs', async () => {
      const answer = await charts({});
      const { stats } = answer.waiting_times_trends as { stats: Record<string, number[]> };
      expect(stats.mean).toEqual(answer.waiting_times_over_time?.y as number[]);
      expect(answer.stats_overall).toMatchObject({
        waiting_time: { median: Number(answer.waiting_times_hist?.median), p95: expect.any(Number) },
      });
    });

    test('is answered for the period "year"', async () => {
      expect((await charts({ period_type: 'year' })).jobs_over_time).toMatchObject({ x: [2025, 2026] });
    });

    test('shows every number of CPUs, and every period', async () => {
      const jobs = Array.from({ length: 30 }, (_, index) =>
        jobRecord({
          JobID: String(index),
          AllocCPUS: index + 1,
          Submit: index === 0 ? '2026-08-20T10:00:00' : '2026-11-20T10:00:00',
        }),
      );
      await receiver.ingest({ hostname: 'sizes', jobs });
      const answer = await charts({ hostname: 'sizes' });
      expect(answer.cpus_per_job?.x).toHaveLength(30);
      expect(answer.jobs_over_time).toEqual({ x: ['2026-08', '2026-09', '2026-10', '2026-11'], y: [1, 0, 0, 29] });
      expect(answer.waiting_times_over_time?.y).toMatchObject([expect.any(Number), null, null, expect.any(Number)]);
      expect(answer.periods).toMatchObject([
        { x: '2026-08', partial: true },
        { partial: false },
        {},
        { partial: true },
      ]);
    });
  });

  test('a partition matches either part of "a,b"', async () => {
    const [ours, theirs] = [await charts({ partitions: ['gpu-a100'] }), recorded('charts-partfilter') as Charts];
    expect(isAlike(ours.summary, theirs.summary)).toBe(true);
    const states = ({ jobs_by_state: { labels = [], values } = {} }: Charts) =>
      Object.fromEntries((labels as string[]).map((label, index) => [label, numbers(values)[index]]));
    expect(states(ours)).toEqual(states(theirs));
  });

  test.each([
    ['of a window without jobs', { start_date: '2030-01-01', end_date: '2030-12-31' }],
    ['of years 1 to 9999 that nobody uses', { start_date: '0001-01-01', end_date: '0001-01-02', period_type: 'day' }],
    ['of a reversed window', { start_date: '2026-11-01', end_date: '2026-10-01' }],
    ['of an account that has no jobs', { accounts: ["o'brien"] }],
  ])('an answer %s has all keys', async (_, body) => {
    const [ours, theirs] = [await charts(body), recorded('charts-month-none') as Charts];
    expect(Object.keys(theirs).filter((key) => !(key in ours))).toEqual([]);
    expect(ours.summary).toEqual({ total_jobs: 0, total_cpu_hours: 0, total_gpu_hours: 0, total_users: 0 });
  });

  test('a window of all years is bounded by the data', async () => {
    const answer = await charts({ start_date: '0001-01-01', end_date: '9999-12-31', period_type: 'day' });
    expect(answer.jobs_over_time?.x).toHaveLength(365);
  });

  describe('metadata', () => {
    test.each([
      ['metadata-alpha', 'metadata?hostname=alpha'],
      ['metadata-alpha-week', 'metadata?hostname=alpha&start_date=2026-11-20&end_date=2026-11-27'],
      ['metadata-404', 'metadata?hostname=nope'],
      ['stats-404', 'stats/nope'],
    ])('%s is equal', async (name, path) => {
      expect((await receiver.read(path, login)).body).toEqual(recorded(name));
    });

    test('of all clusters has each cluster', async () => {
      const { body } = await receiver.read('metadata', login);
      const theirs = recorded('metadata-all');
      for (const key of ['partitions', 'accounts', 'users', 'qos', 'states', 'date_ranges']) {
        for (const cluster of ['alpha', 'beta']) expect((body as Charts)[key]?.[cluster]).toEqual(theirs[key][cluster]);
      }
    });

    test('stats are equal, except that partitions are sorted and each is listed once', async () => {
      const { body } = await receiver.read('stats/alpha', login);
      const { partitions, ...theirs } = recorded('stats-alpha');
      expect(isAlike({ ...body, partitions: [] }, { ...theirs, partitions: [] })).toBe(true);
      expect(body.partitions).toEqual([...new Set((partitions as string[]).flatMap((name) => name.split(',')))].sort());
    });
  });

  describe('the list of jobs', () => {
    const day = { hostname: 'alpha', start_date: '2026-11-20', end_date: '2026-11-20', account_segments: 3 };

    test('is equal to the recorded one', async () => {
      const ours = JSON.parse((await post('filter', day)).body);
      const theirs = recorded('filter-day');
      const rows = (list: Chart[]) => list.toSorted((a, b) => (String(a.JobID) < String(b.JobID) ? -1 : 1));
      expect(isAlike(rows(ours.data), rows(theirs.data))).toBe(true);
      expect(isAlike({ ...ours, data: [], next: 0 }, { ...theirs, data: [], next: 0 })).toBe(true);
    });

    test('is divided into pages', async () => {
      const all = JSON.parse((await post('filter', day)).body).data;
      const found: unknown[] = [];
      let after = '';
      do {
        const page = JSON.parse((await post(`filter?limit=8&after=${encodeURIComponent(after)}`, day)).body);
        found.push(...page.data);
        after = page.next ?? '';
      } while (after !== '');
      expect(found).toEqual(all);
    });

    test('can be JSON Lines and CSV', async () => {
      const all = JSON.parse((await post('filter', day)).body).data;
      const lines = (await post('filter?format=jsonl', day)).body.trim().split('\n');
      expect(lines.map((line) => JSON.parse(line))).toEqual(all);
      const csv = (await post('filter?format=csv', day)).body.trim().split('\r\n');
      expect(csv).toHaveLength(all.length + 1);
      expect(csv[0]).toStartWith('JobID,User,Account,Partition,State,QOS,Submit');
    });

    test('has every job of a year', async () => {
      expect(JSON.parse((await post('filter', { hostname: 'alpha' })).body).data).toHaveLength(6000);
    });
  });

  describe('a wrong request is refused', () => {
    test.each([
      ['without hostname', {}, 422, /"Field required"/],
      [
        'of an unknown cluster',
        { hostname: '../data/beta' },
        422,
        /hostname: there is no cluster .*give one of alpha, beta/,
      ],
      ['with a date that is none', { hostname: 'alpha', start_date: "2023-01-01' OR '1'='1" }, 422, /valid date/],
      ['with a list that is none', { hostname: 'alpha', users: 'alice' }, 422, /"users"/],
    ])('%s', async (_, body, status, words) => {
      for (const path of ['charts', 'filter']) {
        const answer = await post(path, body);
        expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.stringMatching(words) });
      }
    });
  });

  test('names of users need the right to see names', async () => {
    const headers = { 'X-API-Key': await receiver.addKey('reads', 'read') };
    expect((await post('charts', { hostname: 'alpha', color_by: 'User' }, headers)).status).toBe(403);
    expect((await post('filter', { hostname: 'alpha', users: ['an01'] }, headers)).status).toBe(403);
    const rows = JSON.parse((await post('filter?limit=1', { hostname: 'alpha' }, headers)).body).data;
    expect(rows).toMatchObject([{ User: null }]);
    const { body } = await receiver.read('metadata?hostname=alpha', headers);
    expect(body.users).toEqual({ alpha: [] });
    expect((await receiver.read('version', {})).body).toEqual({ version: expect.any(String) });
    expect((await receiver.send('/saml/me')).body).toMatchObject({
      username: 'anonymous',
      is_admin: expect.any(Boolean),
    });
  });
});
