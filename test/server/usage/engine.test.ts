import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { summaryOf } from '../../../src/server/sampled/summary.ts';
import { changeCluster } from '../../../src/server/store/clusters.ts';
import type { JobColumn } from '../../../src/server/store/jobs.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { storeSampledJob } from '../../../src/server/store/sampled-jobs.ts';
import type { Answer } from '../../../src/server/usage/engine/answer.ts';
import type { Efficiency } from '../../../src/server/usage/engine/efficiency.ts';
import { everything } from '../../../src/server/usage/engine/filter.ts';
import { dimensions } from '../../../src/server/usage/engine/grouping.ts';
import { createSegmentCache, type SegmentCache } from '../../../src/server/usage/engine/loaded.ts';
import { measures } from '../../../src/server/usage/engine/measures.ts';
import { periodKinds } from '../../../src/server/usage/engine/periods.ts';
import type { Question } from '../../../src/server/usage/engine/question.ts';
import { axes } from '../../../src/server/usage/engine/scan.ts';
import type { Histogram, TimingStatistics } from '../../../src/server/usage/engine/values.ts';
import type { PageAnswers } from '../../../src/server/usage/page.ts';
import { noteSample, takeInSamples } from '../../../src/server/usage/segments/stale.ts';
import { makeMissingSegments } from '../../../src/server/usage/segments/take-over.ts';
import { storeAndSegment } from '../../../src/server/usage/store-jobs.ts';
import { tasks } from '../../../src/server/usage/tasks.ts';
import { freshDatabase, overEngines } from '../helper.ts';
import { askOracle, type Labels, type TestJob, type TestSample } from './oracle.ts';

/** Summer time ends in Amsterdam on 2026-10-25, and in Denver on 2026-11-01. */
const firstTime = Date.UTC(2026, 9, 20) / 1000;
const daySeconds = 86_400;
const columns: readonly JobColumn[] = [
  ...(['job_id', 'user', 'account', 'partition', 'state', 'qos', 'submit', 'start', 'end'] as const),
  ...(['cpu_hours', 'gpu_hours', 'cpus', 'gpus', 'nodes', 'node_list'] as const),
];

const textOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19);

function rowOf(job: TestJob) {
  const { id, user, account, partition, state, qos, submit, start, end } = job;
  const times = [textOf(submit), start === null ? null : textOf(start), end === null ? null : textOf(end)];
  const nodeList = job.nodeNames.length === 0 ? null : job.nodeNames.join(',');
  return [
    ...[id, user, account, partition, state, qos, ...times],
    ...[job.cpuHours, job.gpuHours, job.cpus, 0, job.nodes, nodeList],
  ];
}

async function ingest(store: Store, jobs: readonly TestJob[]): Promise<void> {
  for (const cluster of new Set(jobs.map((job) => job.cluster))) {
    const rows = jobs.filter((job) => job.cluster === cluster).map(rowOf);
    const received = { cluster, columns, rows, receivedAt: '', receivedFrom: '' };
    await store.transaction((writer) => storeAndSegment(writer, received));
  }
}

const aJob = fc
  .record({
    cluster: fc.constantFrom('east', 'west'),
    // The id of a PBS job has the server, and that of a requeued run the number of the run.
    id: fc.nat(400).map((id) => `${id}${['.pbs01', '/run1', ''][id % 3]}`),
    submit: fc.nat(14 * daySeconds).map((seconds) => firstTime + seconds),
    wait: fc.oneof(fc.nat(3600), fc.integer({ min: -60, max: 3 * daySeconds })),
    duration: fc.oneof(fc.constant(0), fc.nat(3600), fc.integer({ min: -60, max: 4 * daySeconds })),
    times: fc.constantFrom('both', 'both', 'both', 'both', 'no start', 'no end', 'neither'),
    hours: fc.constantFrom('exact', 'exact', 'suspended', 'none'),
    cpus: fc.constantFrom(0, 1, 4, 32, 100, 5000),
    gpuHours: fc.constantFrom(0, 0, 1.5),
    nodes: fc.constantFrom(0, 1, 3),
    nodeNames: fc.constantFrom([], ['n1'], ['n1', 'n2'], ['n2', 'n3', 'n4']),
    partition: fc.constantFrom('p', 'q', 'p,q', 'a.p'),
    account: fc.constantFrom('phys', 'phys-cfd', 'phys-cfd-les', 'bio', 'bio-x'),
    user: fc.constantFrom('ann', 'bob', 'cy', 'p'),
    qos: fc.constantFrom(null, 'normal', ''),
    state: fc.constantFrom('COMPLETED', 'FAILED'),
  })
  .map(({ wait, duration, times, hours, ...job }): TestJob => {
    const begin = job.submit + wait;
    const start = times === 'no start' || times === 'neither' ? null : begin;
    const end = times === 'no end' || times === 'neither' ? null : begin + duration;
    const exact = (job.cpus * Math.max(0, start === null || end === null ? 0 : duration)) / 3600;
    const cpuHours = { exact, suspended: exact * 0.7 + 0.25, none: 0 }[hours];
    return { ...job, start, end, cpuHours };
  });

const jobsOf = (size: number) => fc.array(aJob, { minLength: 1, maxLength: size });

/** What was measured of a job. That of another time is of another job with its id. */
const aSample = fc.record<{ hours: number } & Pick<TestSample, 'node' | 'isCounted' | 'programs'>>({
  node: fc.constantFrom('n1', 'n2', 'n3'),
  hours: fc.constantFrom(0, 0, 0, 1000),
  isCounted: fc.boolean(),
  programs: fc.constantFrom(
    {},
    { '/bin/a': 0 },
    { '/bin/a': 0, '/opt/x/a': 0, '/bin/b': 0 },
    { '/bin/a': 5, '/opt/x/a': 2.5, '/bin/b': 1 },
    { '/bin/b': 300, '/bin/ignored': 20 },
    { '/bin/ignored': 7 },
    { '/bin/c': 7, '/bin/d': 7, '/bin/a': 7 },
  ),
});

function sampleOf(
  { cluster, id, submit, start, end }: TestJob,
  { hours, ...sample }: { hours: number } & Pick<TestSample, 'node' | 'isCounted' | 'programs'>,
): TestSample {
  const later = hours * 3600;
  const from = start ?? submit;
  return {
    ...sample,
    cluster,
    id: id.split(/[./]/)[0] ?? '',
    from: from + later,
    to: Math.max(from, end ?? from) + later,
  };
}

async function storeSamples(store: Store, samples: readonly TestSample[]): Promise<void> {
  for (const { cluster, id, node, from, to, isCounted, programs } of samples) {
    const execs = Object.fromEntries(Object.entries(programs).map(([path, user]) => [path, { user, system: 0 }]));
    const software = { execs, start_time: from, end_time: to, ...(isCounted && { untracked: { user: 0, system: 0 } }) };
    const measured = { 'sams.sampler.Core': { jobid: id, node }, 'sams.sampler.Software': software };
    const sample = { cluster, jobId: id, node, receivedAt: '', receivedFrom: '' };
    const body = new TextEncoder().encode(JSON.stringify(measured));
    await store.transaction(async (writer) => {
      await storeSampledJob(writer, { ...sample, body, summary: JSON.stringify(summaryOf(measured)) });
      await noteSample(writer, cluster, id);
    });
  }
}

/** As the rules of the test map them. */
function softwareOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === 'ignored' ? null : name;
}

const someNames = (...names: string[]) => fc.option(fc.subarray(names, { minLength: 1 }), { freq: 2 });
const aDate = fc.nat(22).map((day) => textOf(firstTime - 2 * daySeconds + day * daySeconds).slice(0, 10));
const aQuestion = fc
  .record({
    axis: fc.constantFrom(...axes),
    dates: fc.tuple(aDate, aDate),
    by: fc.constantFrom(null, ...dimensions),
    levels: fc.constantFrom(0, 1, 2),
    period: fc.constantFrom(null, ...periodKinds),
    top: fc.constantFrom(null, null, 2),
    compare: fc.boolean(),
    partition: someNames('p', 'q', 'a.p'),
    account: someNames('phys', 'phys-cfd', 'bio'),
    accountsBelow: someNames('phys', 'phys-cfd'),
    user: someNames('ann', 'bob'),
    qos: someNames('normal', ''),
    state: someNames('FAILED'),
    sizes: someNames('1', '2-8', '2049+'),
    nodes: someNames('n1', 'n2', 'n3'),
    software: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, someNames('a', 'b', 'c')),
    isFiltered: fc.boolean(),
  })
  .map(({ dates, partition, account, accountsBelow, user, qos, state, isFiltered, ...rest }) => {
    const [from = '', to = ''] = [...dates].sort();
    // All these filters together leave few jobs, so half of the questions have none.
    return isFiltered
      ? { ...rest, from, to, filter: { partition, account, accountsBelow, user, qos, state } }
      : { ...rest, from, to, filter: everything, sizes: null, nodes: null, software: null };
  });

const sums = ['jobs', 'users', 'cpu_hours', 'gpu_hours', 'node_hours'] as const;
type Asked = Question & { readonly from: string; readonly to: string };

function beginOf(kind: string | null, date: string): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const at = (months: number, days: number) => new Date(Date.UTC(year, months, days)).toISOString().slice(0, 10);
  if (kind === null) return '';
  if (kind === 'day') return date;
  if (kind === 'week') return at(month - 1, day - ((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));
  if (kind === 'month') return at(month - 1, 1);
  return kind === 'quarter' ? at(Math.floor((month - 1) / 3) * 3, 1) : at(0, 1);
}

const segmentTables = ['usage_names', 'usage_programs', 'usage_segments', 'usage_stale_days'];
const emptied = ['jobs', 'sampled_jobs', ...segmentTables, 'clusters'];

/** Compares statistics with the sorted hours that they are of. Quantiles are of type 7 of R. */
function checkTimes(statistics: TimingStatistics | null, hours: readonly number[]): void {
  expect(statistics?.jobs ?? 0).toBe(hours.length);
  if (statistics === null) return;
  const quantile = (probability: number) => {
    const place = (hours.length - 1) * probability;
    const [below = 0, above = 0] = [hours[Math.floor(place)], hours[Math.ceil(place)]];
    return below + (above - below) * (place % 1);
  };
  const mean = hours.reduce((sum, time) => sum + time, 0) / hours.length;
  const expected = {
    ...{ jobs: hours.length, mean, min: quantile(0), p25: quantile(0.25), median: quantile(0.5) },
    ...{ p75: quantile(0.75), p90: quantile(0.9), p95: quantile(0.95), p99: quantile(0.99), max: quantile(1) },
  };
  for (const [name, value] of Object.entries(statistics)) {
    expect(value).toBeCloseTo(expected[name as keyof TimingStatistics], 9);
  }
}

/** Returns an answer with nine digits and its groups by name: the same numbers can be added in another order. */
function rounded(answer: Answer): unknown {
  const groups = [...answer.groups].sort((a, b) => String(a.name).localeCompare(String(b.name)));
  const short = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(9)) : value);
  return JSON.parse(JSON.stringify({ ...answer, groups }, short));
}

/** Compares every number of an answer with the oracle. */
function compare(
  answer: Answer,
  jobs: readonly TestJob[],
  samples: readonly TestSample[],
  zones: Readonly<Record<string, string>>,
  asked: Asked,
): void {
  const oracle = askOracle(jobs, samples, zones, asked, (date) => beginOf(asked.period, date));
  try {
    const check = (found: unknown, labels: Labels, period: string) => {
      const values = found as Record<string, unknown>;
      const expected = oracle.sums(labels, period);
      for (const measure of sums) {
        const [is, should] = [Number(values[measure]), expected[measure]];
        if (Math.abs(is - should) > 1e-6 * Math.max(1, Math.abs(should))) {
          throw new Error(`${measure} of ${labels} in ${period} is ${is} and should be ${should}`);
        }
      }
      const { jobs: counted, percent } = oracle.efficiency(labels, period);
      const efficiency = values.efficiency as Efficiency | null;
      // Software that used no CPU time beside others has no share of the hours, and so no efficiency.
      expect(efficiency?.jobs ?? 0).toBeCloseTo(percent === null ? 0 : counted, 6);
      if (efficiency !== null && percent !== null) expect(efficiency.percent / percent || 1).toBeCloseTo(1, 6);
      for (const kind of ['wait', 'duration'] as const) {
        const hours = oracle.times(kind, labels, period).map((seconds) => seconds / 3600);
        checkTimes(values[kind] as TimingStatistics | null, hours);
        const { bounds_hours: bounds, jobs } = values[`${kind}_histogram`] as Histogram;
        const classes = [...bounds, Number.POSITIVE_INFINITY].map(
          (until, index) => hours.filter((time) => time >= (bounds[index - 1] ?? 0) && time < until).length,
        );
        expect(jobs).toEqual(classes);
      }
    };
    const at = (series: Answer['series'], index: number) =>
      Object.fromEntries(measures.map((measure) => [measure, series?.[measure]?.[index] ?? null]));
    const checkAll = ({ total, series }: Pick<Answer, 'total' | 'series'>, labels: Labels) => {
      check(total, labels, '*');
      for (const [index, { start }] of answer.periods.entries()) check(at(series, index), labels, start);
    };
    checkAll(answer, '*');
    for (const group of answer.groups) checkAll(group, [group.name]);
    if (answer.previous !== null) {
      const { from, to, total } = answer.previous;
      const before = { ...answer, total, series: null, periods: [], groups: [], others: null, previous: null };
      compare(before, jobs, samples, zones, { ...asked, from, to, by: null, period: null });
    }
    if (asked.by === null) return;
    const named = answer.groups.map(({ name }) => name);
    const all = oracle.labels();
    expect(named.length + (answer.others?.groups ?? 0)).toBe(all.length);
    if (asked.top === null) expect(new Set(named)).toEqual(new Set(all));
    // The jobs that were not sampled are no software, and are after all software.
    const isLast = (label: string | null) => asked.by === 'software' && label === null;
    expect(named.findIndex(isLast)).toBe(all.some(isLast) ? named.length - 1 : -1);
    const ranks = answer.groups.filter(({ name }) => !isLast(name)).map(({ total }) => Number(total.jobs));
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
    const unnamed = all.filter((label) => !named.includes(label));
    for (const label of unnamed) expect(oracle.sums([label], '*').jobs).toBeLessThanOrEqual(Math.min(...ranks) + 1e-9);
    if (answer.others) checkAll(answer.others, unnamed);
  } finally {
    oracle.close();
  }
}

overEngines((engine) => {
  let store: Store;
  let cache: SegmentCache;
  let remove: () => void;
  beforeAll(async () => {
    const fresh = await freshDatabase(engine);
    store = await openStore(fresh.database);
    remove = fresh.remove;
  });
  afterAll(async () => {
    await store.close();
    remove();
  });

  /** Empties the database, and sets the zones of the clusters. */
  async function begin(zones: Readonly<Record<string, string>>): Promise<void> {
    await store.transaction(async (writer) => {
      for (const table of emptied) await writer.run(`DELETE FROM ${table}`);
      for (const [name, timeZone] of Object.entries(zones)) {
        await writer.run("INSERT INTO clusters (name, last_received_at, is_segmented) VALUES ($1, '', 1)", name);
        await changeCluster(writer, { name, timeZone, storedTimes: 'utc', accountSeparator: '-' });
      }
    });
    cache = createSegmentCache(store, 0, softwareOf);
  }

  async function answerTo(jobs: readonly TestJob[], question: Omit<Question, 'clusters' | 'measures'>) {
    const known = (of: (job: TestJob) => readonly string[], wanted: readonly string[] | null) => {
      const names = new Set(jobs.flatMap(of));
      const some = wanted?.filter((name) => names.has(name)) ?? [];
      return some.length === 0 ? null : some;
    };
    const { filter } = question;
    const programs = await store.all<{ path: string }>('SELECT path FROM usage_programs');
    const software = programs.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
    const asked = {
      ...question,
      nodes: known(({ nodeNames }) => nodeNames, question.nodes),
      software: known(() => software, question.software),
      filter: {
        ...filter,
        partition: known(({ partition }) => partition.split(','), filter.partition),
        account: known(({ account }) => [account], filter.account),
        user: known(({ user }) => [user], filter.user),
        qos: known(({ qos }) => (qos === null ? [] : [qos]), filter.qos),
        state: known(({ state }) => [state], filter.state),
      },
      clusters: ['east', 'west'],
      measures,
    } as Asked;
    return { asked, answer: (await tasks(cache, store, { kind: 'question', question: asked })) as Answer };
  }

  /** The usage page reads all jobs once, whatever they are divided by: it must have the answers to single questions. */
  async function comparePage(asked: Asked): Promise<void> {
    // The page has the first measure of each division.
    const first = (['cpu_hours', 'wait', 'efficiency'] as const)[asked.levels] ?? 'jobs';
    const question = { ...asked, measures: [first, 'jobs'] as const };
    const page = (await tasks(cache, store, { kind: 'page', question })) as PageAnswers;
    const side = { ...asked, period: null, measures: [first] as const, top: 12, compare: false };
    for (const [by, found] of [
      ['size', page.sizes] as const,
      ['state', page.states] as const,
      ['node', page.nodes] as const,
    ]) {
      expect(rounded(found)).toEqual(
        rounded((await tasks(cache, store, { kind: 'question', question: { ...side, by } })) as Answer),
      );
    }
  }

  /** The last sample of each job and node replaces the others. */
  function latestOf(samples: readonly TestSample[]): TestSample[] {
    return [...new Map(samples.map((sample) => [`${sample.cluster} ${sample.id} ${sample.node}`, sample])).values()];
  }

  const runs = engine === 'SQLite' ? 30 : 10;

  test('every number of every answer equals the result of SQL over the rows', async () => {
    const zones = { east: 'Europe/Amsterdam', west: 'America/Denver' };
    const property = fc.asyncProperty(
      jobsOf(40),
      jobsOf(20),
      fc.array(fc.tuple(fc.nat(), aSample), { maxLength: 40 }),
      fc.boolean(),
      fc.array(aQuestion, { minLength: 4, maxLength: 4 }),
      async (first, then, measured, areSamplesFirst, questions) => {
        await begin(zones);
        // Some jobs of the second request are new forms of jobs of the first.
        const changed = then.map((job, index) => {
          const before = index % 2 === 0 ? first[index % first.length] : undefined;
          return before ? { ...job, cluster: before.cluster, id: before.id, submit: before.submit } : job;
        });
        const all = [...first, ...changed];
        const samples = measured.flatMap(([index, sample]) => {
          const job = all[index % all.length];
          return job ? sampleOf(job, sample) : [];
        });
        if (areSamplesFirst) await storeSamples(store, samples);
        await ingest(store, first);
        await storeSamples(store, samples.slice(0, 5));
        await ingest(store, changed);
        await storeSamples(store, samples);
        await takeInSamples(store, Object.keys(zones));
        const rows = new Map([...first, ...changed].map((job) => [`${job.cluster} ${job.id} ${job.submit}`, job]));
        const jobs = [...rows.values()];
        for (const question of questions) {
          const { answer, asked } = await answerTo(jobs, question);
          compare(answer, jobs, latestOf(samples), zones, asked);
          if (question === questions[0]) await comparePage(asked);
        }
      },
    );
    await fc.assert(property, { numRuns: runs, endOnFailure: true });
  });

  test('every measure can be asked by every dimension, on every time axis and in periods', async () => {
    const zones = { east: 'Europe/Amsterdam', west: 'America/Denver' };
    await begin(zones);
    const [made = []] = fc.sample(fc.array(aJob, { minLength: 30, maxLength: 30 }), { numRuns: 1, seed: 11 });
    const jobs = [...new Map(made.map((job) => [`${job.cluster} ${job.id} ${job.submit}`, job])).values()];
    const samples = fc.sample(aSample, { numRuns: 15, seed: 12 }).flatMap((sample, index) => {
      const job = jobs[index];
      return job ? sampleOf(job, sample) : [];
    });
    await ingest(store, jobs);
    await storeSamples(store, samples);
    await takeInSamples(store, Object.keys(zones));
    const days = { from: '2026-10-21', to: '2026-11-08', period: 'week' } as const;
    const some = { ...everything, partition: ['p'] };
    for (const [index, by] of [null, ...dimensions].entries()) {
      for (const [place, axis] of axes.entries()) {
        const filters =
          (index + place) % 2 === 0 ? { filter: everything, nodes: null } : { filter: some, nodes: ['n1', 'n2'] };
        const rest = { levels: index % 3, top: place % 2 === 0 ? 2 : null, compare: true, sizes: null, software: null };
        const { answer, asked } = await answerTo(jobs, { axis, by, ...days, ...filters, ...rest });
        compare(answer, jobs, latestOf(samples), zones, asked);
      }
    }
  });

  test('the same jobs again change nothing', async () => {
    await begin({ east: 'UTC', west: 'UTC' });
    const jobs = fc.sample(jobsOf(40), { numRuns: 1, seed: 7 })[0] ?? [];
    await ingest(store, jobs);
    const segments = () =>
      store.all('SELECT cluster, day, jobs, cells, columns, node_lists FROM usage_segments ORDER BY cluster, day');
    const before = await segments();
    await ingest(store, jobs);
    expect(await segments()).toEqual(before);
  });

  describe('clusters of an older version', () => {
    test('get segments of all their jobs, even if the migration was interrupted', async () => {
      const zones = { east: 'Europe/Amsterdam', west: 'UTC' };
      await begin(zones);
      const jobs = fc.sample(jobsOf(60), { numRuns: 1, seed: 3 })[0] ?? [];
      const latest = [...new Map(jobs.map((job) => [`${job.cluster} ${job.id} ${job.submit}`, job])).values()];
      await ingest(store, jobs);
      const samples = fc.sample(aSample, { numRuns: 20, seed: 5 }).flatMap((sample, index) => {
        const job = jobs[index];
        return job ? sampleOf(job, sample) : [];
      });
      await storeSamples(store, samples);
      await store.transaction(async (writer) => {
        for (const table of segmentTables) await writer.run(`DELETE FROM ${table}`);
        await writer.run('UPDATE clusters SET is_segmented = 0');
        await writer.run("UPDATE sampled_jobs SET summary = ''");
      });
      const interrupted = makeMissingSegments(store, () => {
        throw new Error('interrupted');
      });
      await expect(interrupted).rejects.toThrow('interrupted');
      const question = {
        axis: 'ran',
        from: '2026-10-01',
        to: '2026-12-31',
        by: 'software',
        levels: 0,
        period: 'week',
      } as const;
      const rest = { top: null, filter: everything, sizes: null, nodes: null, software: null, compare: false };
      await expect(answerTo(jobs, { ...question, ...rest })).rejects.toThrow('is being calculated');
      const progress: string[] = [];
      await makeMissingSegments(store, (cluster, days) => progress.push(`${cluster} ${days}`));
      expect(progress.length).toBeGreaterThan(0);
      const { answer, asked } = await answerTo(jobs, { ...question, ...rest });
      compare(answer, latest, latestOf(samples), zones, asked);
    });
  });
});
