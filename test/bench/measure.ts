/** What one whole process cost. */
export type Cost = {
  readonly wallSeconds: number;
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly peakMib: number;
};

/** A program to measure: standard input from a file or nothing, standard output to a file or nowhere. */
export type Measured = {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  readonly stdout?: string;
};

/**
 * Starts the program and waits for it. Python does it, being the smallest process here that can: Linux counts the
 * memory of the process that calls exec into the peak of what it becomes, so that a child of a Bun of 300 MB never
 * seems to need less.
 */
const launcher = `
import json, os, sys, time
stdin, stdout, *argv = sys.argv[1:]
actions = [(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
           (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
began = time.perf_counter()
pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
_, status, used = os.wait4(pid, 0)
wall = time.perf_counter() - began
print(json.dumps([os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss]))
`;

/** Runs a program once and measures it. Throws an Error with what it complained of, where it fails. */
export async function measure({ argv, env, stdin, stdout }: Measured): Promise<Cost> {
  const child = Bun.spawn([python(), '-c', launcher, stdin ?? '/dev/null', stdout ?? '/dev/null', ...argv], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
    ...(env === undefined ? {} : { env: { ...env } }),
  });
  // Should this process be told to end, what it measures must not go on in a directory that is being removed.
  const kill = () => process.kill(-child.pid, 'SIGKILL');
  process.once('exit', kill);
  const [text, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  process.off('exit', kill);
  const [exit, wallSeconds = Number.NaN, cpuSeconds = Number.NaN, kib = Number.NaN] = text
    ? (JSON.parse(text) as number[])
    : [];
  if (exit !== 0) throw new Error(`${argv.join(' ')} exited with ${exit ?? 'nothing'}: ${complaint.trim()}`);
  return { wallSeconds, cpuSeconds, peakMib: kib / 1024 };
}

let interpreter: string | null = null;

/** The interpreter itself: `python3` on PATH may be a script that looks for one, which costs time of its own. */
export function python(): string {
  interpreter ??= Bun.spawnSync(['python3', '-c', 'import sys; print(sys.executable)']).stdout.toString().trim();
  return interpreter;
}

/** The median of one number over several runs. */
export function median(costs: readonly Cost[], of: keyof Cost): number {
  const sorted = costs.map((cost) => cost[of]).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** The best of several runs: what the machine's other work disturbed least. */
export function best(costs: readonly Cost[], of: keyof Cost): number {
  return Math.min(...costs.map((cost) => cost[of]));
}
