/** The contract of every source of job history: the same jobs give the same records, whatever scheduler ran them. */

import { expect, test } from 'bun:test';
import type { Executor } from '../../src/exec/command.ts';
import { logSource } from '../../src/history/log-source.ts';
import { noCheck } from '../../src/history/qstat-check.ts';
import { qstatSource } from '../../src/history/qstat-source.ts';
import { readPart } from '../../src/history/read-part.ts';
import type { HistoryRecord } from '../../src/history/record.ts';
import { sacctSource } from '../../src/history/sacct-source.ts';
import type { HistorySource } from '../../src/history/source.ts';
import { answering } from '../support/executors.ts';
import { logRecord, textRecord } from '../support/pbs-records.ts';
import { sacctLine } from '../support/sacct.ts';

/** A run as a person sees it. Times are in seconds after `midnight`. */
type Run = {
  readonly id: number;
  readonly task?: number;
  readonly user: string;
  readonly account: string;
  readonly queue: string;
  readonly is: 'COMPLETED' | 'FAILED' | 'TIMEOUT' | 'OUT_OF_MEMORY' | 'CANCELLED' | 'NODE_FAIL' | 'REQUEUED';
  readonly submitted: number;
  /** Null if it never ran. */
  readonly started: number | null;
  readonly ended: number;
  readonly nodes: readonly string[];
  readonly cpusPerNode: number;
  readonly gpusPerNode: number;
};

const midnight = Date.parse('2026-11-20T00:00:00Z') / 1000;
const base: Run = {
  ...{
    id: 1,
    user: 'alice',
    account: 'physics',
    queue: 'main',
    is: 'COMPLETED',
    submitted: 100,
    started: 200,
    ended: 3800,
  },
  ...{ nodes: ['cn01'], cpusPerNode: 4, gpusPerNode: 0 },
};
const runs: readonly Run[] = [
  base,
  { ...base, id: 2, user: 'bob', is: 'FAILED', nodes: ['cn01', 'cn02'], cpusPerNode: 36 },
  { ...base, id: 3, is: 'TIMEOUT', account: 'chem', queue: 'gpu', gpusPerNode: 2 },
  { ...base, id: 4, is: 'OUT_OF_MEMORY' },
  { ...base, id: 5, is: 'CANCELLED' },
  { ...base, id: 6, is: 'CANCELLED', started: null, nodes: [], cpusPerNode: 0 },
  { ...base, id: 7, task: 3, cpusPerNode: 1 },
  { ...base, id: 7, task: 4, cpusPerNode: 1, is: 'FAILED' },
  { ...base, id: 8, is: 'NODE_FAIL' },
  { ...base, id: 9, is: 'REQUEUED', ended: 1000 },
  { ...base, id: 9, started: 1100 },
];

/** The runs as sacct prints them. */
function sacctText(): string {
  return runs
    .map((run) => {
      const { id, task, user, account, queue, is, submitted, started, ended, nodes, cpusPerNode, gpusPerNode } = run;
      const [cpus, gpus] = [nodes.length * cpusPerNode, nodes.length * gpusPerNode];
      return sacctLine({
        ...{ JobID: task === undefined ? String(id) : `${id}_${task}`, JobIDRaw: String(id * 10 + (task ?? 0)) },
        ...{ User: user, Account: account, Partition: queue, State: is, QOS: '' },
        ...{ Submit: String(midnight + submitted), End: String(midnight + ended) },
        Start: started === null ? 'None' : String(midnight + started),
        ElapsedRaw: started === null ? '0' : String(ended - started),
        NodeList: nodes.length === 0 ? 'None assigned' : nodes.join(','),
        AllocTRES: cpus === 0 ? '' : `cpu=${cpus},node=${nodes.length}${gpus === 0 ? '' : `,gres/gpu=${gpus}`}`,
      });
    })
    .join('');
}

const exitStatus = {
  COMPLETED: 0,
  FAILED: 1,
  TIMEOUT: -29,
  OUT_OF_MEMORY: -27,
  CANCELLED: 271,
  NODE_FAIL: -20,
  REQUEUED: -11,
};
const pbsId = ({ id, task }: Run) => `${id}${task === undefined ? '' : `[${task}]`}.pbs`;
const vnodesOf = ({ nodes, cpusPerNode, gpusPerNode }: Run) =>
  nodes.map((node) => `(${node}:ncpus=${cpusPerNode}${gpusPerNode === 0 ? '' : `:ngpus=${gpusPerNode}`})`).join('+');
const walltimeOf = ({ started, ended }: Run) => (started === null ? '0' : String(ended - started));

/** The runs as the accounting log of PBS has them, each with all its records. */
function accountingLog(): string {
  return runs
    .map((run) => {
      const { user, account, queue, is, submitted, started, ended } = run;
      const record = {
        ...{ id: pbsId(run), user, account, queue, ctime: midnight + submitted, execVnode: vnodesOf(run) },
        ...{ start: started === null ? null : midnight + started, end: midnight + ended, exitStatus: exitStatus[is] },
        walltime: walltimeOf(run),
      };
      const begun = logRecord({ ...record, type: 'Q' }) + (started === null ? '' : logRecord({ ...record, type: 'S' }));
      const deleted = (text: string) => textRecord('D', midnight + ended, text, record.id);
      if (is === 'NODE_FAIL') return begun + deleted('Job deleted, execution node cn01 down');
      if (is === 'REQUEUED') return begun + logRecord({ ...record, type: 'R' });
      if (is !== 'CANCELLED') return begun + logRecord(record);
      return begun + deleted('requestor=root@pbs') + (started === null ? '' : logRecord(record));
    })
    .join('');
}

/** The last runs as qstat prints them. */
function qstatJson(): string {
  const time = (seconds: number) => {
    const [, day, date, month, year, clock] =
      /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(new Date((midnight + seconds) * 1000).toUTCString()) ?? [];
    return `${day} ${month} ${date} ${clock} ${year}`;
  };
  const substates: Partial<Record<Run['is'], number>> = { COMPLETED: 92, CANCELLED: 91, NODE_FAIL: 91 };
  const jobs = runs
    .filter(({ is }) => is !== 'REQUEUED')
    .map((run) => [
      pbsId(run),
      {
        ...{ Job_Owner: `${run.user}@login`, job_state: 'F', queue: run.queue, Account_Name: run.account },
        ...{ substate: substates[run.is] ?? 93, ctime: time(run.submitted), history_timestamp: midnight + run.ended },
        ...(run.started === null
          ? {}
          : {
              ...{ stime: time(run.started), obittime: time(run.ended), Exit_status: exitStatus[run.is] },
              ...{ exec_vnode: vnodesOf(run), resources_used: { walltime: walltimeOf(run) } },
            }),
      },
    ]);
  const document = { timestamp: 1, pbs_version: '23', pbs_server: 'pbs', Jobs: Object.fromEntries(jobs) };
  return JSON.stringify(document, null, '\t').replaceAll('": ', '":\t');
}

const shared = {
  ...{ cluster: 'c', host: null, timeoutSeconds: 10, timeZone: 'America/Denver', windowDays: 7 },
  limits: { maxJobs: 1000, maxBytes: 1e6 },
};
const printing = (texts: Readonly<Record<string, string>>): Executor =>
  answering(({ argv }) => ({ stdout: texts[argv.find((word) => texts[word] !== undefined) ?? ''] ?? '' }));
const range = { since: new Date(midnight * 1000), until: new Date((midnight + 86_400) * 1000) };

/** Returns the records that a source sends, by their end and their id, with ids alike. */
async function recordsOf(source: HistorySource): Promise<HistoryRecord[]> {
  const { parts } = await source.plan({ range, isAgain: false, now: new Date('2026-11-25T00:00:00Z') }, () => null);
  const records: HistoryRecord[] = [];
  for (const part of parts) {
    await readPart(part, source, {
      unsent: (candidates) => candidates,
      take: (body) => records.push(...JSON.parse(body).jobs),
      progress: () => {},
    });
  }
  return records
    .map((record) => ({ ...record, JobID: plainId(record.JobID) }))
    .sort((a, b) => (a.JobID < b.JobID ? -1 : 1));
}

/** `7_3` for both schedulers, and the end `/run` for an earlier run. */
function plainId(id: string): string {
  return id
    .replace(/\[(\d+)\]/, '_$1')
    .replace('.pbs', '')
    .replace(/\/run\d+$/, '/run');
}

const slurm = await recordsOf(
  sacctSource({ ...shared, executor: printing({ sacct: sacctText() }), hasRunSuffix: true }),
);

test('the runs of a Slurm cluster are the records that a person expects', () => {
  // The failed node counts as an earlier run, because Slurm can have requeued the job.
  expect(slurm.map(({ JobID, State }) => `${JobID} ${State}`)).toEqual([
    ...['1 COMPLETED', '2 FAILED', '3 TIMEOUT', '4 OUT_OF_MEMORY', '5 CANCELLED', '6 CANCELLED', '7_3 COMPLETED'],
    ...['7_4 FAILED', '8/run NODE_FAIL', '9 COMPLETED', '9/run REQUEUED'],
  ]);
  expect(slurm[2]).toMatchObject({
    ...{ User: 'alice', Account: 'chem', Partition: 'gpu', AllocCPUS: 4, AllocGPUS: 2, CPUHours: 4, GPUHours: 2 },
    ...{ Submit: '2026-11-19T17:01:40', Start: '2026-11-19T17:03:20', End: '2026-11-19T18:03:20' },
  });
});

/** A job of PBS whose node failed can not run again if it ended with D alone. Only Slurm has numbers of tasks. */
const expected = slurm
  .map((record) => (record.JobID === '8/run' ? { ...record, JobID: '8' } : record))
  .map(({ JobIDRaw, ...record }) => record);

test('the accounting log of PBS gives the same records', async () => {
  const executor = printing({ find: '1 1 20261120\n', cat: accountingLog() });
  const runsOf = { exclusive: 'held', hasRunSuffix: true } as const;
  const source = logSource({ ...shared, executor, path: '/acct', runs: runsOf, check: async () => noCheck });
  expect(await recordsOf(source)).toEqual(expected);
});

test('qstat gives the same records of the last runs', async () => {
  const source = qstatSource({ ...shared, executor: printing({ qstat: qstatJson() }) });
  expect(await recordsOf(source)).toEqual(expected.filter(({ JobID }) => !JobID.endsWith('/run')));
});
