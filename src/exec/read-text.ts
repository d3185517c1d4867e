import { type Command, describeCommand, type Ending, type Executor } from './command.ts';
import { failureOf, ownWords, unreachableOf } from './describe.ts';

/** The text that a command printed, or why the command failed. */
export type TextResult =
  | { readonly kind: 'done'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** Which host could not be reached, as in `Probed`. */
      readonly unreachable: string | undefined;
      readonly ending: Ending;
    };

/**
 * Runs a command and returns its whole output as text, with invalid UTF-8 replaced. The command failed if its exit code is
 * not 0. It also failed if it printed nothing but an error: several PBS commands then exit with 0.
 */
export async function readText(executor: Executor, command: Command): Promise<TextResult> {
  const execution = executor.start(command);
  const chunks: Uint8Array[] = [];
  for await (const chunk of execution.stdout) chunks.push(chunk);
  const output = Buffer.concat(chunks);
  const ending = await execution.ending;
  const reason = failureOf(command, ending) ?? silentFailure(command, ending, output.length === 0);
  if (reason !== null) return { kind: 'failed', reason, unreachable: unreachableOf(ending), ending };
  return { kind: 'done', text: output.toString('utf8') };
}

/** The reason of a failure if the output ends within a record: it is not known how much is missing. */
export const cutOutput = 'printed incomplete output: it ends too early';

/** Runs a command like `readText`. The command also failed if its output ends within a line. */
export async function readLines(executor: Executor, command: Command): Promise<TextResult> {
  const result = await readText(executor, command);
  if (result.kind === 'failed' || result.text === '' || result.text.endsWith('\n')) return result;
  const ending: Ending = { kind: 'exited', code: 0, stderr: cutOutput };
  return { kind: 'failed', reason: `${describeCommand(command)} ${cutOutput}`, unreachable: undefined, ending };
}

/**
 * Returns why a command failed that exited with 0 and printed nothing but an error; null if it did not fail. Only lines of
 * the program itself are an error: a wrapper or a start file may print anything.
 */
export function silentFailure(command: Command, ending: Ending, printedNothing: boolean): string | null {
  if (!printedNothing || ending.kind !== 'exited') return null;
  const words = ownWords(command, ending.stderr).join('\n');
  if (words === '') return null;
  return (
    failureOf(command, { ...ending, code: 1, stderr: words })?.replace(
      'exited with 1',
      'printed nothing but an error',
    ) ?? null
  );
}
