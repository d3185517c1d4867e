import { constants } from 'node:os';
import { codeOf } from './sqlite.ts';

/** The exit codes of every command except `health`, which has the Nagios ones. */
export const exitCodes = {
  /** Success; a partial collection is a success too. */
  done: 0,
  /** A delivery was refused or is pending, or every probe failed. */
  failed: 1,
  /** Configuration, usage or a bug. */
  fatal: 2,
  /** Another instance holds the lock and nothing was done (EX_TEMPFAIL of sysexits.h). */
  locked: 75,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * A failure with a message for a person: what failed, on what, why, and what to do next, in one line. Any other error
 * that is thrown is a bug and is reported as a bug.
 */
export class OperatorError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'OperatorError';
    this.exitCode = options.exitCode ?? exitCodes.fatal;
  }
}

/**
 * The codes of SQLite that a program cannot prevent. Its other codes (`SQLITE_ERROR`, `SQLITE_MISUSE`) mean a wrong
 * query, which is a bug.
 */
const sqliteCodes =
  /^SQLITE_(IOERR|FULL|CORRUPT|NOTADB|CANTOPEN|READONLY|BUSY|LOCKED|PERM|PROTOCOL|NOLFS|AUTH)(_[A-Z]+)*$/;

/** True for an error code of the system (errno(3)) or of SQLite; false for other codes, such as citty's `EARG`. */
function isSystemCode(code: string): boolean {
  return Object.hasOwn(constants.errno, code) || sqliteCodes.test(code);
}

/**
 * Returns the OperatorError for a thrown value: the value itself, or a new one for an error of the system; null for a
 * bug. A caller that knows the file of an error must add it to the message before.
 */
export function operatorErrorOf(error: unknown): OperatorError | null {
  if (error instanceof OperatorError) return error;
  const code = codeOf(error);
  if (code === undefined || !isSystemCode(code)) return null;
  const what = code.startsWith('SQLITE_')
    ? `a database cannot be used: ${messageOf(error)} (${code})`
    : messageOf(error);
  const remedy =
    'the system refused the operation: check the file, its disk and its mount (ls -l, df -h, dmesg), then try again';
  return new OperatorError(`${what}; ${remedy}`, { exitCode: exitCodes.failed, cause: error });
}

/** Returns the message of a thrown error, or the text of another thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
