import { withoutSecrets } from '../lib/secrets.ts';

/** The result of one check. */
export type Finding = {
  /** The checked thing: `ssh derecho`. */
  readonly name: string;
  /** `fail` prevents a run from doing its work, `warn` does not; `skip` was not checked. */
  readonly result: 'pass' | 'warn' | 'fail' | 'skip';
  /** The finding as text. */
  readonly words: string;
  /** The remedy: a command, or a step for a person. Null if nothing must be done. */
  readonly mend: string | null;
};

export const pass = (name: string, words: string): Finding => found(name, 'pass', words, null);
export const skip = (name: string, words: string): Finding => found(name, 'skip', words, null);
export const warn = (name: string, words: string, mend: string): Finding => found(name, 'warn', words, mend);
export const fail = (name: string, words: string, mend: string): Finding => found(name, 'fail', words, mend);

function found(name: string, result: Finding['result'], words: string, mend: string | null): Finding {
  return { name, result, words: withoutSecrets(words), mend: mend === null ? null : withoutSecrets(mend) };
}
