import { withoutSecrets } from '../lib/secrets.ts';

/** The result of one check. */
export type CheckResult = {
  /** The checked thing: `ssh derecho`. */
  readonly name: string;
  /** `fail` prevents a run from doing its work, `warn` does not; `skip` was not checked. */
  readonly result: 'pass' | 'warn' | 'fail' | 'skip';
  /** The finding as text. */
  readonly message: string;
  /** The remedy: a command, or a step for a person. Null if nothing must be done. */
  readonly remedy: string | null;
};

export const pass = (name: string, message: string): CheckResult => found(name, 'pass', message, null);
export const skip = (name: string, message: string): CheckResult => found(name, 'skip', message, null);
export const warn = (name: string, message: string, remedy: string): CheckResult =>
  found(name, 'warn', message, remedy);
export const fail = (name: string, message: string, remedy: string): CheckResult =>
  found(name, 'fail', message, remedy);

function found(name: string, result: CheckResult['result'], message: string, remedy: string | null): CheckResult {
  return { name, result, message: withoutSecrets(message), remedy: remedy === null ? null : withoutSecrets(remedy) };
}
