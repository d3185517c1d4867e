import type { NumberedLine } from '../lib/lines.ts';
import { type JobText, JobTexts } from './accounting-text.ts';

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

const isType = /[A-Za-z]/;

/** The most characters of an id. */
const longestId = 200;

/**
 * Joins the lines of an accounting log into records. PBS prints the account and the project as they are, line breaks
 * included, so a user can write lines that look like records of others. A job record that is cut within these fields
 * takes the next lines, whatever they look like, until it has all fields. If 20 lines do not complete it, only its first
 * line is given up and the others are read again.
 */
export class RecordJoiner {
  readonly #sink: AccountingSink;
  readonly #texts = new JobTexts();
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
    const { header, lines } = begun;
    lines.push(line);
    begun.text += `\n${line.text ?? ''}`;
    const isDone = line.text !== null && this.#isDone(header, begun.text, lines[0]?.number ?? 0, true);
    if (!isDone && (line.text === null || lines.length >= mostLines)) this.#giveUp(begun);
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
    const rest = text.slice(header.length);
    if (!this.#isDone(header, rest, number, false)) this.#begun = { header, lines: [line], text: rest };
  }

  /** Passes the record on if it has all its fields. */
  #isDone({ clock, type, id }: Header, text: string, line: number, hasLineBreak: boolean): boolean {
    const isJob = jobTypes.includes(type) && text.startsWith('user=');
    const job = isJob ? this.#texts.parse(id, text, type === 'E') : null;
    if (isJob ? job === null : type === 'a' && isCutWithinName(text)) return false;
    this.#begun = null;
    this.#sink.record({ line, clock, type, id, text, job, hasLineBreak });
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

const prefix = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d);[A-Za-z];/;

/** The last time that was parsed: many records have the time of the record before them. */
let last = { text: '', clock: 0 };

/** The length of the time, the type and their semicolons. */
const prefixLength = 22;

/** Parses `11/27/2026 23:43:03;E;13.server;`. Returns null if the line does not begin like that. */
function headerOf(line: string): Header | null {
  const idEnd = line.indexOf(';', prefixLength);
  if (idEnd <= prefixLength || idEnd > prefixLength + longestId) return null;
  if (!line.startsWith(last.text) || last.text === '' || !isType.test(line.charAt(20)) || line.charAt(21) !== ';') {
    const [, month, day, year, hour, minute, second] = prefix.exec(line) ?? [];
    if (month === undefined) return null;
    const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    last = { text: line.slice(0, 20), clock: time / 1000 };
  }
  return { clock: last.clock, type: line.charAt(20), id: line.slice(prefixLength, idEnd), length: idEnd + 1 };
}
