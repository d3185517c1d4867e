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

/** One line for a person from anything that was thrown: the message, or its text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
