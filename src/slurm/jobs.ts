import type { JobRecord } from '../lib/records.ts';
import { gpusIn } from './gres.ts';
import { hostsOf } from './host-list.ts';
import { given, type Row } from './rows.ts';
import { parseTres } from './tres.ts';

/**
 * The fields that are read from `squeue`. Names, comments and reasons are left out, because they are free text. A job
 * with priority 0 is held, because `scontrol hold` sets the priority to 0 (scontrol(1), "hold").
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

/** The counter for each job state (squeue(1), "JOB STATE CODES"). Jobs in other states are not counted. */
const states: ReadonlyMap<string, 'running' | 'waiting' | 'held'> = new Map([
  ['RUNNING', 'running'],
  // The job has its nodes, and they are being prepared.
  ['CONFIGURING', 'running'],
  ['RESIZING', 'running'],
  ['SIGNALING', 'running'],
  ['PENDING', 'waiting'],
  // The job restarts before all other jobs (Slurm 25.11, sbatch --requeue=expedite).
  ['EXPEDITING', 'waiting'],
  ['REQUEUE_HOLD', 'held'],
  ['SPECIAL_EXIT', 'held'],
  ['RESV_DEL_HOLD', 'held'],
]);

/**
 * Parses one line of squeue: a job, a component of a heterogeneous job, or the pending tasks of an array. Returns a
 * string with the error if the line is wrong.
 */
export function parseJob(row: JobRow): JobRecord | string {
  const id = row('JobArrayID');
  const tasks = tasksOf(id);
  const [first, ...others] = row('Partition').split(',');
  if (id === '') return 'has no id';
  if (tasks === null) return 'has a list of tasks that cannot be read';
  if (row('UserName') === '') return 'has no user';
  if (row('State') === '') return 'has no state';
  if (!first) return 'has no partition';
  const state = states.get(row('State'));
  const place = state === 'waiting' && row('PriorityLong') === '0' ? 'held' : state;
  // For a requeued job, squeue still prints the resources of its last run here.
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

/** The largest possible array (slurm.conf(5), "MaxArraySize"). */
const maxTasks = 4_000_001;

/**
 * Returns the number of tasks in a job id: the listed tasks of `24_[1,3,5-9%2]`, or 1 for an id without brackets. Null
 * if the list is truncated (`24_[1,3,...]`) or is not a list of tasks.
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

/**
 * Returns the number of GPUs that a job requests; null if a number cannot be read. It is needed because the trackable
 * resources list GPUs only if the site accounts for them.
 */
function gpusAskedFor(row: JobRow): number | null {
  const perJob = gpusIn(row('tres-per-job'));
  const perNode = gpusIn(row('tres-per-node'));
  const perSocket = gpusIn(row('tres-per-socket'));
  const perTask = gpusIn(row('tres-per-task'));
  if (perJob === null || perNode === null || perSocket === null || perTask === null) return null;
  const nodes = countOf(row('NumNodes'));
  const tasks = countOf(row('NumTasks'));
  // `*` means any number: count one.
  const sockets = countOf(row('Sockets') === '*' ? '1' : row('Sockets'));
  if (nodes === null || tasks === null || sockets === null) return null;
  return (
    perJob.count || perNode.count * nodes || perSocket.count * Math.max(1, sockets) * nodes || perTask.count * tasks
  );
}

/** Parses a count; 0 if the field is empty, null if it is not a count. A range of nodes (`2-4`) counts as its minimum. */
function countOf(text: string): number | null {
  const count = /^(\d{1,9})(?:-\d+)?$/.exec(given(text) ?? '0')?.[1];
  return count === undefined ? null : Number(count);
}
