import { memoized } from '../lib/memo.ts';
import { utf8Of } from './values.ts';

/**
 * The beginning of the text of a job record: the fields that all of them have. The names are as they are in the log,
 * because most records only repeat names that are known already.
 */
export type JobText = {
  readonly user: string;
  /** Null if the job has none. */
  readonly account: string | null;
  readonly project: string | null;
  readonly queue: string;
  /** `ctime`: when the job was submitted. In seconds since 1970, like all times. */
  readonly submitted: number;
  /** `qtime`: when the job entered its queue. */
  readonly queued: number;
  /** The text after `etime`, with a leading blank. */
  readonly rest: string;
};

const owner = /user=(\S+) group=\S+ /y;

/**
 * The fields between the account and the resources. PBS puts a project in quotes if it contains a blank, and accepts no
 * quotes in it (measured on OpenPBS 23.06.06).
 */
const skeleton =
  /(?:accounting_id="[^"]*" )?(?:project=(?:"([^"]*)"|([^ "]*)) )?jobname=\S* queue=(\S+) (?:resvname=\S+ resvID=\S+ )?ctime=(\d{1,10}) qtime=(\d{1,10}) etime=\d{1,10}(?= |$)/y;

const accountOpens = 'account="';

/** The fields that can follow the account, the most frequent first: PBS gives every job a project. */
const afterAccount = ['" project=', '" accounting_id=', '" jobname='] as const;

/**
 * Parses the text of a job record (`user=… group=… account="…" project=… jobname=… queue=… ctime=…`), decoded as Latin-1.
 * Returns null if the text lacks one of these fields, because a line break in the account or project cuts it.
 *
 * PBS escapes nothing, and users choose the account. It ends at the last quote that the other fields follow, because
 * everything before that quote can be the user's text.
 */
function jobTextOf(text: string): JobText | null {
  owner.lastIndex = 0;
  const user = owner.exec(text)?.[1];
  if (user === undefined) return null;
  const start = owner.lastIndex;
  if (!text.startsWith(accountOpens, start)) return jobTextFrom(text, start, user, null);
  const accountStart = start + accountOpens.length;
  // Most records have no other quotes, and this is much faster than a search from the end.
  const quote = text.indexOf('"', accountStart);
  if (quote >= 0 && text.indexOf('"', quote + 1) < 0)
    return jobTextFrom(text, quote + 2, user, text.slice(accountStart, quote));
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
  // Do not destructure the match: this is called for every record, and destructuring takes longer.
  return {
    user,
    account,
    project: match[1] ?? match[2] ?? null,
    queue: match[3] ?? '',
    submitted: Number(match[4]),
    queued: Number(match[5]),
    rest: text.slice(skeleton.lastIndex),
  };
}

/** The jobs whose beginning of the text is remembered: at most some megabytes. */
const mostRemembered = 20_000;

/**
 * Parses the texts of jobs and remembers their beginnings. The records of a job begin alike until the job is altered, so
 * most records need no search for the end of the account.
 */
export class JobTexts {
  readonly #known = new Map<string, { readonly head: string; readonly job: JobText }>();

  /** Returns the same as `jobTextOf`. `isLast` is true for the last record of a job. */
  parse(id: string, text: string, isLast: boolean): JobText | null {
    const known = this.#known.get(id);
    if (known !== undefined && isLast) this.#known.delete(id);
    // The blank in the comparison is the end of the last field.
    if (known !== undefined && text.startsWith(known.head)) {
      const { user, account, project, queue, submitted, queued } = known.job;
      return { user, account, project, queue, submitted, queued, rest: text.slice(known.head.length - 1) };
    }
    const job = jobTextOf(text);
    if (job === null || isLast) return job;
    if (this.#known.size >= mostRemembered) this.#known.clear();
    const head = text.slice(0, text.length - job.rest.length + 1);
    if (head.endsWith(' ')) this.#known.set(id, { head, job });
    return job;
  }
}

/** The user, account and queue of a job, and its submit time. */
export type JobOwner = {
  readonly user: string;
  /** The account, else a project that is not the default project of PBS, as in the snapshots; else `unknown`. */
  readonly account: string;
  readonly queue: string;
  readonly submitted: number;
};

/** Returns the owner that a record names. Returns `known` if the record names the same. */
export function ownerIn(job: JobText, known: JobOwner | null): JobOwner {
  const { user, queue, submitted } = job;
  const account = accountOf(job, known);
  if (known?.user === user && known.queue === queue && known.account === account && known.submitted === submitted)
    return known;
  return { user: named(user), account, queue: named(queue), submitted };
}

function accountOf({ account, project }: JobText, known: JobOwner | null): string {
  if (account !== null && account === known?.account) return known.account;
  const name = account === null ? '' : named(account);
  if (name !== '') return name;
  return project === null || project === defaultProject ? 'unknown' : named(project) || 'unknown';
}

const defaultProject = '_pbs_project_default';

/**
 * Decodes a name of the log as UTF-8 and cleans it. Returns a copy, because a part of a line keeps the whole line in
 * memory.
 */
const named = memoized((latin1) => cleanName(utf8Of(latin1)));

/** Returns a name without control characters, as in the snapshots, and without the blanks around it. */
export function cleanName(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim();
}
