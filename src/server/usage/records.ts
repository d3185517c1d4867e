import { runId } from '../../lib/finished-job.ts';
import { isRecord } from '../http/json.ts';
import type { JobColumn } from '../store/jobs.ts';
import { datetime } from './datetime.ts';
import type { Fault, Problems } from './fault.ts';
import { decimal, text, whole } from './values.ts';

type Value = string | number | null;

type Field = {
  readonly name: string;
  readonly column: JobColumn;
  readonly read: (value: unknown) => Value | Fault;
  /** The value of an absent field; a field without this member is required. */
  readonly absent?: null | 0;
};

function orNull(read: Field['read'], absentWords: readonly string[] = []): Field['read'] {
  const absentValues: ReadonlySet<unknown> = new Set([null, ...absentWords]);
  return (value) => (absentValues.has(value) ? null : read(value));
}

function numberOrNull(value: unknown): string | null {
  return /^\d{1,15}$/.test(String(value)) ? String(value) : null;
}

/** The texts that sacct prints for a time that a job does not have; the agents of the ingest API send them unchanged. */
const noTime = ['None', 'Unknown', ''];
/** The text that sacct prints for a job that never had a node. */
const noNodes = ['None assigned'];

/** The fields of the ingest API's record (`JobRecord`), in its order. Of other fields, only `Run` is read. */
export const fields: readonly Field[] = [
  { name: 'JobID', column: 'job_id', read: text },
  { name: 'User', column: 'user', read: text },
  { name: 'Account', column: 'account', read: text },
  { name: 'Partition', column: 'partition', read: text },
  { name: 'State', column: 'state', read: text },
  { name: 'QOS', column: 'qos', read: orNull(text), absent: null },
  { name: 'Submit', column: 'submit', read: datetime },
  // Null for a job that was cancelled before it started. The API's own server answers 500 to null and 422 to the texts.
  { name: 'Start', column: 'start', read: orNull(datetime, noTime), absent: null },
  { name: 'End', column: 'end', read: orNull(datetime, noTime), absent: null },
  { name: 'CPUHours', column: 'cpu_hours', read: decimal, absent: 0 },
  { name: 'GPUHours', column: 'gpu_hours', read: decimal, absent: 0 },
  { name: 'AllocCPUS', column: 'cpus', read: whole, absent: 0 },
  { name: 'AllocGPUS', column: 'gpus', read: whole, absent: 0 },
  { name: 'AllocNodes', column: 'nodes', read: whole, absent: 0 },
  { name: 'NodeList', column: 'node_list', read: orNull(text, noNodes), absent: null },
  // Not a field of the ingest API, which ignores it: no value of it is wrong.
  { name: 'JobIDRaw', column: 'raw_id', read: numberOrNull, absent: null },
];

/** A valid job: the values of `fields`, in their order. */
export type JobRow = readonly Value[];

/** The fault of an absent required field. */
export const missing = { type: 'missing', msg: 'Field required' };

/** The fault of a value that must be an object, in FastAPI's words. */
export const noObject = {
  type: 'model_attributes_type',
  msg: 'Input should be a valid dictionary or object to extract fields from',
};

/** Reads the record at an index of the list of jobs. Returns null if it has faults, which `problems` then has. */
export function readJob(record: unknown, index: number, problems: Problems): JobRow | null {
  if (!isRecord(record)) {
    problems.add(noObject, ['body', 'jobs', index], record);
    return null;
  }
  const row: Value[] = [];
  for (const { name, read, absent } of fields) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    const taken = value === undefined ? (absent === undefined ? missing : absent) : read(value);
    if (typeof taken === 'object' && taken !== null) {
      problems.add(taken, ['body', 'jobs', index, name], taken === missing ? record : value);
    } else row.push(taken);
  }
  // Only our exporter sends this field: the number of a run that PBS requeued.
  const run = (record.Run ?? null) === null ? null : whole(record.Run);
  if (typeof run === 'object' && run !== null) problems.add(run, ['body', 'jobs', index, 'Run'], record.Run);
  else if (row.length === fields.length) return run === null ? row : withRun(row, run);
  return null;
}

/**
 * Gives the run of a job an id of its own, because the other runs of the job have the same id and submit time. It is the
 * id that `jobs export` sends with `jobs.run_suffix`, so a run is not stored a second time after that setting changes.
 */
function withRun([id, ...others]: JobRow, run: number): JobRow {
  return [runId(String(id), run), ...others];
}
