import { z } from 'zod';
import { isRecord, parseJson } from '../../http/json.ts';
import { RequestProblem } from '../../http/problem.ts';
import { Problems, refused } from '../fault.ts';
import { isDate } from '../query-request.ts';
import { missing } from '../records.ts';

/** The colours of the original page: the names of its columns. */
export const colours = {
  Account: 'account',
  Partition: 'partition',
  State: 'state',
  QOS: 'qos',
  User: 'user',
} as const;
export type Colour = keyof typeof colours;

/** The body of `/filter` and `/charts`. */
export type FilterRequest = {
  readonly hostname: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly partitions: readonly string[] | null;
  readonly accounts: readonly string[] | null;
  readonly users: readonly string[] | null;
  readonly qos: readonly string[] | null;
  readonly states: readonly string[] | null;
  readonly period: 'day' | 'week' | 'month' | 'year';
  readonly colour: Colour | null;
  /** The levels of account names that are shown; 0 for all. */
  readonly levels: number;
};

const maxValues = 20_000;
const date = z.string().refine(isDate, 'Input should be a valid date, as 2026-11-20').nullish();
const names = z.array(z.string()).max(maxValues).nullish();

// The original takes any word for a period or colour that it does not know as "month" and as no colour.
const schema = z.object({
  hostname: z.string(),
  start_date: date,
  end_date: date,
  partitions: names,
  accounts: names,
  users: names,
  qos: names,
  states: names,
  period_type: z.string().nullish(),
  color_by: z.string().nullish(),
  account_segments: z.number().int().min(0).max(20).nullish(),
});

/**
 * Reads the body of a POST to `/filter` or `/charts`.
 * @throws RequestProblem 422 that names every fault, as FastAPI does
 */
export function readFilterRequest(bytes: Uint8Array): FilterRequest {
  const body = parsed(bytes);
  const { data, error } = schema.safeParse(body);
  if (error) throw refusalOf(error.issues, body);
  const isPeriod = (text: unknown): text is FilterRequest['period'] =>
    text === 'day' || text === 'week' || text === 'month' || text === 'year';
  const isColour = (text: unknown): text is Colour => typeof text === 'string' && Object.hasOwn(colours, text);
  return {
    hostname: data.hostname,
    from: data.start_date ?? null,
    to: data.end_date ?? null,
    partitions: someOf(data.partitions),
    accounts: someOf(data.accounts),
    users: someOf(data.users),
    qos: someOf(data.qos),
    states: someOf(data.states),
    period: isPeriod(data.period_type) ? data.period_type : 'month',
    colour: isColour(data.color_by) ? data.color_by : null,
    levels: data.account_segments ?? 0,
  };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error;
    throw refused({ type: 'json_invalid', msg: 'JSON decode error', ctx: { error: error.message } }, ['body'], {});
  }
}

/** An empty list is no filter. */
function someOf(list: readonly string[] | null | undefined): readonly string[] | null {
  return list && list.length > 0 ? list : null;
}

function refusalOf(issues: readonly z.core.$ZodIssue[], body: unknown): unknown {
  const problems = new Problems();
  for (const { path, message, code } of issues) {
    const name = path[0] === undefined ? null : String(path[0]);
    const loc = ['body', ...path.map((part) => (typeof part === 'number' ? part : String(part)))];
    const isAbsent = code === 'invalid_type' && name !== null && isRecord(body) && !Object.hasOwn(body, name);
    if (isAbsent) problems.add(missing, loc, body);
    else problems.add({ type: 'value_error', msg: message }, loc, isRecord(body) && name !== null ? body[name] : body);
  }
  return problems.refusal();
}
