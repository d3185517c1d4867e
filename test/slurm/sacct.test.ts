import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { separator } from '../../src/slurm/rows.ts';
import { sacctCommand, sacctFields } from '../../src/slurm/sacct.ts';
import { captured, type Fields, november20, readSacct, sacctLine, seconds, stepLine } from '../support/sacct.ts';

async function jobOf(fields: Fields) {
  const { jobs, count } = await readSacct(sacctLine(fields));
  return jobs[0] ?? count.damaged.first[0]?.problem ?? 'no finished job';
}

test('every user and every run is asked for, in seconds since 1970 and without free text', () => {
  expect(sacctCommand(november20)).toEqual([
    'env',
    'TZ=UTC',
    'SLURM_TIME_FORMAT=%s',
    'SLURM_BITSTR_LEN=0',
    'sacct',
    '--local',
    '--allusers',
    '--duplicates',
    '--parsable2',
    '--noheader',
    '--delimiter=\u001f',
    '--state=BF,CA,CD,DL,F,NF,OOM,PR,RQ,RS,RV,TO',
    '--starttime=2026-11-20T00:00:00',
    '--endtime=2026-11-21T00:00:00',
    `--format=${sacctFields.join(',')}`,
  ]);
  expect(sacctFields).not.toContain('JobName');
  expect(sacctFields).not.toContain('Comment');
});

test('the output of a real sacct is read', async () => {
  const { jobs, count } = await readSacct(captured.text, captured.window);
  expect({ rows: count.rows, damaged: count.damaged.count, cutOff: count.isCutOff }).toEqual({
    rows: 83,
    damaged: 0,
    cutOff: false,
  });
  const shown = (id: string) =>
    jobs
      .filter((job) => job.id === id)
      .map(({ state, elapsed, cpus, gpus, nodes, nodeList }) => ({ state, elapsed, cpus, gpus, nodes, nodeList }));
  const one = { elapsed: 0, cpus: 1, gpus: 0, nodes: 1, nodeList: 'c003' };
  expect(shown('3')).toEqual([{ ...one, state: 'FAILED' }]);
  expect(shown('6')).toEqual([{ ...one, state: 'TIMEOUT', elapsed: 67, nodeList: 'c001' }]);
  expect(shown('7')).toEqual([{ ...one, state: 'COMPLETED', elapsed: 2, cpus: 3, nodes: 3, nodeList: 'c[001-003]' }]);
  // Slurm says FAILED; its step tells.
  expect(shown('16')).toEqual([{ ...one, state: 'OUT_OF_MEMORY' }]);
  expect(shown('17')).toEqual([{ ...one, state: 'CANCELLED', elapsed: 6, nodeList: 'c001' }]);
  expect(shown('12')).toEqual([{ state: 'CANCELLED', elapsed: 0, cpus: 0, gpus: 0, nodes: 0, nodeList: null }]);
  // Two types of GPUs.
  expect(shown('38')).toEqual([{ ...one, state: 'CANCELLED', elapsed: 111, gpus: 2, nodeList: 'g03' }]);
  // Both runs of a requeued job.
  expect(shown('13').map(({ state, elapsed }) => [state, elapsed])).toEqual([
    ['REQUEUED', 6],
    ['COMPLETED', 20],
  ]);
  expect(jobs.filter(({ id }) => /^5_|^14\+/.test(id)).map(({ id, rawId }) => [id, rawId])).toEqual([
    ['14+0', 14],
    ['14+1', 15],
    ['5_1', 18],
    ['5_2', 19],
    ['5_3', 20],
    ['5_4', 21],
    ['5_5', 5],
  ]);
  // What waited until the end of the window and ended behind it is left for later.
  expect(jobs.map(({ id }) => id)).not.toContain('31');
});

test('the CPU time is what sacct itself adds up, job by job', async () => {
  const { jobs } = await readSacct(captured.text, captured.window);
  const ours = jobs.map((job) => [job.rawId, job.submitted, job.elapsed * job.cpus].join('|'));
  const theirs = captured.cpuTime
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|'))
    // What still runs has no number here.
    .filter(([, , end]) => Number(end) * 1000 < captured.window.to.getTime())
    .map(([id, submit, , cpuSeconds]) => [id, submit, cpuSeconds].join('|'));
  expect(theirs.length).toBeGreaterThan(30);
  expect(ours.sort()).toEqual(theirs.sort());
});

test('each window has the jobs that ended in it, and every job is in one', async () => {
  const whole = await readSacct(captured.text, captured.window);
  const parts = [];
  for (let minute = 0; minute < 30; minute++) {
    const at = (n: number) => new Date(captured.window.from.getTime() + n * 60_000);
    parts.push(...(await readSacct(captured.text, { from: at(minute), to: at(minute + 1) })).jobs);
  }
  const byKey = (jobs: typeof whole.jobs) => jobs.map(({ rawId, submitted }) => `${rawId} ${submitted}`).sort();
  expect(byKey(parts)).toEqual(byKey(whole.jobs));
});

test.each([
  ['its very beginning', 'End', '2026-11-20T00:00:00Z', true],
  ['its last second', 'End', '2026-11-20T23:59:59Z', true],
  ['its end', 'End', '2026-11-21T00:00:00Z', false],
  ['before', 'End', '2026-11-19T23:59:59Z', false],
])('a job that ended at %s', async (_, name, moment, isIn) => {
  const { jobs } = await readSacct(sacctLine({ Start: seconds('2026-11-19T23:30:00Z'), [name]: seconds(moment) }));
  expect(jobs.length === 1).toBe(isIn);
});

test.each<[string, Fields, object]>([
  ['CANCELLED by 1000', { State: 'CANCELLED by 1000' }, { state: 'CANCELLED' }],
  [
    'cancelled before it started',
    { Start: 'None', ElapsedRaw: '0', NodeList: 'None assigned', AllocTRES: '' },
    { started: null, elapsed: 0, nodes: 0, nodeList: null, cpus: 0 },
  ],
  ['Start is Unknown', { Start: 'Unknown' }, { started: null, elapsed: 0 }],
  ['Start is empty', { Start: '' }, { started: null }],
  [
    'a planned start that never came',
    { Start: seconds('2026-12-01T00:00:00Z'), ElapsedRaw: '-1' },
    { started: null, elapsed: 0, doubt: null },
  ],
  [
    'no nodes, no resources, and its end as its start',
    { Start: seconds('2026-11-20T01:00:00Z'), ElapsedRaw: '0', NodeList: 'None assigned', AllocTRES: '' },
    { started: null, elapsed: 0, nodes: 0, doubt: null },
  ],
  [
    'no nodes, and the resources of an earlier run',
    { Start: seconds('2026-11-20T01:00:00Z'), ElapsedRaw: '0', NodeList: 'None assigned' },
    { started: null, elapsed: 0, nodes: 0, cpus: 2, doubt: null },
  ],
  [
    'an ElapsedRaw that is longer than the time from its start to its end',
    { ElapsedRaw: '3601' },
    {
      elapsed: 3601,
      doubt: 'its ElapsedRaw is 3601 s, but it ended 3600 s after its start: its hours are calculated from ElapsedRaw',
    },
  ],
  ['no ElapsedRaw', { ElapsedRaw: '' }, { elapsed: 3600, doubt: null }],
  ['a negative one', { ElapsedRaw: '-5' }, { elapsed: 0, doubt: expect.stringContaining("'-5'") }],
  [
    'no words',
    { User: '', Account: '(null)', Partition: 'Unknown', QOS: 'Unknown' },
    { user: 'unknown', account: 'unknown', partition: 'unknown', qos: null },
  ],
  ['two ranges of nodes', { NodeList: 'c[001-004,007],g01' }, { nodes: 6 }],
  [
    'brackets in brackets',
    { NodeList: 'c[1-[2-3]]', AllocTRES: 'cpu=4,node=3' },
    { nodes: 3, nodeList: 'c[1-[2-3]]', doubt: expect.stringContaining('NodeList') },
  ],
  ['typed GPUs beside their sum', { AllocTRES: 'cpu=1,gres/gpu:a100=1,gres/gpu:v100=1,gres/gpu=2' }, { gpus: 2 }],
  ['control characters in a name', { Account: 'a\u001b[31m|b' }, { account: 'a\u001b[31m|b' }],
])('a job with %s', async (_, fields, expected) => {
  expect(await jobOf(fields)).toMatchObject(expected);
});

test.each<[string, Fields]>([
  ["its End 'soon' is not a time", { End: 'soon' }],
  ["its Start '-1' is not a time", { Start: '-1' }],
  ["its Submit 'Unknown' is not a time", { Submit: 'Unknown' }],
  ["its JobIDRaw 'x' is not a number", { JobIDRaw: 'x' }],
  ["its JobIDRaw '99999999999' is not a number", { JobIDRaw: '99999999999' }],
  ['has no State', { State: '' }],
  ["its AllocTRES 'cpu=many' cannot be read", { AllocTRES: 'cpu=many' }],
  ['has 14 fields instead of 13', { QOS: `a${separator}b` }],
])('a record that cannot be read: %s', async (problem, fields) => {
  expect(await jobOf(fields)).toBe(problem);
});

test('the record of a job that has just ended is not complete until it has a partition', async () => {
  const line = sacctLine({ Partition: '', QOS: 'Unknown' });
  const ended = Date.parse('2026-11-20T01:00:00Z');
  const readAfter = async (wait: number) => (await readSacct(line, november20, new Date(ended + wait * 1000))).jobs;
  expect(await readAfter(5)).toEqual([]);
  expect(await readAfter(599)).toEqual([]);
  // Slurm lost it.
  expect(await readAfter(601)).toMatchObject([{ partition: 'unknown', qos: null }]);
});

test.each(['RUNNING', 'PENDING', 'SUSPENDED'])('a job that is %s is not finished', async (State) => {
  expect(await jobOf({ State })).toBe('no finished job');
});

test('the tasks of an array that never ran are one job, and no step, although their list may have dots', async () => {
  const JobID = '118_[16,19,22,25,...]';
  const { jobs } = await readSacct(sacctLine({ JobID, JobIDRaw: '118', State: 'CANCELLED by 1000', Start: 'None' }));
  expect(jobs).toMatchObject([{ id: JobID, rawId: 118, state: 'CANCELLED' }]);
});

test('the largest number of a job has 32 bits', async () => {
  expect(await jobOf({ JobID: '4294967295', JobIDRaw: '4294967295' })).toMatchObject({ rawId: 4294967295 });
  expect(await jobOf({ JobID: '4294967296', JobIDRaw: '4294967296' })).toBe(
    "its JobIDRaw '4294967296' is not a number",
  );
});

test('an unreadable record is skipped alone, and reported with its position', async () => {
  const before = sacctLine({ JobIDRaw: '1' }) + stepLine({ JobIDRaw: '1' });
  const broken = `${['2', '2', 'cut'].join(separator)}\n`;
  const { jobs, count } = await readSacct(before + broken + stepLine({ JobIDRaw: '2' }) + sacctLine({ JobIDRaw: '3' }));
  expect(jobs.map(({ id }) => id)).toEqual(['1', '3']);
  expect(count.damaged.first).toEqual([{ record: null, byte: before.length, problem: 'has 3 fields instead of 13' }]);
});

test('a name with a line break loses only its own job', async () => {
  const { jobs, count } = await readSacct(sacctLine({ Account: 'two\nlines' }) + sacctLine({ JobIDRaw: '8' }));
  expect(jobs.map(({ id }) => id)).toEqual(['8']);
  expect(count.damaged.count).toBe(2);
});

test('a step that ran out of memory belongs to its own run only', async () => {
  const failed = { State: 'FAILED' };
  const text = [
    sacctLine({ ...failed, Submit: '1763000000' }),
    stepLine({ State: 'OUT_OF_MEMORY' }),
    sacctLine({ ...failed, Submit: '1763000100' }),
    stepLine(failed),
    sacctLine({ JobIDRaw: '8' }),
    stepLine({ JobIDRaw: '8', State: 'OUT_OF_MEMORY' }),
    sacctLine({ JobIDRaw: '9', ...failed }),
    // Of a job whose own line is missing.
    stepLine({ JobIDRaw: '10', State: 'OUT_OF_MEMORY' }),
  ].join('');
  const { jobs } = await readSacct(text);
  expect(jobs.map(({ state }) => state)).toEqual(['OUT_OF_MEMORY', 'FAILED', 'COMPLETED', 'FAILED']);
});

test('jobs with names that are not UTF-8 are counted', async () => {
  const bytes = Buffer.from(sacctLine({ Account: 'phys\u00efcs' }), 'latin1');
  const { jobs } = await readSacct(bytes);
  expect(jobs.map(({ account }) => account)).toEqual(['phys\ufffdcs']);
});

test('an output without a final line break is reported as cut off', async () => {
  const { jobs, count } = await readSacct(sacctLine() + sacctLine({ JobIDRaw: '8' }).slice(0, -1));
  expect([jobs.length, count.isCutOff]).toEqual([1, true]);
});

test('a line without an end is not kept in memory', async () => {
  function* endless(): Generator<Uint8Array> {
    yield Buffer.from(sacctLine());
    for (let n = 0; n < 64; n++) yield Buffer.alloc(1024 * 1024, 'x');
    yield Buffer.from(`\n${sacctLine({ JobIDRaw: '8' })}`);
  }
  const { jobs, count } = await readSacct({ [Symbol.iterator]: endless });
  expect(jobs.map(({ id }) => id)).toEqual(['7', '8']);
  expect(count.damaged.first.map(({ problem }) => problem)).toEqual(['is too long']);
});

test('for any chunk boundaries the same jobs are read', async () => {
  const bytes = Buffer.from(captured.text);
  const whole = await readSacct(bytes, captured.window);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(await readSacct(chunks, captured.window)).toEqual(whole);
    }),
  );
});

test('no output breaks the parser: a job is read whole, or counted as damaged', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  const noise = fc.oneof(
    text,
    fc.constantFrom('None', 'Unknown', '', '-1', '1e99', '99999999999', 'c[1-[2]]', separator),
  );
  const line = fc
    .record(Object.fromEntries(sacctFields.map((name) => [name, noise])), { requiredKeys: [] })
    .map((fields) => sacctLine(fields));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(line, text), { maxLength: 20 }), async (lines) => {
      const { jobs, count } = await readSacct(`${lines.join('')}\n`);
      expect(jobs.length).toBe(count.jobs);
      expect(count.jobs + count.damaged.count).toBeLessThanOrEqual(count.rows);
      for (const job of jobs) {
        for (const number of [job.elapsed, job.cpus, job.gpus, job.nodes])
          expect(Number.isFinite(number) && number >= 0).toBe(true);
        if (job.started !== null) expect(job.started).toBeLessThanOrEqual(job.ended);
      }
    }),
  );
});

test('only jobs with impossible values are counted as doubtful, and the first is named', async () => {
  const lines = [
    sacctLine({ JobIDRaw: '1' }),
    sacctLine({ JobIDRaw: '2', ElapsedRaw: '3601' }),
    sacctLine({ JobIDRaw: '3' }),
  ];
  const { jobs, count } = await readSacct(lines.join(''));
  expect(jobs).toHaveLength(3);
  expect(count.doubtful.count).toBe(1);
  expect(count.doubtful.first).toEqual([
    { record: '2', byte: lines[0]?.length ?? 0, problem: expect.stringContaining('its ElapsedRaw is 3601 s') },
  ]);
});
