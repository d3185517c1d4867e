import { withoutSecrets } from '../lib/secrets.ts';

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

export const pass = (name: string, words: string): Finding => found(name, 'pass', words, null);
export const skip = (name: string, words: string): Finding => found(name, 'skip', words, null);
export const warn = (name: string, words: string, mend: string): Finding => found(name, 'warn', words, mend);
export const fail = (name: string, words: string, mend: string): Finding => found(name, 'fail', words, mend);

function found(name: string, result: Finding['result'], words: string, mend: string | null): Finding {
  return { name, result, words: withoutSecrets(words), mend: mend === null ? null : withoutSecrets(mend) };
}
