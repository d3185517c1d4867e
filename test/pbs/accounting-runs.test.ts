/** How the records of a job become its runs, record by record. */

import { describe, expect, test } from 'bun:test';
import { newLogState, storedLogState } from '../../src/pbs/open-runs.ts';
import { readLog, readPart } from '../support/pbs-log.ts';
import { eight, type LogRecord, logRecord, nine, ten, textRecord } from '../support/pbs-records.ts';

const queued = logRecord({ type: 'Q' });
const started = logRecord({ type: 'S' });
const ended = logRecord();

async function read(...records: string[]) {
  const { runs, problems, state } = await readLog([records.join('')]);
  return { runs, state, problems: problems.map(({ file, ...problem }) => problem) };
}

test('a run has each of its values', async () => {
  const { runs, state, problems } = await read(queued, started, ended);
  expect(runs).toEqual([
    {
      ...{ id: '1.pbs', run: null, rawId: Bun.hash.xxHash32('1.pbs'), user: 'alice', account: 'physics' },
      ...{ partition: 'main', state: 'COMPLETED', submitted: eight, started: nine, ended: ten, qos: null },
      ...{ nodeList: 'cn01', elapsed: 3600, cpus: 4, gpus: 0, nodes: 1, charged: null, doubt: null },
    },
  ]);
  expect([state.open.size, problems]).toEqual([0, []]);
});

test('a job that runs is open, with all that its end does not repeat', async () => {
  const held = 'Resource_List.place=excl resource_assigned.ncpus=16 resource_assigned.ngpus=2';
  const deletion = textRecord('D', nine + 60, 'requestor=Scheduler@pbs');
  const { state } = await read(queued, logRecord({ type: 'S', resources: held }), deletion);
  expect(storedLogState(state)).toEqual({
    open: {
      '1.pbs': {
        job: { user: 'alice', account: 'physics', queue: 'main', submitted: eight },
        ...{ started: nine, execVnode: '(cn01:ncpus=4)', held: { cpus: 16, gpus: 2 }, deletedBy: 'scheduler' },
        ...{ phase: null, seen: nine + 60 },
      },
    },
    ...{ zone: 0, clock: nine + 60 },
  });
});

describe('an end that cannot be used is lost', () => {
  test.each([
    ['-1', 'it has no end'],
    ['4294967296', 'it has no end'],
    ['x', 'it has no end'],
  ])('end=%s', async (end, problem) => {
    const record = ended.replace(`end=${ten}`, `end=${end}`);
    expect(await read(record)).toMatchObject({
      runs: [],
      problems: [{ line: 1, id: '1.pbs', problem, isLoss: true }],
    });
  });

  test.each([0, 2 ** 32 - 1])('but not end=%d', async (end) => {
    const record = logRecord({ clock: '11/20/2026 10:00:00', start: null, end, walltime: '0' });
    expect((await read(record)).runs).toMatchObject([{ ended: end }]);
  });

  test.each([
    ['12345678901', false],
    ['-1', false],
    ['1234567890', true],
  ])('run_count=%s is used: %p', async (count, isUsed) => {
    const { runs, problems } = await read(ended.replace('run_count=1', `run_count=${count}`));
    expect(runs).toHaveLength(isUsed ? 1 : 0);
    expect(problems.map(({ problem }) => problem)).toEqual(isUsed ? [] : ['its run_count is not a number']);
  });

  test.each(['E', 'R'])('%s without a user', async (type) => {
    const problem = { line: 1, id: '1.pbs', problem: 'it has no user', isLoss: true };
    expect(await read(textRecord(type, nine, 'text'))).toMatchObject({ runs: [], problems: [problem] });
  });

  test('but records of other types without a user are nothing', async () => {
    const { runs, problems } = await read(...[...'QSUKBL'].map((type) => textRecord(type, nine, 'text')));
    expect([runs, problems]).toEqual([[], []]);
  });
});

describe('the run of a requeued job', () => {
  const requeued = logRecord({ type: 'R', exitStatus: -11, runCount: 3, end: nine + 600, walltime: '00:10:00' });

  test.each([
    [true, '1.pbs/run3', null, '1.pbs/run3'],
    [false, '1.pbs', 3, '1.pbs/run3'],
  ])('has its number in its id: %p', async (hasRunSuffix, id, run, raw) => {
    const { runs } = await readLog([queued + started + requeued], { hasRunSuffix });
    expect(runs).toMatchObject([{ id, run, rawId: Bun.hash.xxHash32(raw), state: 'REQUEUED', elapsed: 600 }]);
  });

  test('without a run_count is the first', async () => {
    expect((await read(requeued.replace(' run_count=3', ''))).runs[0]?.id).toBe('1.pbs/run1');
  });

  test('is followed by one with another start, or by a deletion while the job waits', async () => {
    const again = { start: nine + 1200, walltime: '00:40:00' };
    const { runs } = await read(queued, started, requeued, logRecord({ ...again, type: 'S' }), logRecord(again));
    expect(runs.map((run) => [run.id, run.started, run.elapsed])).toEqual([
      ['1.pbs/run3', nine, 600],
      ['1.pbs', nine + 1200, 2400],
    ]);
    const { runs: others } = await read(queued, started, requeued, textRecord('D', ten, 'requestor=alice@pbs'));
    expect(others[1]).toMatchObject({ id: '1.pbs', user: 'alice', state: 'CANCELLED', started: null, ended: ten });
  });
});

describe('who deleted a job decides its state', () => {
  const killed = logRecord({ exitStatus: 271 });

  test.each([
    ['requestor=Scheduler@pbs', 'PREEMPTED'],
    ['requestor=root@pbs', 'CANCELLED'],
  ])('%s: %s', async (text, state) => {
    expect((await read(queued, started, textRecord('D', nine + 1, text), killed)).runs).toMatchObject([{ state }]);
    expect((await read(textRecord('D', nine + 1, text), killed)).runs).toMatchObject([{ state }]);
  });

  test('an A record does not', async () => {
    const { runs } = await read(queued, started, textRecord('A', nine + 1, 'requestor=root@pbs'), killed);
    expect(runs).toMatchObject([{ state: 'FAILED' }]);
  });

  test('a job that is deleted before its clock says that it was submitted ends with its submission', async () => {
    const { runs, state } = await read(queued, textRecord('A', eight - 60, 'text'));
    expect(runs).toMatchObject([{ state: 'CANCELLED', started: null, ended: eight, elapsed: 0, cpus: 0, nodes: 0 }]);
    expect(state.open.size).toBe(0);
  });

  test('a waiting subjob has the names of its array, and the array stays open', async () => {
    const array = logRecord({ type: 'Q', id: '7[].pbs' });
    const { runs, state } = await read(array, textRecord('D', nine, 'requestor=alice@pbs', '7[12].pbs'));
    expect(runs).toMatchObject([{ id: '7[12].pbs', user: 'alice', state: 'CANCELLED', submitted: eight }]);
    expect([...state.open.keys()]).toEqual(['7[].pbs']);
  });

  test('a deletion of a job that is not known is no run', async () => {
    expect((await read(queued, textRecord('D', nine, 'x', '9.pbs'))).runs).toEqual([]);
  });

  test('a job on a dead node has what it held until then', async () => {
    const resources = 'Resource_List.place=scatter:exclhost resource_assigned.ncpus=16';
    const start = logRecord({ type: 'S', resources });
    const dead = textRecord('D', nine + 600, 'Job deleted, execution node cn01 down');
    expect((await read(queued, start, dead)).runs).toMatchObject([
      { state: 'NODE_FAIL', started: nine, ended: nine + 600, elapsed: 600, cpus: 16, gpus: 0, nodeList: 'cn01' },
    ]);
  });
});

describe('a whole array', () => {
  test('is no run, and its end closes it, but not a requeue', async () => {
    const array = { id: '7[].pbs' };
    const before = [logRecord({ ...array, type: 'Q' }), logRecord({ ...array, type: 'R' })];
    const requeued = await read(...before);
    expect([requeued.runs, requeued.state.open.size]).toEqual([[], 1]);
    const done = await read(...before, logRecord(array));
    expect([done.runs, done.problems, done.state.open.size]).toEqual([[], [], 0]);
  });
});

describe('an exclusive job', () => {
  const place = (value: string, more = '') => `Resource_List.place=${value} resource_assigned.ncpus=16${more}`;
  const runOf = async (resources: string, { hasStart = true, options = {} } = {}) => {
    const start = hasStart ? logRecord({ type: 'S', resources }) : '';
    return (await readLog([queued + start + logRecord({ resources })], options)).runs[0];
  };

  test.each([
    [place('excl'), 16, 0],
    [place('scatter:exclhost', ' resource_assigned.ngpus=2'), 16, 2],
    [place('pack:excl:group=x'), 16, 0],
    [place('free'), 4, 0],
    [place('exclusive'), 4, 0],
    ['Resource_List.place=excl', 4, 0],
  ])('with %s has %d CPUs and %d GPUs', async (resources, cpus, gpus) => {
    expect(await runOf(resources)).toMatchObject({ cpus, gpus });
  });

  const doubt =
    'it had its nodes to itself, but its S record was not read: its CPUs and GPUs are those that it requested';

  test('without a start is doubtful, unless the requested resources count', async () => {
    expect(await runOf(place('excl'), { hasStart: false })).toMatchObject({ cpus: 4, doubt });
    const requested = { exclusive: 'requested' } as const;
    expect(await runOf(place('excl'), { hasStart: false, options: requested })).toMatchObject({ cpus: 4, doubt: null });
    expect(await runOf(place('free'), { hasStart: false })).toMatchObject({ cpus: 4, doubt: null });
    expect(await runOf(place('excl'))).toMatchObject({ doubt: null });
    expect(await runOf('Resource_List.place=excl')).toMatchObject({ cpus: 4, doubt: null });
  });
});

test('a job that releases nodes is charged for each phase', async () => {
  const phase = (type: string, seconds: number, execVnode: string) =>
    logRecord({ type, clock: textRecord('', nine + seconds, '').slice(0, 19), execVnode });
  const { runs } = await read(
    queued,
    logRecord({ type: 'S', execVnode: '(cn01:ncpus=4:ngpus=1)+(cn02:ncpus=8)' }),
    phase('u', 600, '(cn01:ncpus=4:ngpus=1)+(cn02:ncpus=8)'),
    phase('c', 660, '(cn01:ncpus=4:ngpus=1)'),
    phase('u', 1000, '(cn01:ncpus=4:ngpus=1)'),
    phase('c', 1000, '(cn01:ncpus=2)'),
    ended,
  );
  expect(runs[0]?.charged).toEqual({ cpuSeconds: 600 * 12 + 340 * 4 + 2600 * 2, gpuSeconds: 600 + 340 });
});

test('only a waiting job can get another user or queue', async () => {
  const bob: LogRecord = { user: 'bob', queue: 'other', account: 'chem' };
  const changed = [logRecord({ ...bob, type: 'S' }), logRecord(bob)];
  expect((await read(queued, ...changed)).runs).toMatchObject([{ user: 'bob', partition: 'other', account: 'chem' }]);
  const { runs, problems } = await read(queued, started, logRecord({ user: 'bob' }));
  const problem = 'its user is bob, but the job is of alice';
  expect([runs, problems]).toEqual([[], [{ line: 3, id: '1.pbs', problem, isLoss: true }]]);
});

test('the end of another submission is doubtful', async () => {
  const doubt = 'its ctime is not that of the job with this id whose records were read before';
  const { runs, state } = await read(queued, started, logRecord({ ctime: eight - 60 }));
  expect(runs).toMatchObject([{ submitted: eight - 60, doubt }]);
  expect(state.open.size).toBe(1);
});

test.each(['Q', 'S'])('another submission replaces the open job with its %s record', async (type) => {
  const { state } = await read(queued, logRecord({ type, ctime: ten, start: ten }));
  expect([...state.open.values()].map(({ job }) => job?.submitted)).toEqual([ten]);
});

test('a start of 0 or less is none', async () => {
  for (const start of [0, -1])
    expect((await read(logRecord({ start }))).runs).toMatchObject([
      { started: null, elapsed: 0, cpus: 0, nodeList: null },
    ]);
  expect((await read(logRecord({ start: 1, end: 61, walltime: '60' }))).runs).toMatchObject([{ started: 1 }]);
});

test('a run without a walltime counts none up to two seconds, and then the time from its start to its end', async () => {
  const runOf = async (seconds: number) => {
    const record = logRecord({ end: nine + seconds }).replace(' resources_used.walltime=01:00:00', '');
    return (await read(record)).runs.map(({ started: start, elapsed }) => [start, elapsed]);
  };
  expect([await runOf(2), await runOf(3)]).toEqual([[[nine, 0]], [[nine, 3]]]);
});

describe('the account of a run', () => {
  test.each([
    [{ account: null, project: 'proj' }, 'proj'],
    [{ account: null, project: 'two words' }, 'two words'],
    [{ account: null }, 'unknown'],
    [{ account: ' \u0001 ', project: 'proj' }, 'proj'],
    [{ account: null, project: '\u0001' }, 'unknown'],
    [{ account: 'a', project: 'proj' }, 'a'],
  ])('of %j is %s', async (given, account) => {
    expect((await read(logRecord(given))).runs).toMatchObject([{ account }]);
    expect((await read(logRecord({ ...given, type: 'S' }), logRecord(given))).runs).toMatchObject([{ account }]);
  });

  test('changes with its job', async () => {
    const { runs } = await read(queued, logRecord({ type: 'S', account: 'chem' }), logRecord({ account: 'chem' }));
    expect(runs).toMatchObject([{ account: 'chem' }]);
    const moved = await read(queued, logRecord({ type: 'S', queue: 'long' }), logRecord({ queue: 'long' }));
    expect(moved.runs).toMatchObject([{ partition: 'long' }]);
  });
});

describe('the clock of the log', () => {
  const shifted = (record: string, hours: number) =>
    record.replace(/^\S+ \S+?;/, (text) => {
      const time = Date.parse(`${text.slice(6, 10)}-${text.slice(0, 2)}-${text.slice(3, 5)}T${text.slice(11, 19)}Z`);
      return `${textRecord('', time / 1000 + hours * 3600, '').slice(0, 19)};`;
    });
  const cancelledAt = async (hours: number, seconds = 0) => {
    const deletion = textRecord('A', nine + seconds, 'text');
    return (await read(...[queued, deletion].map((record) => shifted(record, hours)))).runs[0]?.ended;
  };

  test('is in a zone of at most 14 hours', async () => {
    expect([await cancelledAt(14), await cancelledAt(-14), await cancelledAt(5.5)]).toEqual([nine, nine, nine]);
    expect(await cancelledAt(15)).toBeUndefined();
  });

  test('shows a zone of whole minutes, though a record is written seconds later', async () => {
    const late = queued.replace(' 08:00:00;', ' 08:00:29;');
    expect((await read(late, textRecord('A', nine, 'text'))).runs).toMatchObject([{ ended: nine }]);
  });

  test.each([
    [1800, 0],
    [1801, 3600],
    [5399, 3600],
    [5400, 0],
  ])('that goes back by %d s is moved by %d s', async (back, moved) => {
    const { runs } = await read(queued, textRecord('L', ten, 'x'), textRecord('A', ten - back, 'text'));
    expect(runs).toMatchObject([{ ended: ten - back + moved }]);
  });

  test('without a record that shows the zone ends no waiting job', async () => {
    expect((await read(textRecord('A', nine, 'text'))).runs).toEqual([]);
  });
});

test('a job is forgotten after exactly 400 days without a record', async () => {
  const keptAfter = async (seconds: number) => {
    const { state } = await read(queued, textRecord('L', eight + 400 * 86_400 + seconds, 'x'));
    return Object.keys(storedLogState(state).open).length;
  };
  expect([await keptAfter(-1), await keptAfter(0)]).toEqual([1, 0]);
});

test('a position is after the last whole record, in lines and bytes of the whole file', async () => {
  const text = queued + started + ended;
  const from = { offset: queued.length, lines: 1 };
  const part = await readPart(text, newLogState(), from);
  expect(part.position).toEqual({ offset: text.length, lines: 3 });
  const cut = '11/20/2026 08:30:00;Q;5.pbs;user=bob group=bob account="never closed\n';
  const open = await readPart(text + cut + textRecord('L', ten, 'x'), newLogState(), from, { isClosed: false });
  expect(open.position).toEqual({ offset: text.length, lines: 3 });
  const half = await readPart(text.slice(0, -9), newLogState(), from);
  expect(half.position).toEqual({ offset: (queued + started).length, lines: 2 });
  const problem = { line: 3, id: null, problem: 'the file ends within a line', isLoss: true };
  expect(half.problems).toEqual([problem]);
});
