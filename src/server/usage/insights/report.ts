import { RequestProblem } from '../../http/problem.ts';
import { dateOfDay, dayOfDate } from '../cluster-clock.ts';
import type { Answer } from '../engine/answer.ts';
import { everything } from '../engine/filter.ts';
import type { Dimension } from '../engine/grouping.ts';
import type { Measure } from '../engine/measures.ts';
import { nextPeriod, type PeriodKind, type UsageWindow } from '../engine/periods.ts';
import type { Question } from '../engine/question.ts';

/** The kinds of reports, and the periods of their time lines. */
export const reportKinds = { month: 'day', quarter: 'week', year: 'month' } as const;
export type ReportKind = keyof typeof reportKinds;

/** The period of a report. */
export type ReportPeriod = { readonly kind: ReportKind; readonly name: string; readonly window: UsageWindow };

/** The sections of a report, each of which is the answer to a question. */
export type Report = {
  readonly cluster: string;
  readonly period: string;
  /** False if the period has not ended: more jobs can come. */
  readonly complete: boolean;
  readonly generated_at: string;
  readonly summary: Answer;
  readonly states: Answer;
  readonly accounts: Answer;
  readonly partitions: Answer;
  readonly timeline: Answer;
};

/**
 * Reads the period of a report: `2026-11`, `2026-Q4` or `2026`.
 * @throws RequestProblem 400
 */
export function reportPeriod(text: string): ReportPeriod {
  const [, year = '', quarter, month] = /^(\d{4})(?:-Q([1-4])|-(\d\d))?$/.exec(text) ?? [];
  const kind: ReportKind = quarter === undefined ? (month === undefined ? 'year' : 'month') : 'quarter';
  const first = quarter === undefined ? (month ?? '01') : String(Number(quarter) * 3 - 2).padStart(2, '0');
  if (year < '1970' || year > '9998' || Number(first) < 1 || Number(first) > 12) {
    throw new RequestProblem(
      400,
      'period: give a month such as 2026-11, a quarter such as 2026-Q4, or a year such as 2026',
    );
  }
  const from = dayOfDate(`${year}-${first}-01`);
  return { kind, name: text, window: { from, until: nextPeriod(kind, from) } };
}

const sums = ['jobs', 'users', 'cpu_hours', 'gpu_hours', 'node_hours'] as const;

/** Returns the questions of a report. All but the time line are of jobs that ended in the period. */
export function reportQuestions(cluster: string, { kind, window }: ReportPeriod) {
  const base = (by: Dimension | null, measures: readonly Measure[], period: PeriodKind | null): Question => ({
    clusters: [cluster],
    axis: 'ended',
    from: dateOfDay(window.from),
    to: dateOfDay(window.until - 1),
    by,
    levels: 0,
    period,
    measures,
    top: null,
    filter: everything,
    sizes: null,
    nodes: null,
    software: null,
    compare: false,
  });
  return {
    summary: { ...base(null, [...sums, 'wait', 'duration'], null), compare: true },
    states: base('state', ['jobs', 'cpu_hours', 'gpu_hours'], null),
    accounts: base('account', ['cpu_hours', 'jobs', 'gpu_hours', 'users'], null),
    partitions: base('partition', ['cpu_hours', 'jobs', 'gpu_hours', 'users'], null),
    timeline: { ...base(null, ['jobs', 'users', 'cpu_hours', 'gpu_hours'], reportKinds[kind]), axis: 'ran' },
  } satisfies Record<string, Question>;
}
