import { z } from 'zod';
import { RequestProblem } from '../http/problem.ts';
import { canonicalTimestamp } from '../timestamp.ts';
import { dimensions } from './engine/grouping.ts';
import { measures } from './engine/measures.ts';
import { periodKinds } from './engine/periods.ts';
import type { Question } from './engine/question.ts';
import { axes } from './engine/scan.ts';
import { sizeLabels } from './engine/size-classes.ts';

/** Each value of a filter is compared with every name of a dictionary, so more of them cost little. */
const maxValues = 20_000;

const date = z.string().refine(isDate, 'must be a date, such as 2026-11-20');
const list = <Item extends z.ZodType>(item: Item) =>
  z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1).max(maxValues));
const names = list(z.string().max(1000)).optional();
const count = (most: number) => z.coerce.number().int().min(0).max(most);
const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true', '1', 'yes'], falsy: ['false', '0', 'no'] })]);

/** The members of a question, each of which is also a parameter of a query string. */
export const questionSchema = z.strictObject({
  cluster: names,
  axis: z.enum(axes).default('ran'),
  from: date.optional(),
  to: date.optional(),
  by: z.enum(dimensions).optional(),
  account_levels: count(20).default(0),
  period: z.enum(periodKinds).optional(),
  measure: list(z.enum(measures)).default(['jobs']),
  top: count(1000).optional(),
  compare: flag.default(false),
  partition: names,
  account: names,
  account_below: names,
  user: names,
  qos: names,
  state: names,
  size: list(z.enum(sizeLabels)).optional(),
  node: names,
  software: names,
});

/** The name of a parameter of a question. */
export type QuestionParameter = keyof typeof questionSchema.shape;

/** A question of which the clusters are null if the request names none. */
export type AskedQuestion = Omit<Question, 'clusters'> & { readonly clusters: readonly string[] | null };

/** True for a date such as `2026-11-20` in the years 1 to 9999. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && canonicalTimestamp(text) !== null;
}

/**
 * Reads the question of a request. Its members are the parameters of a query string, or of a JSON object.
 * @throws RequestProblem 400 that names every problem and the allowed values
 */
export function readQuestion(members: unknown): AskedQuestion {
  const { data: asked, error } = questionSchema.safeParse(members);
  if (error) throw new RequestProblem(400, error.issues.slice(0, 10).map(problemOf).join('; '));
  const { from = null, to = null } = asked;
  if (from !== null && to !== null && from > to) throw new RequestProblem(400, `from: must not be after to (${to})`);
  return {
    clusters: asked.cluster ?? null,
    axis: asked.axis,
    from,
    to,
    by: asked.by ?? null,
    levels: asked.account_levels,
    period: asked.period ?? null,
    measures: [...new Set(asked.measure)],
    top: asked.top ?? null,
    compare: asked.compare,
    filter: {
      partition: asked.partition ?? null,
      account: asked.account ?? null,
      accountsBelow: asked.account_below ?? null,
      user: asked.user ?? null,
      qos: asked.qos ?? null,
      state: asked.state ?? null,
    },
    sizes: asked.size ?? null,
    nodes: asked.node ?? null,
    software: asked.software ?? null,
  };
}

/** Returns the parameters of a query string; one that occurs several times is a list. */
export function membersOf(query: URLSearchParams): Readonly<Record<string, unknown>> {
  const members = new Map<string, string | string[]>();
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name).filter((value) => value !== '');
    if (values.length > 0) members.set(name, values.length === 1 ? (values[0] ?? '') : values);
  }
  return Object.fromEntries(members);
}

function problemOf({ path, message, code, ...issue }: z.core.$ZodIssue): string {
  if (code === 'unrecognized_keys' && 'keys' in issue) {
    return `${issue.keys.slice(0, 5).join(', ').slice(0, 200)}: is not a parameter; the parameters are ${Object.keys(questionSchema.shape).join(', ')}`;
  }
  return `${path.join('.')}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
