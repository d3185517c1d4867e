import { z } from 'zod';
import { variablesOf } from '../config/destinations.ts';
import type { IngestSettings } from '../config/ingest.ts';
import { OperatorError } from '../lib/errors.ts';
import type { HttpReply } from '../lib/http.ts';
import { learnSecret } from '../lib/secrets.ts';
import { counted, printable } from '../lib/text.ts';
import type { Destination, Omitted, Outcome, Sent } from './destination.ts';
import { jsonRequests } from './json-request.ts';
import { type ApiAnswer, type ApiDialect, type ApiSettings, jsonOf, judgeReply } from './judge.ts';

/** The jobs of one cluster as they are sent. The delivery does not check the members of a job. */
const batch = z.object({ hostname: z.string(), jobs: z.array(z.record(z.string(), z.unknown())) });
type Batch = z.output<typeof batch>;
type Job = Batch['jobs'][number];

/** The API's answer to stored jobs. */
const acceptance = z.object({ success: z.literal(true), jobs_processed: z.int() });

/** The API's answer (422) to a body that it does not accept, with each wrong field. */
const refusal = z.strictObject({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string() })),
});
const failure = z.strictObject({ detail: z.string() });

/**
 * A usage-history ingest API (or the receiver, which speaks the same) as a destination. `name` is its name in
 * `destinations:`.
 * Throws OperatorError, exit code 2, if its address or key is missing. The error names the env file for them.
 */
export function ingestDestination(settings: IngestSettings, envFile = 'the env file', name = 'ingest'): Destination {
  const { baseUrl, addressSetting, apiKey } = settings;
  const { key } = variablesOf(name);
  const [address, login] =
    name === 'ingest'
      ? ["the usage-history API's address", "the usage-history API's key"]
      : [`the address of the destination ${name}`, `the key of the destination ${name}`];
  if (baseUrl === null) {
    throw new OperatorError(`${address} is not configured: set ${addressSetting} in the environment or in ${envFile}`);
  }
  if (apiKey === null) {
    throw new OperatorError(`${login} is not configured: set ${key[0]} in the environment or in ${envFile}`);
  }
  learnSecret(apiKey);
  const requestOf = jsonRequests(name, baseUrl, settings);
  return {
    name,
    content: name === 'ingest' ? 'jobs' : `jobs to ${name}`,
    address: baseUrl,
    usesCollectionTime: false,
    catchUp: null,
    description: name === 'ingest' ? `the usage-history API at ${baseUrl}` : `${name} at ${baseUrl}`,
    maxPerMinute: settings.max_per_minute,
    maxBodyBytes: settings.max_body_bytes,
    request: (entry, body, sender) => requestOf(entry, body, sender, { 'X-API-Key': apiKey }),
    // Each job is a record of its own. This API needs no order of jobs, and replaces a job that it has.
    prepare: (body) => ({ body, leftOut: [], ifRefused: null }),
    reduce: () => null,
    omit: (body) => withoutUnstarted(batch.safeParse(jsonOf(body)).data, 'known from an earlier answer'),
    judge: (reply, sent) =>
      judge(reply, sent, { addressSetting, loginSetting: `${key[0]} and the clusters it is for` }),
  };
}

/** An answer with another number of jobs comes from the right API, but which jobs it stored is unknown. */
function judge(reply: HttpReply, { body, mayHaveArrived }: Sent, settings: ApiSettings): Outcome {
  const outcome = judgeReply(reply, mayHaveArrived, apiFor(body, settings));
  const took = reply.kind === 'answer' ? acceptance.safeParse(jsonOf(reply.body)).data?.jobs_processed : undefined;
  if (outcome.kind !== 'misconfigured' || took === undefined) return outcome;
  const detail = `HTTP 200 that confirms ${counted(took, 'job')} of ${jobsIn(body)}: ask the administrators of the API`;
  return { kind: 'misconfigured', detail };
}

function jobsIn(body: string): number | undefined {
  return batch.safeParse(jsonOf(body)).data?.jobs.length;
}

function apiFor(body: string, settings: ApiSettings): ApiDialect {
  return {
    ...settings,
    acceptance: (answer) => acceptanceOf(answer, body),
    errorOf,
    ownMeaning: (answer, detail) => ownMeaning(answer, detail, body),
  };
}

/** Returns the accepted number of jobs; null unless the answer confirms all jobs that were sent. */
function acceptanceOf({ status, body }: ApiAnswer, sent: string): string | null {
  const accepted = status === 200 ? acceptance.safeParse(jsonOf(body)).data : undefined;
  const jobs = jobsIn(sent);
  return accepted !== undefined && accepted.jobs_processed === jobs ? `jobs_processed=${jobs}` : null;
}

/**
 * The meanings of a 500 by its text. The API answers 500 both to a body that it can never store and when its disk is
 * full (measured on the real server). It stores all of a request or nothing.
 */
const serverErrors: readonly (readonly [RegExp, 'not-started' | 'permanent' | 'no-keys'])[] = [
  [/NaTType.* has no attribute/, 'not-started'],
  [/tz-naive and tz-aware|tz-aware.*tz-naive/, 'permanent'],
  [/No API keys configured/, 'no-keys'],
];

function ownMeaning(answer: ApiAnswer, detail: string, sent: string): Outcome | null {
  const jobs = batch.safeParse(jsonOf(sent)).data;
  if (jobs === undefined) return null;
  if (answer.status === 422) return withoutNamed(answer, detail, jobs);
  const text = failure.safeParse(jsonOf(answer.body)).data?.detail ?? '';
  switch (answer.status >= 500 ? serverErrors.find(([pattern]) => pattern.test(text))?.[1] : undefined) {
    case 'not-started':
      return withoutUnstarted(jobs, detail);
    case 'permanent':
      return { kind: 'rejected', detail };
    case 'no-keys':
      return { kind: 'misconfigured', detail };
    default:
      return null;
  }
}

/**
 * Returns the batch without the jobs that never started; null if all of them started. `rest` can have no jobs: the API
 * accepts an empty list, and the entry is then delivered like any other.
 */
function withoutUnstarted(sent: Batch | undefined, detail: string): Omitted | null {
  if (sent === undefined) return null;
  const { hostname, jobs } = sent;
  const out = jobs.filter((job) => !isStarted(job));
  if (out.length === 0) return null;
  return {
    kind: 'omitted',
    detail,
    rest: JSON.stringify({ hostname, jobs: jobs.filter(isStarted) }),
    leftOut: `${counted(out.length, 'job')} that never started`,
    records: out.map(({ JobID, Submit }) => `job ${JobID}, submitted ${Submit}, never started`),
  };
}

/** The API reads a missing `Start` as null. */
function isStarted({ Start }: Job): boolean {
  return (Start ?? null) !== null;
}

/** Returns the batch without the jobs that the answer names: `["body", "jobs", 3, "Start"]`. Null if it names none. */
function withoutNamed({ body }: ApiAnswer, detail: string, jobs: Batch): Outcome | null {
  const problems = refusal.safeParse(jsonOf(body)).data?.detail ?? [];
  const named = new Set<Job | undefined>();
  for (const { loc } of problems) if (loc[1] === 'jobs' && typeof loc[2] === 'number') named.add(jobs.jobs[loc[2]]);
  // Leave jobs out only if every problem names a job: any other problem is in each part of the batch too.
  const isOfStart =
    problems.every(({ loc }) => loc[3] === 'Start') && [...named].every((job) => job && !isStarted(job));
  if (named.size > 0 && isOfStart) return withoutUnstarted(jobs, detail);
  const isOfJobs = problems.length > 0 && problems.every(({ loc }) => loc[1] === 'jobs' && typeof loc[2] === 'number');
  return isOfJobs ? withoutJobs(jobs, (job) => named.has(job), detail, refusalOf(body) ?? detail) : null;
}

/** Returns the batch without the matching jobs; null if no job matches, `rejected` if all do. */
function withoutJobs(
  { hostname, jobs }: Batch,
  isMeant: (job: Job) => boolean,
  detail: string,
  reason: string,
): Outcome | null {
  const [out, rest] = [jobs.filter(isMeant), jobs.filter((job) => !isMeant(job))];
  if (out.length === 0) return null;
  if (rest.length === 0) return { kind: 'rejected', detail: `${detail} (${reason})` };
  return {
    kind: 'split',
    detail,
    rest: JSON.stringify({ hostname, jobs: rest }),
    leftOut: JSON.stringify({ hostname, jobs: out }),
    reason: `${counted(out.length, 'job')} left out: ${reason}`,
  };
}

function errorOf(body: string): string | null {
  return failure.safeParse(jsonOf(body)).data?.detail ?? refusalOf(body);
}

/** Returns the first wrong fields in one line; null if the body does not name any. */
function refusalOf(body: string): string | null {
  const problems = refusal.safeParse(jsonOf(body)).data?.detail;
  if (problems === undefined || problems.length === 0) return null;
  const first = problems.slice(0, 3).map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`);
  const more = problems.length > first.length ? `, and ${problems.length - first.length} more` : '';
  return printable(first.join('; ') + more, 300);
}
