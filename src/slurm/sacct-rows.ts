import { countHosts } from './host-list.ts';
import { sacctFields, separator } from './sacct.ts';
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
  /** What is wrong with it and was put right. */
  readonly doubt: string | null;
};

/** What one line of sacct is. */
export type Row =
  | { readonly kind: 'step'; readonly rawId: string; readonly state: string }
  | { readonly kind: 'job'; readonly job: FinishedJob }
  /** A job that has not ended, or not in the window. */
  | { readonly kind: 'other' }
  | { readonly kind: 'damaged'; readonly id: string | null; readonly problem: string };

/** Seconds since 1970, from and before. */
export type SecondsWindow = { readonly from: number; readonly to: number };

/** No numbers of jobs and no moments are larger: both are 32 bits in Slurm's database. */
const most = 2 ** 32 - 1;

/** What sacct prints where there is nothing. */
const nothing: readonly string[] = ['', 'None', 'Unknown', '(null)', 'None assigned'];

/** States of a job that may go on, even where it has an end already. */
const unfinished: readonly string[] = ['PENDING', 'RUNNING', 'SUSPENDED', 'COMPLETING', 'CONFIGURING'];

/** Reads one line; of jobs that ended outside the window nothing but their end is read. */
export function parseRow(line: string, window: SecondsWindow): Row {
  const fields = line.split(separator);
  if (fields.length !== sacctFields.length)
    return damaged(null, `has ${fields.length} fields and not ${sacctFields.length}`);
  const [id = '', raw = '', user = '', account = '', partition = '', stateText = '', ...rest] = fields;
  const [submitText = '', startText = '', endText = '', qos = '', elapsedText = '', nodeList = '', tresText = ''] =
    rest;
  // `CANCELLED by 1000`
  const state = stateText.split(' ', 1)[0] ?? '';
  // `7.batch`, `14+0.0`: an array's task and a component of a heterogeneous job have no dot.
  if (id.includes('.')) return { kind: 'step', rawId: raw.split('.', 1)[0] ?? '', state };

  const ended = secondsOf(endText);
  if (ended === 'wrong') return damaged(id, `its End '${endText}' is no time`);
  if (ended === null || ended < window.from || ended >= window.to) return { kind: 'other' };
  if (unfinished.includes(state)) return { kind: 'other' };
  if (state === '') return damaged(id, 'has no State');
  const rawId = /^\d{1,10}$/.test(raw) && Number(raw) <= most ? Number(raw) : null;
  if (id === '' || rawId === null) return damaged(id === '' ? null : id, `its JobIDRaw '${raw}' is no number`);
  const submitted = secondsOf(submitText);
  if (submitted === null || submitted === 'wrong') return damaged(id, `its Submit '${submitText}' is no time`);
  const startedText = secondsOf(startText);
  if (startedText === 'wrong') return damaged(id, `its Start '${startText}' is no time`);
  const tres = nothing.includes(tresText) ? noTres : parseTres(tresText);
  if (tres === null) return damaged(id, `its AllocTRES '${tresText}' cannot be read`);

  const doubts: string[] = [];
  // Slurm may have planned a start that never came.
  const started = startedText !== null && startedText > ended ? null : startedText;
  const elapsed = elapsedOf(elapsedText, started, ended, doubts);
  const nodes = nothing.includes(nodeList) ? 0 : countHosts(nodeList);
  if (nodes === null) doubts.push(`its NodeList '${nodeList}' cannot be read: AllocTRES has the number of nodes`);
  const job: FinishedJob = {
    id,
    rawId,
    user: named(user),
    account: named(account),
    partition: named(partition),
    state,
    submitted,
    started,
    ended,
    qos: nothing.includes(qos) ? null : qos,
    nodeList: nothing.includes(nodeList) ? null : nodeList,
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
  if (nothing.includes(text)) return null;
  if (!/^\d{1,10}$/.test(text)) return 'wrong';
  const seconds = Number(text);
  return seconds === 0 ? null : seconds <= most ? seconds : 'wrong';
}

/** A job that did not start used nothing. What is no number of seconds counts as nothing; an absent one is made good. */
function elapsedOf(text: string, started: number | null, ended: number, doubts: string[]): number {
  if (started === null) return 0;
  if (nothing.includes(text)) return ended - started;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  doubts.push(`its ElapsedRaw '${text}' is no number of seconds: it counts as 0`);
  return 0;
}

/** The API wants a word. */
function named(text: string): string {
  return nothing.includes(text) ? 'unknown' : text;
}
