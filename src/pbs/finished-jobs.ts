import type { FinishedJob } from '../lib/finished-job.ts';
import { durationIn, numberIn } from './accounting-fields.ts';
import { stateOfEnd } from './accounting-state.ts';
import { cleanName } from './accounting-text.ts';
import { allocationOf, noAllocation } from './exec-vnode.ts';
import { finishedRun } from './finished-run.ts';
import { projectOf, userOf } from './jobs.ts';
import { memberNamed, type PbsRecord, textOf } from './values.ts';

/** The fields of `qstat -x -f -t -F json` to read. `Variable_List` must not be read, because it has secrets of users. */
export const finishedJobFields: ReadonlySet<string> = new Set([
  'Job_Owner',
  'euser',
  'job_state',
  'substate',
  'queue',
  'Account_Name',
  'project',
  'ctime',
  'stime',
  'obittime',
  'history_timestamp',
  'Exit_status',
  'exec_vnode',
  'resources_used',
  'comment',
]);

/** The last run of a finished job. `other`: the job has not finished, or the record has no data of its own. */
export type QstatJob = FinishedJob | 'other' | 'subjob-without-data' | { readonly problem: string };

/** The substates of a finished job: deleted, finished, failed (job.h of OpenPBS). */
const deleted = '91';
const failed = '93';

/**
 * Parses one job of `qstat -x`, printed in UTC. Of a whole array only one that never ran counts, as in the accounting log:
 * its subjobs have no end then.
 */
export function finishedJobIn({ id, fields }: PbsRecord): QstatJob {
  const text = (name: string): string | null => textOf(fields.get(name));
  if (text('job_state') !== 'F') return 'other';
  const start = text('stime');
  if (id.includes('[]') && start !== null) return 'other';
  const noticed = numberIn(text('history_timestamp'));
  // PBS prints the values of the array for a subjob that never ran, and for one that it forgot in a restart.
  if (noticed === null) return 'subjob-without-data';
  const user = text('euser') ?? userOf(text('Job_Owner'));
  const queue = text('queue');
  const submitted = timeIn(text('ctime'));
  const started = start === null ? null : timeIn(start);
  const exitStatus = numberIn(text('Exit_status'));
  if (user === '' || queue === null) return { problem: 'has no user or queue' };
  if (submitted === null || (start !== null && started === null))
    return { problem: 'has a ctime or stime that cannot be read' };
  if (started !== null && exitStatus === null) return { problem: 'has no Exit_status' };
  const ended = timeIn(text('obittime')) ?? noticed;
  return finishedRun({
    id,
    run: null,
    job: { user, account: cleanName(projectOf(fields) ?? '') || 'unknown', queue, submitted },
    state: started === null ? 'CANCELLED' : stateIn(exitStatus ?? 0, text('substate'), text('comment')),
    started,
    ended: Math.max(ended, started ?? submitted),
    walltime: durationIn(textOf(memberNamed(fields.get('resources_used'), 'walltime'))) ?? 0,
    allocation: started === null ? noAllocation : allocationOf(text('exec_vnode')),
    held: null,
    phase: null,
    doubt: null,
  });
}

/** PBS knows here how the job ended, even if it trapped the signal or its code hides it. */
function stateIn(exitStatus: number, substate: string | null, comment: string | null): string {
  // The node of a job that cannot run again is dead.
  if (exitStatus === -20) return 'NODE_FAIL';
  if (substate === deleted)
    return stateOfEnd('E', exitStatus, comment?.includes('terminated by Scheduler@') ? 'scheduler' : 'other');
  const state = stateOfEnd('E', exitStatus, null);
  return state === 'COMPLETED' && substate === failed ? 'FAILED' : state;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Parses `Sat Nov 28 03:55:03 2026` in UTC to seconds since 1970; null if it is anything else. */
function timeIn(text: string | null): number | null {
  const [, month = '', day, hour, minute, second, year] =
    /^\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(text ?? '') ?? [];
  const index = months.indexOf(month);
  if (index < 0) return null;
  return Date.UTC(Number(year), index, Number(day), Number(hour), Number(minute), Number(second)) / 1000;
}
