import { utf8Of } from './values.ts';

/** The beginning of the text of a job record: the fields that all of them have, and the text after these fields. */
export type JobText = {
  readonly user: string;
  /** The account, else the project; `unknown` if the job has neither. */
  readonly account: string;
  readonly queue: string;
  /** `ctime`: when the job was submitted. In seconds since 1970, like all times. */
  readonly submitted: number;
  /** When the job entered its queue. */
  readonly queued: number;
  /** The text after `etime`, with a leading blank, decoded as Latin-1. */
  readonly rest: string;
};

const owner = /user=(\S+) group=\S+ /y;

/**
 * The fields between the account and the resources. PBS puts a project in quotes if it contains a blank, and accepts no
 * quotes in it (contract measured on OpenPBS 23.06.06).
 */
const skeleton =
  /(?:accounting_id="[^"]*" )?(?:project=(?:"([^"]*)"|([^ "]*)) )?jobname=\S* queue=(\S+) (?:resvname=\S+ resvID=\S+ )?ctime=(\d{1,10}) qtime=(\d{1,10}) etime=\d{1,10}(?= |$)/y;

const accountOpens = 'account="';

/** What can follow the account, the likeliest first: PBS gives every job a project. */
const afterAccount = ['" project=', '" accounting_id=', '" jobname='] as const;

/**
 * Parses the text of a job record (`user=… group=… account="…" project=… jobname=… queue=… ctime=…`), decoded as Latin-1.
 * Returns null if the text lacks one of these fields, because a line break in the account or project cuts it.
 *
 * PBS escapes nothing, and users choose the account. It ends at the last quote that the other fields follow, because
 * everything before that quote can be the user's text.
 */
export function jobTextOf(text: string): JobText | null {
  owner.lastIndex = 0;
  const user = owner.exec(text)?.[1];
  if (user === undefined) return null;
  const start = owner.lastIndex;
  if (!text.startsWith(accountOpens, start)) return jobTextFrom(text, start, user, null);
  const accountStart = start + accountOpens.length;
  for (const next of afterAccount) {
    for (let end = text.lastIndexOf(next); end >= accountStart; end = text.lastIndexOf(next, end - 1)) {
      const found = jobTextFrom(text, end + 2, user, text.slice(accountStart, end));
      if (found !== null) return found;
    }
  }
  return null;
}

function jobTextFrom(text: string, start: number, user: string, account: string | null): JobText | null {
  skeleton.lastIndex = start;
  const match = skeleton.exec(text);
  if (match === null) return null;
  const [, quotedProject, project = quotedProject, queue = '', submitted, queued] = match;
  return {
    user: kept(user),
    account: accountOf(account, project),
    queue: kept(queue),
    submitted: Number(submitted),
    queued: Number(queued),
    rest: text.slice(skeleton.lastIndex),
  };
}

/** Applies the rule of the status snapshots: the account, else a project that is not the default project of PBS. */
function accountOf(account: string | null, project: string | undefined): string {
  const name = account === null ? '' : withoutControls(kept(account)).trim();
  if (name !== '') return name;
  const other = project === undefined ? '' : withoutControls(kept(project)).trim();
  return other === '' || other === '_pbs_project_default' ? 'unknown' : other;
}

function withoutControls(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
}

/** The names of users, accounts and queues: a log repeats a few names very often. */
const names = new Map<string, string>();
const mostNames = 20_000;
const longestName = 1000;

/**
 * Decodes a name of the log as UTF-8. Returns a copy, because a part of a line would keep the whole line in memory.
 */
export function kept(latin1: string): string {
  const known = names.get(latin1);
  if (known !== undefined) return known;
  const copy = utf8Of(latin1);
  if (latin1.length > longestName) return copy;
  if (names.size >= mostNames) names.clear();
  names.set(Buffer.from(latin1, 'latin1').toString('latin1'), copy);
  return copy;
}

/** Returns the value of the last occurrence of a field, up to the next blank; null if there is none. */
export function lastValue(rest: string, field: string): string | null {
  return valueAt(rest, rest.lastIndexOf(` ${field}=`), field);
}

/** Returns the value of the first occurrence of a field, up to the next blank; null if there is none. */
export function firstValue(rest: string, field: string): string | null {
  return valueAt(rest, rest.indexOf(` ${field}=`), field);
}

function valueAt(rest: string, at: number, field: string): string | null {
  if (at < 0) return null;
  const start = at + field.length + 2;
  const blank = rest.indexOf(' ', start);
  return rest.slice(start, blank < 0 ? rest.length : blank);
}

/** Returns a field that is a whole number of at most 15 digits; null if it is missing or anything else. */
export function numberIn(value: string | null): number | null {
  return value !== null && /^-?\d{1,15}$/.test(value) ? Number(value) : null;
}

/** Parses a duration of PBS, `HH:MM:SS` or seconds, to seconds; null if it is missing or anything else. */
export function durationIn(value: string | null): number | null {
  const [, hours = '0', minutes = '0', seconds] = /^(?:(\d{1,7}):(\d\d):)?(\d{1,9})$/.exec(value ?? '') ?? [];
  return seconds === undefined ? null : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
