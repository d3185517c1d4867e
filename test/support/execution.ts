import type { Command, Ending, Execution } from '../../src/exec/command.ts';

/** A command on this host with ten seconds and 1 MiB, apart from what is given. */
export function commandOf(argv: readonly [string, ...string[]], rest: Partial<Command> = {}): Command {
  return { argv, host: null, via: null, timeoutSeconds: 10, maxOutputBytes: 2 ** 20, ...rest };
}

/** Reads an execution to its end. */
export async function outcomeOf(execution: Execution): Promise<{ stdout: string; ending: Ending; seconds: number }> {
  const started = performance.now();
  const chunks: Uint8Array[] = [];
  for await (const chunk of execution.stdout) chunks.push(chunk);
  const ending = await execution.ending;
  return { stdout: Buffer.concat(chunks).toString(), ending, seconds: (performance.now() - started) / 1000 };
}
