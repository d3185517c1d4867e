/** The runs that are read from the log of a live server, compared with what was done to each job. */

import { describe, expect, test } from 'bun:test';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { capturedLog, readLog } from '../support/pbs-log.ts';
import { trueStates } from '../support/pbs-truth.ts';

const log = await readLog(capturedLog);

const jobOf = (run: FinishedJob): string => run.id.replace(/\/run\d+$/, '').replace(/\[\d+\]/, '[]');
const statesOf = (id: string): string[] =>
  log.runs
    .filter((run) => jobOf(run) === id)
    .map(({ state, started }) => (started === null ? `${state}_BEFORE_START` : state));
const run = (id: string): FinishedJob => {
  const found = log.runs.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no run ${id}`);
  return found;
};

describe('the states of a job are those that were caused', () => {
  test.each(trueStates)('%s (%s): %s', (name, id, expected) => {
    const states = statesOf(id);
    // An array has one run for each subjob that ran or was deleted.
    const seen = new Set(states);
    // One subjob was deleted while it waited.
    if (name === 'arr_del') seen.delete('CANCELLED_BEFORE_START');
    // Only one of the two subjobs was requeued.
    if (name === 'arr_rerun') seen.delete('REQUEUED');
    expect([...seen].sort()).toEqual(
      expected
        .split(', ')
        .filter((word) => word !== '')
        .sort(),
    );
  });

  test('each run of a job is there once', () => {
    const ids = log.runs.map(({ id }) => id);
    expect(ids.length).toBe(new Set(ids).size);
    expect(ids).toHaveLength(141);
  });

  test('two jobs wait at the end of the log', () => {
    expect([...log.state.open.keys()]).toEqual(['111.pbssrv', '1011.pbssrv']);
  });
});

describe('the times of a run', () => {
  test.each([
    ['ended normally', '13.pbssrv', 12],
    ['was suspended for 931 of 979 seconds', '89.pbssrv', 48],
    ['lost its node, and PBS knows no walltime', '92.pbssrv', 26],
    ['was deleted by force on a dead node', '1005.pbssrv', 12],
    ['was requeued, and PBS knows no walltime', '1000.pbssrv/run1', 6],
    ['ran while the server restarted', '109.pbssrv', 20],
    ['ended while the server was down', '113.pbssrv', 3],
    ['never ran', '16.pbssrv', 0],
  ])('%s (%s): %i s', (_, id, seconds) => {
    expect(run(id).elapsed).toBe(seconds);
  });

  test('the first start counts if the server wrote a second one after its restart', () => {
    expect(run('109.pbssrv')).toMatchObject({ started: 1_795_838_314, ended: 1_795_838_336 });
  });

  test('a run that ended without a time of its own ended at the time of its line, in the zone that the log shows', () => {
    expect(run('92.pbssrv')).toMatchObject({ started: 1_795_838_183, ended: 1_795_838_209 });
    expect(run('16.pbssrv')).toMatchObject({ started: null, ended: 1_795_838_110 });
  });

  test('a run that begins before midnight and ends after it crosses the files', () => {
    expect(run('88.pbssrv')).toMatchObject({ started: 1_795_838_183, ended: 1_795_839_152 });
  });
});

describe('the resources of a run', () => {
  test.each([
    ['several chunks', '21.pbssrv', 16, 2, 'cn02,gn01'],
    ['a chunk over several vnodes of a host', '25.pbssrv', 40, 0, 'mv1'],
    ['a host for each vnode of one MoM', '26.pbssrv', 1024, 0, 'bn01,bn02,bn03,bn04,bn05,bn06,bn07,bn08'],
    ['whole nodes by place=excl', '23.pbssrv', 80, 5, 'gn02,mv1'],
    ['a whole host by place=exclhost', '24.pbssrv', 64, 4, 'mv1'],
    ['only a GPU', '30.pbssrv', 0, 1, 'gn01'],
    ['a dead node', '92.pbssrv', 4, 0, 'cn05'],
    ['the nodes of the earlier run', '71.pbssrv/run1', 6, 0, 'cn03'],
    ['nothing, because it never ran', '16.pbssrv', 0, 0, null],
  ])('%s (%s)', (_, id, cpus, gpus, nodeList) => {
    const nodes = nodeList === null ? 0 : nodeList.split(',').length;
    expect(run(id)).toMatchObject({ cpus, gpus, nodeList, nodes });
  });

  test('a site can choose to count the requested resources of an exclusive job', async () => {
    const { runs } = await readLog(capturedLog, { exclusive: 'requested' });
    expect(runs.find(({ id }) => id === '23.pbssrv')).toMatchObject({ cpus: 2, gpus: 0 });
  });

  test('a job that released a node is charged for it until then: 12 CPUs for 7 s, and 8 for 15 s', () => {
    expect(run('77.pbssrv')).toMatchObject({ cpus: 12, elapsed: 20, charged: { cpuSeconds: 204, gpuSeconds: 0 } });
    expect(run('0.pbssrv').charged).toBeNull();
  });
});

describe('a run has the names of its job', () => {
  test.each([
    ['35.pbssrv', 'two words'],
    ['36.pbssrv', 'q"uote'],
    ['38.pbssrv', 'semi;colon'],
    ['39.pbssrv', 'eq=ual user=root'],
    ['40.pbssrv', 'nlline2'],
    ['41.pbssrv', 'café 日'],
    ['43.pbssrv', 'trail\\'],
    ['45.pbssrv', '"quoted"'],
    ['46.pbssrv', 'x" user=root queue=fake ctime=1 y="'],
    ['52.pbssrv', 'eq=ual user=root'],
    ['53.pbssrv', 'nlline2'],
    ['61.pbssrv', 'ACC1'],
    ['62.pbssrv', 'unknown'],
    ['63.pbssrv', 'unknown'],
    ['75.pbssrv', 'OTHER1'],
    ['1021.pbssrv', 'xy "z" ; w'],
  ])('the account of %s is %p', (id, account) => {
    expect(run(id).account).toBe(account);
  });

  test('a job that wrote a record of another user into its account stays one job of its own', () => {
    const { user, cpus, elapsed } = run('47.pbssrv');
    expect({ user, cpus, elapsed }).toEqual({ user: 'goran', cpus: 1, elapsed: 1 });
    expect(log.runs.some(({ id, user: name }) => id === '999.pbssrv' || name === 'evil')).toBe(false);
  });

  test('a job in a reservation has the queue of the reservation', () => {
    expect(run('97.pbssrv')).toMatchObject({ partition: 'R81', qos: null });
  });
});

test('every record with a line break is reported with its line', () => {
  const lines = log.problems.map(({ file, line, id }) => `${file}:${line} ${id}`);
  expect(lines).toEqual(
    [
      ...['73 40', '78 40', '92 47', '97 47', '101 53', '108 53', '131 40', '153 47', '155 53'],
      ...['461 1021', '463 1021', '466 1021', '472 1021'],
    ].map((at) => `0:${at}.pbssrv`),
  );
  expect(log.problems.some(({ isLoss }) => isLoss)).toBe(false);
});
