import { type ControlGroup, type JobOfGroup, jobOfPath, parseControlGroups } from '../proc/cgroup.ts';
import { type ProcessStat, parseStat } from '../proc/stat.ts';
import { type Machine, processIds, targetOf, textOf } from './machine.ts';

/** A process of the job. */
export type JobProcess = {
  /** Differs between two processes that have the same pid one after the other. */
  readonly key: string;
  readonly stat: ProcessStat;
  /** The path of the program; null for a process that is ending. */
  readonly program: string | null;
  /** Its control groups of the job; empty if the job has none. */
  readonly groups: readonly (ControlGroup & { readonly job: JobOfGroup })[];
};

/**
 * Returns the processes of a job, by their control groups. Each process is looked at each time: a step's daemon moves
 * a process to its group, and starts the program in it, after the process was made.
 * @param isPbs true for a job of PBS, which has control groups only with its hook: without them, processes belong to
 *   the job if `PBS_JOBID` says so, or if they are of the session of one that says so
 */
export function findProcesses(machine: Machine, job: string, isPbs: boolean): JobProcess[] {
  const found: JobProcess[] = [];
  for (const id of processIds(machine)) {
    const groups = groupsOf(machine, id).filter((group) => group.job.job === job);
    if (groups.length > 0) found.push(...processOf(machine, id, groups));
  }
  return found.length > 0 || !isPbs ? found : findBySession(machine, job);
}

function groupsOf({ proc }: Machine, id: string): (ControlGroup & { readonly job: JobOfGroup })[] {
  const groups = parseControlGroups(textOf(`${proc}/${id}/cgroup`) ?? '');
  // Some kernels show the path of the cpuset only in a file of its own.
  const cpuset = groups.length > 0 ? null : textOf(`${proc}/${id}/cpuset`);
  const all = cpuset === null ? groups : [{ controllers: ['cpuset'], path: cpuset.trim() }];
  return all.flatMap((group) => {
    const job = jobOfPath(group.path);
    return job === null ? [] : [{ ...group, job }];
  });
}

function processOf(machine: Machine, id: string, groups: JobProcess['groups']): JobProcess[] {
  const stat = parseStat(textOf(`${machine.proc}/${id}/stat`) ?? '');
  if (stat === null || stat.state === 'Z') return [];
  const target = targetOf(`${machine.proc}/${id}/exe`);
  const program = target === null ? null : target.replace(/ \(deleted\)$/, '');
  return [{ key: `${id}:${stat.startTicks}`, stat, program, groups }];
}

function findBySession(machine: Machine, job: string): JobProcess[] {
  const all = processIds(machine).flatMap((id) => processOf(machine, id, []));
  const sessions = new Set(
    all.filter(({ stat }) => isOfPbsJob(machine, stat.pid, job)).map(({ stat }) => stat.session),
  );
  return all.filter(({ stat }) => sessions.has(stat.session));
}

/** True if the environment of a process has `PBS_JOBID=ID.SERVER` (qsub(1B)). Nothing else of it is looked at. */
function isOfPbsJob({ proc }: Machine, pid: number, job: string): boolean {
  const environment = textOf(`${proc}/${pid}/environ`);
  const start = `PBS_JOBID=${job}`;
  return environment?.split('\0').some((entry) => entry === start || entry.startsWith(`${start}.`)) ?? false;
}
