import type { Loaded } from './loaded.ts';
import type { Measure } from './measures.ts';
import type { Periods } from './periods.ts';
import type { Question } from './question.ts';

/** A question with the jobs and the periods that it is about. */
export type Asked = {
  readonly question: Question;
  readonly clusters: readonly Loaded[];
  /** Those of the question; its window if it has none. */
  readonly periods: Periods;
  /** The measures that groups have for each period. */
  readonly inSeries: readonly Measure[];
};
