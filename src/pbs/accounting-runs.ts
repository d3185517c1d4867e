import { type FinishedJob, runId } from '../lib/finished-job.ts';
import { timeOf } from './accounting-clock.ts';
import { durationIn, firstNumber, firstValue, lastNumber, lastValue } from './accounting-fields.ts';
import type { AccountingRecord } from './accounting-lines.ts';
import { deletionOf, type EndType, stateOfEnd } from './accounting-state.ts';
import { type JobOwner, type JobText, ownerIn } from './accounting-text.ts';
import { allocationOf, noAllocation } from './exec-vnode.ts';
import { booked, finishedRun } from './finished-run.ts';
import type { LogState, OpenRun } from './open-runs.ts';

/** The options for counting runs. */
export type RunOptions = {
  /** The CPUs and GPUs of an exclusive job: all that it holds, or only those that it requests. */
  readonly exclusive: 'held' | 'requested';
  /** True if the id of a requeued run gets a suffix, so that each run of a job has an id of its own. */
  readonly hasRunSuffix: boolean;
};

/** The result of a record: the run that ends with it, or the reason why it cannot be used; null for neither. */
export type RunResult = FinishedJob | string | null;

/**
 * Applies one record to the state of a log and returns the run that ends with it. A run ends with E (the job ended), with
 * R (the job is requeued), with D if its node is dead, and with D or A if it has not started.
 */
export function applyRecord(record: AccountingRecord, state: LogState, options: RunOptions): RunResult {
  const { type, job } = record;
  const at = timeOf(record, state);
  if (job === null) {
    if (type === 'E' || type === 'R') return 'it has no user';
    return type === 'D' || type === 'A' ? deleted(record, at, state) : null;
  }
  const run = runOf(record, job, state);
  const owner = ownerIn(job, run.job);
  // Only a waiting job can get another user.
  if (run.started !== null && run.job !== null && owner.user !== run.job.user)
    return `its user is ${owner.user}, but the job is of ${run.job.user}`;
  switch (type) {
    case 'Q':
      run.job = owner;
      return null;
    case 'S':
      run.job = owner;
      started(run, job.rest);
      return null;
    case 'u':
    case 'c':
      if (at !== null) changeNodes(type, run, job.rest, at);
      return null;
    case 'E':
    case 'R':
      return ended({ id: record.id, type, rest: job.rest, owner }, run, state, options);
    default:
      return null;
  }
}

/**
 * Returns the open run of a record. Ids recur: a Q or S record of another submission replaces the run, and other records
 * of another submission get a run that is not stored.
 */
function runOf({ type, id, clock }: AccountingRecord, job: JobText | null, { open }: LogState): OpenRun {
  const known = open.get(id);
  if (known !== undefined && (job === null || known.job === null || known.job.submitted === job.submitted)) {
    known.seen = clock;
    return known;
  }
  const run = newRun(clock);
  if (known === undefined || type === 'Q' || type === 'S') open.set(copyOf(id), run);
  return run;
}

/** Returns a run that has not started and whose job is unknown. */
function newRun(seen: number): OpenRun {
  return { job: null, started: null, execVnode: null, held: null, deletedBy: null, phase: null, seen };
}

/** Returns a copy, because a part of a line keeps the whole line in memory. */
function copyOf(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1');
}

/** Notes a start. After a restart of the server, PBS writes a second S record with the time of the restart. */
function started(run: OpenRun, rest: string): void {
  if (run.started !== null) return;
  const execVnode = firstValue(rest, ' exec_vnode=');
  run.started = firstNumber(rest, ' start=');
  run.execVnode = execVnode === null ? null : copyOf(execVnode);
  run.held = isExclusive(rest) ? heldBy(rest) : null;
}

function isExclusive(rest: string): boolean {
  const place = firstValue(rest, ' Resource_List.place=');
  return place?.includes('excl') === true && /\bexcl(?:host)?\b/.test(place);
}

function heldBy(rest: string): OpenRun['held'] {
  const cpus = lastNumber(rest, ' resource_assigned.ncpus=');
  return cpus === null ? null : { cpus, gpus: lastNumber(rest, ' resource_assigned.ngpus=') ?? 0 };
}

/** Books the phase of a job that releases nodes (u), and begins the next one with the rest of its nodes (c). */
function changeNodes(type: 'u' | 'c', run: OpenRun, rest: string, at: number): void {
  const { cpus, gpus } = allocationOf(firstValue(rest, ' exec_vnode='));
  const before = run.phase ?? { since: run.started ?? at, cpus, gpus, cpuSeconds: 0, gpuSeconds: 0 };
  run.phase = type === 'u' ? booked(before, at) : { ...before, since: at, cpus, gpus };
}

/** The largest time that fits into 32 bits. */
const mostSeconds = 2 ** 32 - 1;

const otherSubmission = 'its ctime is not that of the job with this id whose records were read before';

const unknownHeld =
  'it had its nodes to itself, but its S record was not read: its CPUs and GPUs are those that it requested';

/** An E or R record: its job and owner, and the text after the fields that all records of a job have. */
type EndRecord = {
  readonly id: string;
  readonly type: EndType;
  readonly rest: string;
  readonly owner: JobOwner;
};

/** Returns the run that an E or R record ends; null for a whole array, whose subjobs have records of their own. */
function ended(
  { id, type, rest, owner }: EndRecord,
  run: OpenRun,
  { open }: LogState,
  { exclusive, hasRunSuffix }: RunOptions,
): RunResult {
  if (id.includes('[]')) {
    if (type === 'E') open.delete(id);
    return null;
  }
  const end = lastNumber(rest, ' end=');
  const exitStatus = lastNumber(rest, ' Exit_status=');
  const runCount = lastValue(rest, ' run_count=') ?? '1';
  if (end === null || end < 0 || end > mostSeconds) return 'it has no end';
  if (exitStatus === null) return 'it has no Exit_status';
  if (!/^\d{1,10}$/.test(runCount)) return 'its run_count is not a number';
  const walltime = durationIn(lastValue(rest, ' resources_used.walltime=')) ?? 0;
  const start = run.started ?? startIn(rest, end, walltime);
  const isHeld = exclusive === 'held' && (run.started === null ? isExclusive(rest) : run.held !== null);
  const finished = finishedRun({
    id: type === 'R' && hasRunSuffix ? runId(id, Number(runCount)) : id,
    run: type === 'R' && !hasRunSuffix ? Number(runCount) : null,
    job: owner,
    state: stateOfEnd(type, exitStatus, run.deletedBy),
    started: start,
    ended: Math.max(end, start ?? end),
    walltime,
    allocation: start === null ? noAllocation : allocationOf(firstValue(rest, ' exec_vnode=')),
    held: isHeld ? run.held : null,
    phase: run.phase,
    doubt: open.get(id) !== run ? otherSubmission : isHeld && run.held === null ? unknownHeld : null,
  });
  if (type === 'R') Object.assign(run, newRun(run.seen), { job: owner });
  else if (open.get(id) === run) open.delete(id);
  return finished;
}

/**
 * Returns the start of a run whose S record was not read; null if it has none. After a restart of the server, `start` is
 * the time of the restart, which is later than the end minus the walltime.
 */
function startIn(rest: string, end: number, walltime: number): number | null {
  const start = firstNumber(rest, ' start=');
  return start === null || start <= 0 ? null : Math.min(start, end - walltime);
}

/** Returns the run that a D or A record ends. Otherwise notes who deleted the job. */
function deleted(record: AccountingRecord, at: number | null, state: LogState): FinishedJob | null {
  const { open } = state;
  const { by, isNodeDown } = deletionOf(record.text);
  const run = open.get(record.id);
  const start = run?.started ?? null;
  // A subjob has no Q record: its array describes it.
  const job = run?.job ?? open.get(record.id.replace(/\[\d+\]/, '[]'))?.job ?? null;
  const isEnd = start === null || (record.type === 'D' && isNodeDown);
  if (job === null || at === null || !isEnd) {
    if (record.type === 'D') runOf(record, null, state).deletedBy = by;
    return null;
  }
  open.delete(record.id);
  return finishedRun({
    id: record.id,
    run: null,
    job,
    state: start === null ? 'CANCELLED' : 'NODE_FAIL',
    started: start,
    ended: Math.max(at, start ?? job.submitted),
    walltime: 0,
    allocation: start === null ? noAllocation : allocationOf(run?.execVnode ?? null),
    held: run?.held ?? null,
    phase: run?.phase ?? null,
    doubt: null,
  });
}
