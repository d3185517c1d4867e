export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with no standard input, and with exactly `env` where that is given. */
export function run(argv: string[], options: { cwd?: string; env?: Record<string, string> } = {}): Ran {
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { stdin: 'ignore', stderr: 'pipe', ...options });
  return { exit: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}
