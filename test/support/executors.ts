import type { Command, Ending, Executor } from '../../src/exec/command.ts';

/** How a command answers: what it prints, and how it ends (with 0 unless it is said). */
export type Answer = { readonly stdout?: string | Uint8Array | Iterable<Uint8Array>; readonly ending?: Ending };

/** An executor that starts nothing: `answer` says what comes of a command; null for one that does not exist. */
export function answering(answer: (command: Command) => Answer | null): Executor {
  return {
    start(command) {
      const { stdout, ending } = answer(command) ?? { ending: { kind: 'not-found', program: command.argv[0] } };
      return { stdout: streamOf(stdout ?? ''), ending: Promise.resolve(ending ?? exited(0)) };
    },
  };
}

export function exited(code: number, stderr = ''): Ending {
  return { kind: 'exited', code, stderr };
}

/** Bytes as a stream: one chunk, or those given. */
export async function* streamOf(stdout: string | Uint8Array | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (typeof stdout === 'string' || stdout instanceof Uint8Array) yield Buffer.from(stdout);
  else yield* stdout;
}

/** An executor that answers some commands (by their words) itself and leaves the others to another. */
export function overlaid(below: Executor, answers: Readonly<Record<string, Answer>>): Executor {
  return {
    start(command) {
      const answer = answers[command.argv.join(' ')];
      return answer === undefined ? below.start(command) : answering(() => answer).start(command);
    },
  };
}
