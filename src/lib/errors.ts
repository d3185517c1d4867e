import { constants } from 'node:os';
import { codeOf } from './sqlite.ts';

/** The exit codes of every command except `health`, which has the Nagios ones. */
export const exitCodes = {
  /** Done; a partial collection is done too. */
  done: 0,
  /** A delivery was refused or still waits, or every probe failed. */
  failed: 1,
  /** Configuration, usage or a bug. */
  fatal: 2,
  /** Another instance holds the lock and nothing was done (EX_TEMPFAIL of sysexits.h). */
  locked: 75,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * A failure with words for a person: what failed, on what, why, and what to do next, in one line.
 * Everything else that is thrown is a bug and is reported as one.
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
 * The codes of SQLite that no program can prevent. Its other codes (`SQLITE_ERROR`, `SQLITE_MISUSE`) mean a wrong query:
 * that is a bug.
 */
const sqliteCodes =
  /^SQLITE_(IOERR|FULL|CORRUPT|NOTADB|CANTOPEN|READONLY|BUSY|LOCKED|PERM|PROTOCOL|NOLFS|AUTH)(_[A-Z]+)*$/;

/** True for an error code of the system (errno(3)) or of SQLite. Other libraries have codes too, such as citty's `EARG`. */
function isSystemCode(code: string): boolean {
  return Object.hasOwn(constants.errno, code) || sqliteCodes.test(code);
}

/**
 * The OperatorError for anything that was thrown: itself, or an error of the system in words; null for a bug.
 * Those who know which file an error is about say so before it comes here.
 */
export function operatorErrorOf(error: unknown): OperatorError | null {
  if (error instanceof OperatorError) return error;
  const code = codeOf(error);
  if (code === undefined || !isSystemCode(code)) return null;
  const what = code.startsWith('SQLITE_')
    ? `a database cannot be used: ${messageOf(error)} (${code})`
    : messageOf(error);
  const mend = 'the system refused it: check the file, its disk and its mount (ls -l, df -h, dmesg), then try again';
  return new OperatorError(`${what}; ${mend}`, { exitCode: exitCodes.failed, cause: error });
}

/** One line for a person from anything that was thrown: the message, or its text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
