/** Answers questions about jobs by plain SQL over their rows, apart from the code that it checks. */

import { Database } from 'bun:sqlite';
import type { Question } from '../../../src/server/usage/engine/question.ts';

/** A job as the test makes it. Times are seconds since 1970. */
export type TestJob = {
  readonly cluster: string;
  readonly id: string;
  readonly submit: number;
  readonly start: number | null;
  readonly end: number | null;
  readonly cpuHours: number;
  readonly gpuHours: number;
  readonly cpus: number;
  readonly nodes: number;
  readonly nodeNames: readonly string[];
  readonly partition: string;
  readonly account: string;
  readonly user: string;
  readonly qos: string | null;
  readonly state: string;
};

/** What was measured of a job on a node. Times are seconds since 1970. */
export type TestSample = {
  readonly cluster: string;
  /** The id of the job without the server that a PBS job has after a dot, and without the number of the run. */
  readonly id: string;
  readonly node: string;
  readonly from: number;
  readonly to: number;
  readonly isCounted: boolean;
  /** CPU seconds by path. The name of a software is the last part, and `ignored` is left out. */
  readonly programs: Readonly<Record<string, number>>;
};

/** The local days of a zone: the date, and when it begins and ends. They are found hour by hour. */
export function localDays(timeZone: string, from: number, until: number) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone });
  const days: { date: string; begin: number; until: number }[] = [];
  for (let hour = Math.floor(from / 3600) * 3600; hour < until; hour += 3600) {
    const date = format.format(new Date(hour * 1000));
    const last = days.at(-1);
    if (last?.date === date) last.until = hour + 3600;
    else days.push({ date, begin: hour, until: hour + 3600 });
  }
  return days;
}

type Values = { jobs: number; users: number; cpu_hours: number; gpu_hours: number; node_hours: number };
type Row = Values & { label: string | null; period: string };

/** The groups whose jobs are counted together; `*` for all. */
export type Labels = readonly (string | null)[] | '*';

/** The sums of a question by groups and period, and in total. Totals have the groups or the period `*`. */
export type OracleAnswer = {
  sums(labels: Labels, period: string): Values;
  /** The efficiency in percent, and the jobs that it is of. */
  efficiency(labels: Labels, period: string): { jobs: number; percent: number | null };
  labels(): (string | null)[];
  /** The sorted seconds of the jobs of some groups and a period. */
  times(kind: 'wait' | 'duration', labels: Labels, period: string): number[];
  close(): void;
};

/** @param periodOf the period of a date; the same for all dates if the question has none */
export function askOracle(
  jobs: readonly TestJob[],
  samples: readonly TestSample[],
  zones: Readonly<Record<string, string>>,
  question: Question & { readonly from: string; readonly to: string },
  periodOf: (date: string) => string,
): OracleAnswer {
  const database = new Database(':memory:');
  database.run(`CREATE TABLE job (cluster, id, submit, start, stop, cpu, gpu, node, cpus, nodes, partition, account, user, qos,
    state, separator)`);
  database.run('CREATE TABLE day (cluster, date, start, stop, period)');
  database.run('CREATE TABLE job_node (job, name, weight)');
  const times = jobs.flatMap(({ submit, start, end }) => [submit, start ?? submit, end ?? submit]);
  const [first, last] = [Math.min(...times) - 200_000, Math.max(...times) + 200_000];
  for (const [cluster, zone] of Object.entries(zones)) {
    for (const { date, begin, until } of localDays(zone, first, last)) {
      database.run('INSERT INTO day VALUES (?, ?, ?, ?, ?)', [cluster, date, begin, until, periodOf(date)]);
    }
  }
  for (const job of jobs) {
    const duration = job.start !== null && job.end !== null && job.end >= job.start ? job.end - job.start : 0;
    const { lastInsertRowid } = database.run(
      'INSERT INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      [
        ...[job.cluster, job.id, job.submit, job.start, job.end, job.cpuHours, job.gpuHours],
        ...[
          (job.nodes * duration) / 3600,
          job.cpus,
          job.nodes,
          job.partition,
          job.account,
          job.user,
          job.qos,
          job.state,
          '-',
        ],
      ],
    );
    const names = job.nodeNames.length === 0 ? [null] : job.nodeNames;
    for (const name of names) {
      database.run('INSERT INTO job_node VALUES (?, ?, ?)', [lastInsertRowid, name, 1 / names.length]);
    }
  }
  database.run('CREATE TABLE sample (cluster, id, node, start, stop, counted, programs)');
  for (const { cluster, id, node, from, to, isCounted, programs } of samples) {
    const values = [cluster, id, node, from, to, isCounted ? 1 : 0, JSON.stringify(programs)];
    database.run('INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?)', values);
  }
  database.run(measuredTables);
  database.run(placedOn(question.axis));
  const wanted = (values: readonly string[] | null) => (values === null ? null : JSON.stringify(values));
  database
    .query(
      `CREATE TEMP TABLE entry AS SELECT placed.job, placed.date, placed.share * ${question.by === 'software' ? 'coalesce(job_software.share, 1)' : '1'} AS share,
         placed.counts, day.period, measured.used, measured.available,
         job_node.name AS node, ${question.by === 'node' || question.nodes !== null ? 'job_node.weight' : '1.0'} AS weight,
         ${labelOf(question)} AS label, job.*
       FROM placed JOIN job ON job.rowid = placed.job
         JOIN day ON day.cluster = job.cluster AND day.date = placed.date
         ${question.by === 'node' || question.nodes !== null ? '' : 'LEFT'} JOIN job_node ON job_node.job = placed.job
           ${question.by === 'node' || question.nodes !== null ? '' : 'AND 0'}
         LEFT JOIN measured ON measured.job = placed.job
         LEFT JOIN job_software ON job_software.job = placed.job ${question.by === 'software' ? '' : 'AND 0'}
       WHERE placed.date BETWEEN ?1 AND ?2
         AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(?3) WHERE value = partition
           OR ',' || partition || ',' LIKE '%,' || value || ',%'))
         AND (?4 IS NULL OR account IN (SELECT value FROM json_each(?4)))
         AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(?5) WHERE value = account OR account LIKE value || '-%'))
         AND (?6 IS NULL OR user IN (SELECT value FROM json_each(?6)))
         AND (?7 IS NULL OR qos IN (SELECT value FROM json_each(?7)))
         AND (?8 IS NULL OR state IN (SELECT value FROM json_each(?8)))
         AND (?9 IS NULL OR job_node.name IN (SELECT value FROM json_each(?9)))
         AND (?10 IS NULL OR ${sizeClass} IN (SELECT value FROM json_each(?10)))
         AND (?11 IS NULL OR placed.job IN (SELECT job FROM job_software WHERE name IN (SELECT value FROM json_each(?11))))`,
    )
    .run(
      question.from,
      question.to,
      wanted(question.filter.partition),
      wanted(question.filter.account),
      wanted(question.filter.accountsBelow),
      wanted(question.filter.user),
      wanted(question.filter.qos),
      wanted(question.filter.state),
      wanted(question.nodes),
      wanted(question.sizes),
      wanted(question.software),
    );
  const scope =
    "WHERE (?1 = '*' OR EXISTS (SELECT 1 FROM json_each(?1) WHERE value IS label)) AND (?2 = '*' OR period = ?2)";
  const parts = (labels: Labels, period: string) => [labels === '*' ? labels : JSON.stringify(labels), period] as const;
  return {
    sums(labels, period) {
      // A job that has several entries counts once, with its weight on each node.
      const row = database
        .query<Row, string[]>(
          `SELECT (SELECT coalesce(sum(weight), 0) FROM (SELECT DISTINCT job, node, weight FROM entry ${scope} AND counts)) AS jobs,
             count(DISTINCT user) AS users, coalesce(sum(cpu * share * weight), 0) AS cpu_hours,
             coalesce(sum(gpu * share * weight), 0) AS gpu_hours, coalesce(sum(entry."node:1" * share * weight), 0) AS node_hours
           FROM entry ${scope}`,
        )
        .get(...parts(labels, period));
      return row ?? { jobs: 0, users: 0, cpu_hours: 0, gpu_hours: 0, node_hours: 0 };
    },
    efficiency(labels, period) {
      const row = database
        .query<{ jobs: number; percent: number | null }, string[]>(
          `SELECT (SELECT coalesce(sum(weight), 0) FROM
               (SELECT DISTINCT job, node, weight FROM entry ${scope} AND available > 0)) AS jobs,
             100.0 * sum(used * share * weight) / sum(available * share * weight) AS percent
           FROM entry ${scope} AND available > 0`,
        )
        .get(...parts(labels, period));
      return row ?? { jobs: 0, percent: null };
    },
    labels: () =>
      database
        .query<{ label: string | null }, []>('SELECT DISTINCT label FROM entry')
        .all()
        .map(({ label }) => label),
    times(kind, labels, period) {
      const [from, to] = kind === 'wait' ? ['submit', 'start'] : ['start', 'stop'];
      return database
        .query<{ seconds: number }, string[]>(
          `SELECT DISTINCT job, ${to} - ${from} AS seconds FROM entry ${scope} AND counts AND ${from} <= ${to} ORDER BY seconds`,
        )
        .all(...parts(labels, period))
        .map(({ seconds }) => seconds);
    },
    close: () => database.close(),
  };
}

/**
 * The software of each job with its share of the CPU time, and for the jobs with a control group that counted the time of
 * all programs, that time and the number of nodes. A sample is of the run with its times, give or take a minute.
 */
const measuredTables = `
  CREATE TABLE of_job AS SELECT job.rowid AS job, sample.* FROM job JOIN sample ON sample.cluster = job.cluster
    AND sample.id = substr(job.id || '.', 1, instr(replace(job.id, '/', '.') || '.', '.') - 1)
    AND sample.start <= job.stop + 60 AND sample.stop >= job.start - 60;
  CREATE TABLE program AS SELECT job, key, replace(replace(key, '/bin/', ''), '/opt/x/', '') AS name, value AS seconds
    FROM of_job, json_each(of_job.programs);
  CREATE TABLE measured AS SELECT job.rowid AS job, job.cpus * (job.stop - job.start) AS available,
      (SELECT coalesce(sum(seconds), 0) FROM program WHERE program.job = job.rowid) AS used
    FROM job WHERE job.cpus * (job.stop - job.start) > 0
      AND (SELECT sum(counted) FROM of_job WHERE of_job.job = job.rowid) >= max(1, job.nodes);
  CREATE TABLE job_software AS SELECT job, name, CASE
      WHEN (SELECT sum(seconds) FROM program p WHERE p.job = program.job AND p.name <> 'ignored') > 0
      THEN sum(seconds) * 1.0 / (SELECT sum(seconds) FROM program p WHERE p.job = program.job AND p.name <> 'ignored')
      ELSE count(DISTINCT key) * 1.0 / (SELECT count(*) FROM (SELECT DISTINCT key FROM program p
        WHERE p.job = program.job AND p.name <> 'ignored')) END AS share
    FROM program WHERE name <> 'ignored' GROUP BY job, name;
`;

const sizeClass = `CASE WHEN cpus = 0 THEN '0' WHEN cpus = 1 THEN '1' WHEN cpus <= 8 THEN '2-8' WHEN cpus <= 32 THEN '9-32'
  WHEN cpus <= 128 THEN '33-128' WHEN cpus <= 512 THEN '129-512' WHEN cpus <= 2048 THEN '513-2048' ELSE '2049+' END`;

/** Returns the statement that makes the days of each job, with the share of its usage, and whether the job counts. */
function placedOn(axis: Question['axis']): string {
  const dayOf = (time: string) =>
    `SELECT job.rowid AS job, day.date, 1.0 AS share, 1 AS counts FROM job
       JOIN day ON day.cluster = job.cluster AND ${time} >= day.start AND ${time} < day.stop`;
  if (axis === 'submitted') return `CREATE TABLE placed AS ${dayOf('job.submit')}`;
  if (axis === 'started') return `CREATE TABLE placed AS ${dayOf('job.start')}`;
  if (axis === 'ended') return `CREATE TABLE placed AS ${dayOf('job.stop')}`;
  return `CREATE TABLE placed AS
    SELECT job.rowid AS job, day.date, 1 AS counts,
      (min(job.stop, day.stop) - max(job.start, day.start)) * 1.0 / (job.stop - job.start) AS share
    FROM job JOIN day ON day.cluster = job.cluster AND job.start < day.stop AND job.stop > day.start
    WHERE job.stop > job.start
    UNION ALL
    SELECT job.rowid, day.date, 1, 1.0
    FROM job JOIN day ON day.cluster = job.cluster AND job.start >= day.start AND job.start < day.stop
    WHERE job.stop = job.start
    UNION ALL
    SELECT job.rowid, day.date, 0, 1.0
    FROM job JOIN day ON day.cluster = job.cluster
      AND coalesce(job.stop, job.start, job.submit) >= day.start AND coalesce(job.stop, job.start, job.submit) < day.stop
    WHERE (job.start IS NULL OR job.stop IS NULL OR job.stop < job.start) AND (job.cpu <> 0 OR job.gpu <> 0)`;
}

function labelOf({ by, levels }: Question): string {
  if (by === null) return "''";
  if (by === 'size') return sizeClass;
  if (by === 'node') return 'job_node.name';
  if (by === 'software') return 'job_software.name';
  if (by === 'account' && levels === 2) {
    return `CASE WHEN account LIKE '%-%-%' THEN substr(account, 1, instr(account, '-') +
      instr(substr(account, instr(account, '-') + 1), '-') - 1) ELSE account END`;
  }
  if (by === 'account' && levels === 1) {
    return "CASE instr(account, '-') WHEN 0 THEN account ELSE substr(account, 1, instr(account, '-') - 1) END";
  }
  return `job.${by}`;
}
