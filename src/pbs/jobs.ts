import { skipLastCompiler } from '../lib/compile-less.ts';
import type { JobRecord } from '../lib/records.ts';
import type { PbsRecord } from './values.ts';
import { countOf, isAbsent, isObject, memberNamed, textOf } from './values.ts';

/** The fields of `qstat -f -F json` to read. `Variable_List` must not be read, because it has secrets of users. */
export const jobFields: ReadonlySet<string> = new Set([
  'Job_Owner',
  'job_state',
  'queue',
  'Account_Name',
  'project',
  'exec_host',
  'array_state_count',
  'Resource_List',
]);

type Counts = { readonly running: number; readonly pending: number; readonly held: number };

const none: Counts = { running: 0, pending: 0, held: 0 };

/** The counts of one job by its state (qstat(1B), "job_state"). Jobs in other states are not counted. */
const single: ReadonlyMap<string, Counts> = new Map([
  ['R', { running: 1, pending: 0, held: 0 }],
  ['Q', { running: 0, pending: 1, held: 0 }],
  ['H', { running: 0, pending: 0, held: 1 }],
]);

/** Parses one job or job array. Returns a string with the error if the record is wrong. */
export function parseJob(record: PbsRecord): JobRecord | string {
  const { fields } = record;
  const user = userOf(textOf(fields.get('Job_Owner')));
  const state = textOf(fields.get('job_state'));
  const queue = textOf(fields.get('queue'));
  const resources = fields.get('Resource_List');
  if (!user) return 'has no Job_Owner';
  if (!state) return 'has no job_state';
  if (!queue) return 'has no queue';
  // A job that requests no resources has no Resource_List.
  if (!isAbsent(resources) && !isObject(resources)) return 'Resource_List is not an object';
  const cores = countOf(memberNamed(resources, 'ncpus'));
  const gpus = countOf(memberNamed(resources, 'ngpus'));
  if (cores === null) return 'Resource_List.ncpus is not a count';
  if (gpus === null) return 'Resource_List.ngpus is not a count';

  const subjobs = textOf(fields.get('array_state_count'));
  const counts = subjobs === null ? (single.get(state) ?? none) : countsOfArray(state, subjobs);
  return {
    id: record.id,
    user,
    project: projectOf(fields),
    queues: [queue],
    running: counts.running,
    pending: counts.pending,
    held: counts.held,
    cores,
    gpus,
    hosts: hostsOf(textOf(fields.get('exec_host')), subjobs !== null),
  };
}

skipLastCompiler(parseJob);

/** Returns `user` of `user@host`. A user name of a directory service may contain `@`; a host name does not. */
export function userOf(owner: string | null): string {
  return owner?.replace(/@[^@]*$/, '') ?? '';
}

/** Returns `Account_Name`, else `project`; null if there is none. Ignores the default project that PBS sets. */
export function projectOf(fields: PbsRecord['fields']): string | null {
  const account = textOf(fields.get('Account_Name'))?.trim();
  if (account) return account;
  const project = textOf(fields.get('project'))?.trim();
  return project && project !== '_pbs_project_default' ? project : null;
}

/** Counts the subjobs of `Queued:11 Running:6 Exiting:0 Expired:0`. The queued subjobs of a held array are held. */
function countsOfArray(state: string, text: string): Counts {
  const of = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1] ?? 0);
  const queued = of('Queued');
  if (state === 'H') return { running: of('Running'), pending: 0, held: queued };
  if (state === 'B' || state === 'Q') return { running: of('Running'), pending: queued, held: 0 };
  return none;
}

/** Returns the hosts of `dec0013/0*128+dec0014/0*128`; null for an array, because its record has no hosts. */
function hostsOf(execHost: string | null, isArray: boolean): readonly string[] | null {
  if (isArray) return null;
  if (execHost === null) return [];
  return execHost.split('+').map((chunk) => {
    const slash = chunk.indexOf('/');
    return slash < 0 ? chunk : chunk.slice(0, slash);
  });
}
