import { memoized } from '../lib/memo.ts';
import { countHosts } from './host-list.ts';
import { sacctFields } from './sacct.ts';
import { separator } from './separator.ts';
import { parseTres } from './tres.ts';

/** One run of a job, from its submission to its end. Times are seconds since 1970. */
export type FinishedJob = {
  /** As sacct shows it: `13_5`, `32+0`. */
  readonly id: string;
  /** Without arrays and components; with `submitted` it is the job's key. */
  readonly rawId: number;
  readonly user: string;
  readonly account: string;
  readonly partition: string;
  readonly state: string;
  readonly submitted: number;
  /** Null where it never started. */
  readonly started: number | null;
  readonly ended: number;
  readonly qos: string | null;
  readonly nodeList: string | null;
  /** In seconds, without the time for which it was suspended. */
  readonly elapsed: number;
  readonly cpus: number;
  readonly gpus: number;
  readonly nodes: number;
  /** What is impossible about it, and which value is used; null for nothing. */
  readonly doubt: string | null;
};

/** What one line of sacct is. */
export type Row =
  | { readonly kind: 'step'; readonly rawId: string; readonly state: string }
  | { readonly kind: 'job'; readonly job: FinishedJob }
  /** A job that has not ended, or not in the window, or whose record is not complete yet. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly id: string | null; readonly problem: string };

/** Seconds since 1970: the window, and the time at which sacct was asked. */
export type SecondsWindow = { readonly from: number; readonly to: number; readonly now: number };

/**
 * For some seconds after a short job ended, sacct prints it without its partition and QOS: slurmctld sends them to slurmdbd
 * every five seconds, and later if slurmdbd is behind. Such a job is left to the next export for this many seconds.
 */
const incompleteSeconds = 600;

/** No numbers of jobs and no moments are larger: both are 32 bits in Slurm's database. */
const most = 2 ** 32 - 1;

/** What sacct prints where there is nothing. */
const nothing: ReadonlySet<string> = new Set(['', 'None', 'Unknown', '(null)', 'None assigned']);

/** States of a job that may go on, even where it has an end already. */
const unfinished: ReadonlySet<string> = new Set(['PENDING', 'RUNNING', 'SUSPENDED', 'COMPLETING', 'CONFIGURING']);

/** Reads one line; of jobs that ended outside the window nothing but their end is read. */
export function parseRow(line: string, window: SecondsWindow): Row {
  const fields = line.split(separator);
  if (fields.length !== sacctFields.length)
    return damaged(null, `has ${fields.length} fields and not ${sacctFields.length}`);
  // One by one: this is where a large export spends its time, and taking an array apart costs as much as all the rest.
  const field = (index: number) => fields[index] ?? '';
  const [id, raw] = [field(0), field(1)];
  // `CANCELLED by 1000`
  const state = firstWord(field(5));
  // `7.batch`; JobID has dots too where it lists an array's tasks in short, `118_[16,19,...]`.
  const dot = raw.indexOf('.');
  if (dot >= 0) return { kind: 'step', rawId: raw.slice(0, dot), state };

  const endText = field(8);
  const ended = secondsOf(endText);
  if (ended === 'wrong') return damaged(id, `its End '${endText}' is no time`);
  if (ended === null || ended < window.from || ended >= window.to) return { kind: 'other' };
  if (unfinished.has(state)) return { kind: 'other' };
  if (field(4) === '' && ended > window.now - incompleteSeconds) return { kind: 'other' };
  if (state === '') return damaged(id, 'has no State');
  const rawId = wholeNumber(raw);
  if (id === '' || rawId === null) return damaged(id === '' ? null : id, `its JobIDRaw '${raw}' is no number`);
  const submitted = secondsOf(field(6));
  if (submitted === null || submitted === 'wrong') return damaged(id, `its Submit '${field(6)}' is no time`);
  const startedText = secondsOf(field(7));
  if (startedText === 'wrong') return damaged(id, `its Start '${field(7)}' is no time`);
  const tres = tresOf(field(12));
  if (tres === null) return damaged(id, `its AllocTRES '${field(12)}' cannot be read`);

  const doubts: string[] = [];
  const nodeList = field(11);
  // All releases print the end of some jobs that never ran as their start. Such a job has no nodes, and no AllocTRES unless
  // an earlier run of it left one. Of other jobs that never ran, Slurm prints a planned start after their end.
  const hasNoNodes = nothing.has(nodeList) && (nothing.has(field(12)) || startedText === ended);
  const started = hasNoNodes || (startedText !== null && startedText > ended) ? null : startedText;
  const elapsed = elapsedOf(field(10), started, ended, doubts);
  const nodes = nodesOf(nodeList);
  if (nodes === null) doubts.push(`its NodeList '${nodeList}' cannot be read: AllocTRES has the number of nodes`);
  const job: FinishedJob = {
    id,
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
    doubt: doubts.length === 0 ? null : doubts.join('; '),
  };
  return { kind: 'job', job };
}

const noTres = { cpus: 0, gpus: 0, nodes: 0 } as const;

function damaged(id: string | null, problem: string): Row {
  return { kind: 'damaged', id, problem };
}

/** Null where there is none; 0 is none to Slurm as well. */
function secondsOf(text: string): number | null | 'wrong' {
  if (nothing.has(text)) return null;
  const seconds = wholeNumber(text);
  return seconds === null ? 'wrong' : seconds === 0 ? null : seconds;
}

/** Null for what is none of 32 bits. */
function wholeNumber(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const number = Number(text);
  return number <= most ? number : null;
}

/**
 * Returns the seconds that a job ran: 0 if it did not start, the time from start to end if sacct prints no ElapsedRaw. Adds a
 * doubt about a value that is not a number of seconds, or is longer than that time.
 */
function elapsedOf(text: string, started: number | null, ended: number, doubts: string[]): number {
  if (started === null) return 0;
  const most = ended - started;
  if (nothing.has(text)) return most;
  const seconds = wholeNumber(text);
  if (seconds === null) doubts.push(`its ElapsedRaw '${text}' is no number of seconds: it counts as 0`);
  else if (seconds > most)
    doubts.push(
      `its ElapsedRaw is ${seconds} s, but it ended ${most} s after its start: its hours are those of ElapsedRaw`,
    );
  return seconds ?? 0;
}

const tresOf = memoized((text) => (nothing.has(text) ? noTres : parseTres(text)));
const nodesOf = memoized((text) => (nothing.has(text) ? 0 : countHosts(text)));

function textOf(text: string): string | null {
  return nothing.has(text) ? null : text;
}

/** The API wants a word. */
function named(text: string): string {
  return textOf(text) ?? 'unknown';
}

function firstWord(text: string): string {
  const end = text.indexOf(' ');
  return end < 0 ? text : text.slice(0, end);
}
