import type { FinishedJob } from '../lib/finished-job.ts';
import { memoized } from '../lib/memo.ts';
import { countHosts } from './host-list.ts';
import { separator } from './rows.ts';
import { sacctFields } from './sacct.ts';
import { parseTres } from './tres.ts';

/** One parsed line of sacct. */
export type SacctRow =
  | { readonly kind: 'step'; readonly rawId: string; readonly state: string }
  | { readonly kind: 'job'; readonly job: FinishedJob }
  /** A job that has not ended, that ended outside the window, or whose record is incomplete. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly id: string | null; readonly problem: string };

/** The window and the start time of sacct, in seconds since 1970. */
export type SecondsWindow = { readonly from: number; readonly to: number; readonly now: number };

/**
 * For this many seconds after its end, the export leaves a job without a partition to the next export. sacct prints a
 * short job at first without its partition and QOS. slurmctld sends them to slurmdbd every five seconds, and later if
 * slurmdbd is slow.
 */
const incompleteSeconds = 600;

/** The largest job id and timestamp: both have 32 bits in Slurm's database. */
const most = 2 ** 32 - 1;

/** The texts that sacct prints for a missing value. */
const nothing: ReadonlySet<string> = new Set(['', 'None', 'Unknown', '(null)', 'None assigned']);

/** States of a job that has not finished, even if it already has an end time. */
const unfinished: ReadonlySet<string> = new Set(['PENDING', 'RUNNING', 'SUSPENDED', 'COMPLETING', 'CONFIGURING']);

/** Parses one line. For a job that ended outside the window, parses only its end. */
export function parseRow(line: string, window: SecondsWindow): SacctRow {
  const fields = line.split(separator);
  if (fields.length !== sacctFields.length)
    return damaged(null, `has ${fields.length} fields instead of ${sacctFields.length}`);
  // Do not destructure the array: a large export spends most of its time here, and destructuring doubles that time.
  const field = (index: number) => fields[index] ?? '';
  const [id, raw] = [field(0), field(1)];
  // `CANCELLED by 1000`
  const state = firstWord(field(5));
  // A step such as `7.batch`. Do not use JobID: a shortened list of tasks has dots too, as in `118_[16,19,...]`.
  const dot = raw.indexOf('.');
  if (dot >= 0) return { kind: 'step', rawId: raw.slice(0, dot), state };

  const endText = field(8);
  const ended = secondsOf(endText);
  if (ended === 'wrong') return damaged(id, `its End '${endText}' is not a time`);
  if (ended === null || ended < window.from || ended >= window.to) return { kind: 'other' };
  if (unfinished.has(state)) return { kind: 'other' };
  if (field(4) === '' && ended > window.now - incompleteSeconds) return { kind: 'other' };
  if (state === '') return damaged(id, 'has no State');
  const rawId = wholeNumber(raw);
  if (id === '' || rawId === null) return damaged(id === '' ? null : id, `its JobIDRaw '${raw}' is not a number`);
  const submitted = secondsOf(field(6));
  if (submitted === null || submitted === 'wrong') return damaged(id, `its Submit '${field(6)}' is not a time`);
  const startedText = secondsOf(field(7));
  if (startedText === 'wrong') return damaged(id, `its Start '${field(7)}' is not a time`);
  const tres = tresOf(field(12));
  if (tres === null) return damaged(id, `its AllocTRES '${field(12)}' cannot be read`);

  const doubts: string[] = [];
  const nodeList = field(11);
  // For some jobs that never ran, all releases print the end as the start. Such a job has no nodes. It has no AllocTRES
  // unless an earlier run left one. For other jobs that never ran, Slurm prints a planned start after the end.
  const hasNoNodes = nothing.has(nodeList) && (nothing.has(field(12)) || startedText === ended);
  const started = hasNoNodes || (startedText !== null && startedText > ended) ? null : startedText;
  const elapsed = elapsedOf(field(10), started, ended, doubts);
  const nodes = nodesOf(nodeList);
  if (nodes === null) doubts.push(`its NodeList '${nodeList}' cannot be read: the number of nodes is from AllocTRES`);
  const job: FinishedJob = {
    id,
    run: null,
    rawId,
    user: named(field(2)),
    account: named(field(3)),
    partition: named(field(4)),
    state,
    submitted,
    started,
    ended,
    qos: textOf(field(9)),
    nodeList: textOf(nodeList),
    elapsed,
    cpus: tres.cpus,
    gpus: tres.gpus,
    nodes: nodes ?? tres.nodes,
    charged: null,
    doubt: doubts.length === 0 ? null : doubts.join('; '),
  };
  return { kind: 'job', job };
}

const noTres = { cpus: 0, gpus: 0, nodes: 0 } as const;

function damaged(id: string | null, problem: string): SacctRow {
  return { kind: 'damaged', id, problem };
}

/** Parses a time; null if there is none. Slurm prints 0 for a missing time too. */
function secondsOf(text: string): number | null | 'wrong' {
  if (nothing.has(text)) return null;
  const seconds = wholeNumber(text);
  return seconds === null ? 'wrong' : seconds === 0 ? null : seconds;
}

/** Parses a whole number; null if the text is not a number, or has more than 32 bits. */
function wholeNumber(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number <= most ? number : null;
}

/**
 * Returns the seconds that a job ran: 0 if it did not start, the time from start to end if sacct prints no ElapsedRaw.
 * Adds a doubt if the value is not a number of seconds, or is longer than the time from start to end.
 */
function elapsedOf(text: string, started: number | null, ended: number, doubts: string[]): number {
  if (started === null) return 0;
  const most = ended - started;
  if (nothing.has(text)) return most;
  const seconds = wholeNumber(text);
  if (seconds === null) doubts.push(`its ElapsedRaw '${text}' is not a number of seconds: it counts as 0`);
  else if (seconds > most)
    doubts.push(
      `its ElapsedRaw is ${seconds} s, but it ended ${most} s after its start: its hours are calculated from ElapsedRaw`,
    );
  return seconds ?? 0;
}

const tresOf = memoized((text) => (nothing.has(text) ? noTres : parseTres(text)));
const nodesOf = memoized((text) => (nothing.has(text) ? 0 : countHosts(text)));

function textOf(text: string): string | null {
  return nothing.has(text) ? null : text;
}

/** Returns `unknown` for a missing name, because the API requires one. */
function named(text: string): string {
  return textOf(text) ?? 'unknown';
}

function firstWord(text: string): string {
  const end = text.indexOf(' ');
  return end < 0 ? text : text.slice(0, end);
}
