import type { FinishedJob } from '../lib/finished-job.ts';
import { counted } from '../lib/text.ts';
import { forgeable, type LogProblem } from '../pbs/accounting-lines.ts';
import type { PartResult } from './source.ts';

/** A number of like problems, with the first ones as text. */
class Tally {
  count = 0;
  readonly #first: string[] = [];

  add(text: string): void {
    this.count += 1;
    if (this.#first.length < 10) this.#first.push(text);
  }

  /** Returns the first ones, separated by `separator`. */
  first(separator: string): string {
    const more = this.count > this.#first.length ? [`and ${this.count - this.#first.length} more`] : [];
    return [...this.#first, ...more].join(separator);
  }
}

/** The problems of one accounting file. */
export class LogProblems {
  readonly #file: string;
  readonly #lost = new Tally();
  readonly #forgeable = new Tally();
  readonly #ignored = new Tally();
  readonly #doubtful = new Tally();

  constructor(file: string) {
    this.#file = file;
  }

  add({ line, id, problem, isLoss }: LogProblem): void {
    const place = `${this.#file}:${line}${id === null ? '' : ` (${id})`}`;
    if (problem === forgeable) this.#forgeable.add(place);
    else (isLoss ? this.#lost : this.#ignored).add(`${place}: ${problem}`);
  }

  /** Notes a run with impossible values. */
  see({ id, doubt }: FinishedJob): void {
    if (doubt !== null) this.#doubtful.add(`${id}: ${doubt}`);
  }

  messages(): Pick<PartResult, 'damaged' | 'errors' | 'warnings'> {
    const [lost, forged, ignored, doubtful] = [this.#lost, this.#forgeable, this.#ignored, this.#doubtful];
    const when = (tally: Tally, message: string) => (tally.count === 0 ? [] : [message]);
    const errors = when(
      lost,
      `${counted(lost.count, 'record')} of the accounting log cannot be used, and jobs can be missing: ${lost.first('; ')}`,
    );
    const warnings = [
      ...when(
        forged,
        `${counted(forged.count, 'record')} of the accounting log with a line break in the account or project, in which a user can hide forged records: ${forged.first(', ')}; compare these jobs with qstat -x -f, and see hpc-collector help jobs for a hook that refuses such names`,
      ),
      ...when(
        ignored,
        `${counted(ignored.count, 'line')} of the accounting log ignored; a user can have forged the records around ${ignored.count === 1 ? 'it' : 'them'}: ${ignored.first('; ')}`,
      ),
      ...when(doubtful, `${counted(doubtful.count, 'job')} with doubtful values: ${doubtful.first('; ')}`),
    ];
    return { damaged: lost.count, errors, warnings };
  }
}
