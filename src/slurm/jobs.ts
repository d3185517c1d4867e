import type { JobRecord } from '../lib/records.ts';
import { gpusIn } from './gres.ts';
import { hostsOf } from './host-list.ts';
import { given, type Row } from './rows.ts';
import { parseTres } from './tres.ts';

/**
 * The fields of `squeue` that are read: never a name, a comment or a reason, which are free text. A job is held when its
 * priority is 0: that is what holding does (scontrol(1), "hold"), whatever its reason says.
 */
export const jobFields = [
  'JobArrayID',
  'State',
  'PriorityLong',
  'UserName',
  'Account',
  'Partition',
  'NumCPUs',
  'NumNodes',
  'NumTasks',
  'tres-alloc',
  'tres-per-job',
  'tres-per-node',
  'tres-per-task',
  'NodeList',
  'RestartCnt',
  'Sockets',
  'tres-per-socket',
] as const;

type JobRow = Row<(typeof jobFields)[number]>;

/** What a job in a state (squeue(1), "JOB STATE CODES") counts as; every other state counts nowhere. */
const states: Readonly<Record<string, 'running' | 'waiting' | 'held'>> = {
  RUNNING: 'running',
  // Has its nodes, which are being made ready.
  CONFIGURING: 'running',
  RESIZING: 'running',
  SIGNALING: 'running',
  PENDING: 'waiting',
  // Waits to be started again, before all others (Slurm 25.11, sbatch --requeue=expedite).
  EXPEDITING: 'waiting',
  REQUEUE_HOLD: 'held',
  SPECIAL_EXIT: 'held',
  RESV_DEL_HOLD: 'held',
};

/** One job, one component of a heterogeneous job, or the waiting tasks of an array; a string says what is wrong with the line. */
export function parseJob(row: JobRow): JobRecord | string {
  const id = row('JobArrayID');
  const tasks = tasksOf(id);
  const [first, ...others] = row('Partition').split(',');
  if (id === '') return 'has no id';
  if (tasks === null) return 'has a list of tasks that cannot be read';
  if (row('UserName') === '') return 'has no user';
  if (row('State') === '') return 'has no state';
  if (!first) return 'has no partition';
  const state = states[row('State')];
  const place = state === 'waiting' && row('PriorityLong') === '0' ? 'held' : state;
  // Of a job that waits to be started again, this still has what its last run got.
  const isOfLastRun = (place === 'waiting' || place === 'held') && row('RestartCnt') !== '0';
  const tres = parseTres(isOfLastRun ? '' : row('tres-alloc'));
  const cores = tres?.cpus || countOf(row('NumCPUs'));
  if (tres === null || cores === null) return 'has no count of CPUs';
  const gpus = tres.gpus || gpusAskedFor(row);
  if (gpus === null) return 'has no count of GPUs';
  const hosts = place === 'running' ? hostsOf(given(row('NodeList')) ?? '') : [];
  if (hosts === null) return 'has a list of nodes that cannot be read';
  return {
    id,
    user: row('UserName'),
    project: given(row('Account')),
    queues: [first, ...others],
    running: place === 'running' ? tasks : 0,
    pending: place === 'waiting' ? tasks : 0,
    held: place === 'held' ? tasks : 0,
    cores,
    gpus,
    hosts,
  };
}

/** No array has more (slurm.conf(5), "MaxArraySize"). */
const maxTasks = 4_000_001;

/**
 * How many tasks an id stands for: `24_[1,3,5-9%2]` for as many as are listed, any other for one. Null where the list is
 * cut (`24_[1,3,...]`) or is none.
 */
export function tasksOf(id: string): number | null {
  const bracket = id.indexOf('[');
  if (bracket < 0) return 1;
  const list = /^([\d,:-]+)(?:%\d+)?\]$/.exec(id.slice(bracket + 1))?.[1];
  let count = 0;
  for (const part of list?.split(',') ?? []) {
    const [, from, to = from, step = '1'] = /^(\d{1,9})(?:-(\d{1,9})(?::(\d{1,9}))?)?$/.exec(part) ?? [];
    const tasks = Math.floor((Number(to) - Number(from)) / Number(step)) + 1;
    if (!(tasks >= 1)) return null;
    count += tasks;
  }
  return count >= 1 && count <= maxTasks ? count : null;
}

/** GPUs are among the trackable resources only where the site accounts for them; else by what the job asked for. */
function gpusAskedFor(row: JobRow): number | null {
  const perJob = gpusIn(row('tres-per-job'));
  const perNode = gpusIn(row('tres-per-node'));
  const perSocket = gpusIn(row('tres-per-socket'));
  const perTask = gpusIn(row('tres-per-task'));
  if (perJob === null || perNode === null || perSocket === null || perTask === null) return null;
  const nodes = countOf(row('NumNodes'));
  const tasks = countOf(row('NumTasks'));
  // `*` for any number: then at least one.
  const sockets = countOf(row('Sockets') === '*' ? '1' : row('Sockets'));
  if (nodes === null || tasks === null || sockets === null) return null;
  return (
    perJob.count || perNode.count * nodes || perSocket.count * Math.max(1, sockets) * nodes || perTask.count * tasks
  );
}

/** A count; 0 where there is none, null for what is no count. Ranges of nodes (`2-4`) count by the least. */
function countOf(text: string): number | null {
  const count = /^(\d{1,9})(?:-\d+)?$/.exec(given(text) ?? '0')?.[1];
  return count === undefined ? null : Number(count);
}
