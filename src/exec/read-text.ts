import { type Command, describeCommand, type Ending, type Executor } from './command.ts';
import { failureOf, ownWords, unreachableOf } from './describe.ts';

export type TextResult =
  | { readonly kind: 'done'; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** As in `Probed`. */
      readonly unreachable: string | undefined;
      readonly ending: Ending;
    };

/**
 * Runs a command whose output is small enough to hold, and gives its text (invalid UTF-8 replaced). It failed where it
 * did not exit with 0, and where it printed nothing but complained: several PBS commands exit with 0 all the same.
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

/** Why output that ends before its last record does is no list: how much is missing is not known. */
export const cutOutput = 'printed only a part: its output ends too early';

/** Runs a command as `readText` does. It also failed if its output ends within a line: how much is missing is not known. */
export async function readLines(executor: Executor, command: Command): Promise<TextResult> {
  const result = await readText(executor, command);
  if (result.kind === 'failed' || result.text === '' || result.text.endsWith('\n')) return result;
  const ending: Ending = { kind: 'exited', code: 0, stderr: cutOutput };
  return { kind: 'failed', reason: `${describeCommand(command)} ${cutOutput}`, unreachable: undefined, ending };
}

/**
 * Why a command failed that exited with 0 and printed nothing but an error; null if it did not fail. Only the program's own
 * words are an error: a wrapper or a start file may print anything.
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
