import type { NumberedLine } from '../lib/lines.ts';
import { type JobText, jobTextOf } from './accounting-text.ts';

/** One record of the accounting log. All texts are decoded as Latin-1. */
export type AccountingRecord = {
  /** The number of its first line in the file, from 1. */
  readonly line: number;
  /** The time of the server's clock, without a zone: seconds since 1970 as if it were UTC. */
  readonly clock: number;
  readonly type: string;
  readonly id: string;
  readonly text: string;
  /** The parsed text of a job record; null for other records. */
  readonly job: JobText | null;
  /** True if the record has several lines, because its account or project contains a line break. */
  readonly hasLineBreak: boolean;
};

/** A part of a file that cannot be used, or that a user could have forged. */
export type LogProblem = {
  readonly line: number;
  /** The id of the job; null if there is none. */
  readonly id: string | null;
  readonly problem: string;
  /** True if a run can be missing because of it. */
  readonly isLoss: boolean;
};

/** The problem of a record of several lines: a user chooses the account and the project, and can write records into them. */
export const forgeable = 'the account or project of the job contains a line break';

/** The functions that receive the content of a log, in its order. */
export type AccountingSink = { record(record: AccountingRecord): void; problem(problem: LogProblem): void };

/** A line whose record can continue on the next line, and the lines so far. */
type Begun = { readonly header: Header; readonly lines: NumberedLine[]; text: string };

/** The most lines that are joined into one record. */
const mostLines = 20;

/** The types of records whose text describes a job: queued, started, ended, requeued, and phases of released nodes. */
const jobTypes = 'QSERuce';

/**
 * Joins the lines of an accounting log into records. PBS prints the account and the project as they are, line breaks
 * included, so a user can write lines that look like records of others. A job record that is cut within these fields
 * takes the next lines, whatever they look like, until it has all fields. If 20 lines do not complete it, only its first
 * line is given up and the others are read again.
 */
export class RecordJoiner {
  readonly #sink: AccountingSink;
  #begun: Begun | null = null;

  constructor(sink: AccountingSink) {
    this.#sink = sink;
  }

  /** The first line of a record that has not ended yet; null if there is none. */
  get unfinished(): NumberedLine | null {
    return this.#begun?.lines[0] ?? null;
  }

  add(line: NumberedLine): void {
    const begun = this.#begun;
    if (begun === null) {
      this.#begin(line);
      return;
    }
    begun.lines.push(line);
    begun.text += `\n${line.text ?? ''}`;
    if (line.text === null || (!this.#isDone(begun) && begun.lines.length >= mostLines)) this.#giveUp(begun);
  }

  /** Gives up an unfinished record at the end of a file that will not grow. */
  end(): void {
    while (this.#begun !== null) this.#giveUp(this.#begun);
  }

  #begin(line: NumberedLine): void {
    const { text, number } = line;
    const header = headerOf(text ?? '');
    if (text === null || header === null) {
      const problem = text === null ? 'the line is too long' : 'the line is not a record';
      this.#sink.problem({ line: number, id: null, problem, isLoss: text === null });
      return;
    }
    const begun = { header, lines: [line], text: text.slice(header.length) };
    if (!this.#isDone(begun)) this.#begun = begun;
  }

  /** Passes the record on if it has all its fields. */
  #isDone({ header, lines, text }: Begun): boolean {
    const { clock, type, id } = header;
    const isJob = jobTypes.includes(type) && text.startsWith('user=');
    const job = isJob ? jobTextOf(text) : null;
    if (isJob ? job === null : type === 'a' && isCutWithinName(text)) return false;
    this.#begun = null;
    const line = lines[0]?.number ?? 0;
    this.#sink.record({ line, clock, type, id, text, job, hasLineBreak: lines.length > 1 });
    return true;
  }

  #giveUp({ header, lines }: Begun): void {
    this.#begun = null;
    const [first, ...others] = lines;
    const { type, id } = header;
    const problem = `the ${type} record of the job is cut`;
    this.#sink.problem({ line: first?.number ?? 0, id, problem, isLoss: type === 'E' || type === 'R' });
    for (const other of others) this.add(other);
  }
}

/** True for a record of an altered job whose account or project has no closing quote on this line. */
function isCutWithinName(text: string): boolean {
  const opens = Math.max(text.lastIndexOf('Account_Name="'), text.lastIndexOf('project="'));
  if (opens < 0) return false;
  const value = text.slice(text.indexOf('"', opens) + 1);
  return !/"(?: |$)/.test(value);
}

type Header = {
  readonly clock: number;
  readonly type: string;
  readonly id: string;
  /** The number of characters up to the text. */
  readonly length: number;
};

const prefix = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d);([A-Za-z]);([^;]{1,200});/;

/** The last day that was parsed: nearly all records of a file are of one day. */
let lastDay = { text: '', seconds: 0 };

/** Parses `11/27/2026 23:43:03;E;13.server;`. Returns null if the line does not begin like that. */
function headerOf(line: string): Header | null {
  const match = prefix.exec(line);
  if (match === null) return null;
  const [whole, month, day, year, hour, minute, second, type = '', id = ''] = match;
  const text = line.slice(0, 10);
  if (text !== lastDay.text) lastDay = { text, seconds: Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000 };
  const clock = lastDay.seconds + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return { clock, type, id, length: whole.length };
}
