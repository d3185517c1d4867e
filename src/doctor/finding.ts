/** What came of one check. */
export type Finding = {
  /** What was looked at: `ssh derecho`. */
  readonly name: string;
  /** `fail` keeps a run from doing its work, `warn` does not; what is skipped was not looked at. */
  readonly result: 'pass' | 'warn' | 'fail' | 'skip';
  /** What was found. */
  readonly words: string;
  /** The command that mends it, or else what to do; null where nothing is to be done. */
  readonly mend: string | null;
};

export const pass = (name: string, words: string): Finding => ({ name, result: 'pass', words, mend: null });
export const skip = (name: string, words: string): Finding => ({ name, result: 'skip', words, mend: null });
export const warn = (name: string, words: string, mend: string): Finding => ({ name, result: 'warn', words, mend });
export const fail = (name: string, words: string, mend: string): Finding => ({ name, result: 'fail', words, mend });
