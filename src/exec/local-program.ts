import type { Command } from './command.ts';
import { failureOf } from './describe.ts';
import { commandEnvironment } from './environment.ts';
import { startLocal } from './local.ts';
import { defaultSearchDirectories } from './search-path.ts';

/** The output of a program of this host, byte for byte, or why it failed. */
export type ProgramResult =
  | { readonly kind: 'done'; readonly output: Buffer }
  | { readonly kind: 'failed'; readonly reason: string; readonly stderr: string };

/** The type of `runProgram`; tests replace it. */
export type ProgramRunner = typeof runProgram;

/**
 * Runs a small program of this host to its end, such as `crontab -l`. `variables` are added to the inherited
 * environment.
 */
export async function runProgram(
  argv: Command['argv'],
  variables: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const command: Command = { argv, host: null, via: null, timeoutSeconds: 30, maxOutputBytes: 4 * 1024 ** 2 };
  const environment = { ...commandEnvironment(process.env, defaultSearchDirectories), ...variables };
  const execution = startLocal({ ...command, environment });
  const chunks: Uint8Array[] = [];
  for await (const chunk of execution.stdout) chunks.push(chunk);
  const ending = await execution.ending;
  const reason = failureOf(command, ending);
  if (reason === null) return { kind: 'done', output: Buffer.concat(chunks) };
  return { kind: 'failed', reason, stderr: 'stderr' in ending ? ending.stderr : '' };
}
