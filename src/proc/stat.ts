/** The members of `/proc/PID/stat` that the sampler needs (proc_pid_stat(5)). CPU times are in clock ticks. */
export type ProcessStat = {
  readonly pid: number;
  /** The name of the program, at most 15 bytes. It can have blanks, brackets and line breaks. */
  readonly name: string;
  /** `Z` for a zombie: it has ended, and its parent has not yet asked for its status. */
  readonly state: string;
  readonly session: number;
  /** The CPU time of all threads, ended ones too, in user mode and in the kernel. */
  readonly userTicks: number;
  readonly systemTicks: number;
  /** The time after boot at which the process started. With the pid it identifies a process. */
  readonly startTicks: number;
};

/**
 * Parses `/proc/PID/stat`; null if it is not complete. The name is between the first and the last parenthesis, because it
 * can have brackets itself.
 */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(') ');
  if (close < open) return null;
  const rest = text.slice(close + 2).split(' ');
  const [state, session, user, system, start] = [rest[0], rest[3], rest[11], rest[12], rest[19]];
  const numbers = [text.slice(0, open), session, user, system, start];
  if (state === undefined || !numbers.every((word) => word !== undefined && /^\d+$/.test(word))) return null;
  return {
    pid: Number(numbers[0]),
    name: text.slice(open + 2, close),
    state,
    session: Number(session),
    userTicks: Number(user),
    systemTicks: Number(system),
    startTicks: Number(start),
  };
}
