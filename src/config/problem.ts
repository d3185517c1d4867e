import { OperatorError } from '../lib/errors.ts';

/** One error of the configuration. */
export type ConfigProblem = {
  /** The file, or `the built-in derecho.yaml`; null for the environment. */
  readonly file: string | null;
  /** Counted from 1; null if the error has no place in a file. */
  readonly line: number | null;
  readonly column: number | null;
  /** The problem and the expected value. */
  readonly words: string;
};

/** Formats an error as `/dir/casper.yaml:3:7: load_as: must be …`. */
export function problemText({ file, line, column, words }: ConfigProblem): string {
  const place = line === null ? '' : `:${line}:${column}`;
  return file === null ? words : `${file}${place}: ${words}`;
}

/** The configuration is wrong; the message lists all errors in one line. */
export class ConfigError extends OperatorError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], cause?: unknown) {
    super(problems.map(problemText).join('; '), { cause });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
