import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { tasksOf } from '../../src/slurm/jobs.ts';
import { damagedIn, jobLine, jobsIn } from '../support/slurm-output.ts';

/** The one job of a line. */
async function jobOf(values: Parameters<typeof jobLine>[0]) {
  const result = await jobsIn(jobLine(values));
  expect(damagedIn(result)).toBe(0);
  return result.given[0];
}

test('a running job has its user, account, partition, nodes, CPUs and GPUs', async () => {
  expect(
    await jobOf({
      JobArrayID: '38',
      UserName: 'carol',
      Account: 'gpuproj',
      Partition: 'gpu',
      NumNodes: '2',
      'tres-alloc': 'cpu=8,mem=800M,node=2,billing=8,gres/gpu=6,gres/gpu:a100=6',
      NodeList: 'g[01-02]',
    }),
  ).toEqual({
    id: '38',
    user: 'carol',
    project: 'gpuproj',
    queues: ['gpu'],
    running: 1,
    pending: 0,
    held: 0,
    cores: 8,
    gpus: 6,
    hosts: ['g01', 'g02'],
  });
});

test('a job without a number of CPUs has none', async () => {
  expect((await jobOf({ 'tres-alloc': '', NumCPUs: '' }))?.cores).toBe(0);
});

test('a job that waits again has no nodes, although squeue prints those of its last run', async () => {
  expect((await jobOf({ State: 'PENDING', RestartCnt: '1', NodeList: 'c[001-003]' }))?.hosts).toEqual([]);
});

test('a damaged line is reported with at most 100 characters of its first field', async () => {
  const { probed } = await jobsIn(`${'7'.repeat(150)}\n${jobLine({})}`);
  expect(probed).toMatchObject({ damaged: { count: 1, first: [{ record: '7'.repeat(100), byte: 0 }] } });
});

describe('a job counts', () => {
  test.each([
    ['RUNNING', '100', [1, 0, 0]],
    ['CONFIGURING', '100', [1, 0, 0]],
    ['RESIZING', '100', [1, 0, 0]],
    ['SIGNALING', '100', [1, 0, 0]],
    ['PENDING', '100', [0, 1, 0]],
    ['PENDING', '0', [0, 0, 1]],
    ['EXPEDITING', '100', [0, 1, 0]],
    ['EXPEDITING', '0', [0, 0, 1]],
    ['REQUEUE_HOLD', '100', [0, 0, 1]],
    ['SPECIAL_EXIT', '0', [0, 0, 1]],
    ['RESV_DEL_HOLD', '0', [0, 0, 1]],
    ['RUNNING', '0', [1, 0, 0]],
    ['COMPLETING', '100', [0, 0, 0]],
    ['SUSPENDED', '100', [0, 0, 0]],
    ['STOPPED', '100', [0, 0, 0]],
    ['REQUEUED', '100', [0, 0, 0]],
    ['STAGE_OUT', '100', [0, 0, 0]],
    ['A_STATE_OF_TOMORROW', '100', [0, 0, 0]],
  ])('in state %s with priority %s as running, pending, held: %j', async (State, PriorityLong, counts) => {
    const job = await jobOf({ State, PriorityLong });
    expect([job?.running, job?.pending, job?.held]).toEqual(counts);
  });
});

describe('the tasks of an array', () => {
  test.each([
    ['24_[1,3,5-9]', 7],
    ['35_[3-20%2]', 18],
    ['35_[7%2]', 1],
    ['24_[0-18:2]', 10],
    ['24_[1-4,10-20:5%3]', 7],
    ['35_1', 1],
    ['44+1', 1],
    ['7', 1],
  ])('%s are %d', (id, count) => {
    expect(tasksOf(id)).toBe(count);
  });

  test.each([
    '24_[1,3,5...]',
    '24_[1,3,5,...]',
    '24_[1,3',
    '24_[]',
    '24_[5-1]',
    '24_[1-5:0]',
    '24_[a]',
    '24_[0-999999999,0-999999999]',
  ])('of %s cannot be known', (id) => {
    expect(tasksOf(id)).toBeNull();
  });

  test('are as many as were listed', () => {
    const range = fc.tuple(fc.nat(1000), fc.nat(50)).map(([from, more]) => ({ from, to: from + more }));
    fc.assert(
      fc.property(
        fc.array(range, { minLength: 1, maxLength: 20 }),
        fc.option(fc.integer({ min: 1, max: 99 })),
        (ranges, limit) => {
          const list = ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(',');
          const count = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
          expect(tasksOf(`9_[${list}${limit === null ? '' : `%${limit}`}]`)).toBe(count);
        },
      ),
    );
  });

  test('that wait or are held count each, with what one of them asks for', async () => {
    const ids = {
      JobArrayID: '24_[1-10%2]',
      State: 'PENDING',
      'tres-alloc': 'cpu=4,mem=1G,node=1,billing=4,gres/gpu=2',
    };
    expect(await jobOf(ids)).toMatchObject({ pending: 10, held: 0, cores: 4, gpus: 2 });
    expect(await jobOf({ ...ids, PriorityLong: '0' })).toMatchObject({ pending: 0, held: 10 });
  });
});

test('a job that waits for either of two partitions is in both', async () => {
  expect(await jobOf({ State: 'PENDING', Partition: 'debug,compute' })).toMatchObject({ queues: ['debug', 'compute'] });
});

test.each(['', '(null)', 'N/A'])('an account of %j is none', async (Account) => {
  expect(await jobOf({ Account })).toMatchObject({ project: null });
});

describe('where the site does not account for GPUs, they are those asked for', () => {
  const bare = { 'tres-alloc': 'cpu=4,mem=1G,node=2,billing=4', NumNodes: '2', NumTasks: '3' };
  test.each([
    ['per job', { 'tres-per-job': 'gres:gpu:9' }, 9],
    ['per node', { 'tres-per-node': 'gres:gpu:v100:1,gres:gpu:a100:2' }, 6],
    ['per node, as later versions print it', { 'tres-per-node': 'gres/gpu:2' }, 4],
    ['per socket', { 'tres-per-socket': 'gres/gpu:1', Sockets: '2' }, 4],
    ['per socket, of any number of them', { 'tres-per-socket': 'gres:gpu:3' }, 6],
    ['per task', { 'tres-per-task': 'cpu=2,gres/gpu=2' }, 6],
    ['not at all', {}, 0],
  ])('%s', async (_, asked, gpus) => {
    expect(await jobOf({ ...bare, ...asked })).toMatchObject({ gpus });
  });

  test('and CPUs are those of the job where no resources are tracked', async () => {
    expect(await jobOf({ 'tres-alloc': '', NumCPUs: '12' })).toMatchObject({ cores: 12 });
  });
});

describe('a job that waits again after its node failed asks for what it asked for before', () => {
  const lastRun = {
    State: 'PENDING',
    RestartCnt: '1',
    NumCPUs: '1',
    'tres-alloc': 'cpu=2,mem=400M,node=1,billing=2,gres/gpu=4',
    'tres-per-node': 'gres/gpu:1',
  };
  test.each([
    ['pending', lastRun],
    ['held', { ...lastRun, PriorityLong: '0' }],
    ['held', { ...lastRun, State: 'REQUEUE_HOLD' }],
  ])('%s', async (place, values) => {
    expect(await jobOf(values)).toMatchObject({ [place]: 1, cores: 1, gpus: 1 });
  });

  test('and has what it got once it runs', async () => {
    expect(await jobOf({ ...lastRun, State: 'RUNNING', NodeList: 'c001' })).toMatchObject({ cores: 2, gpus: 4 });
  });
});

/** A job that asks for a GPU per node on a site that does not account for GPUs. */
const asking = { 'tres-alloc': 'cpu=4,mem=1G,node=2,billing=4', 'tres-per-node': 'gres:gpu:1' };

test.each([
  ['no user', { UserName: '' }, 'has no user'],
  ['no partition', { Partition: '' }, 'has no partition'],
  ['no state', { State: '' }, 'has no state'],
  [
    'an abbreviated list of tasks',
    { JobArrayID: '9_[1,3...]', State: 'PENDING' },
    'has a list of tasks that cannot be read',
  ],
  ['nodes that are none', { NodeList: 'c[1-' }, 'has a list of nodes that cannot be read'],
  ['CPUs that are none', { 'tres-alloc': 'cpu=x' }, 'has no count of CPUs'],
  ['GPUs that are none', { 'tres-per-node': 'gres:gpu:a100:2x' }, 'has no count of GPUs'],
  ['GPUs per node, and nodes that are none', { ...asking, NumNodes: 'x' }, 'has no count of GPUs'],
  ['GPUs per node, and tasks that are none', { ...asking, NumTasks: 'x' }, 'has no count of GPUs'],
  ['GPUs per node, and sockets that are none', { ...asking, Sockets: 'x' }, 'has no count of GPUs'],
])('a line with %s costs itself only', async (_, values, problem) => {
  const [first, last] = [jobLine({ JobArrayID: '1' }), jobLine({ JobArrayID: '3' })];
  const result = await jobsIn([first, jobLine(values), last].map((line) => Buffer.from(line)));
  expect(result.given.map(({ id }) => id)).toEqual(['1', '3']);
  expect(result.probed).toMatchObject({
    kind: 'done',
    damaged: { count: 1, first: [{ byte: Buffer.byteLength(first), problem }] },
  });
});

test('lines are read for any chunk boundaries, and with other output between them', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((noise) => noise.replace(/[\n\u001f]/g, ''));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(text), { maxLength: 30 }),
      fc.integer({ min: 1, max: 100 }),
      async (lines, size) => {
        const isNoise = (line: string | null) => line !== null;
        const printed = lines.map((line, index) =>
          line === null ? jobLine({ JobArrayID: String(index) }) : `${line}\n`,
        );
        const bytes = Buffer.from(printed.join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size),
        );
        const { given, probed } = await jobsIn(chunks);
        expect(given.map(({ id }) => id)).toEqual(lines.flatMap((line, index) => (isNoise(line) ? [] : String(index))));
        const noise = lines.filter(isNoise).length;
        if (given.length > 0 || noise === 0) expect(probed).toMatchObject({ kind: 'done', damaged: { count: noise } });
        else expect(probed.kind).toBe('failed');
      },
    ),
  );
});
