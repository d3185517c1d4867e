import { OperatorError } from '../lib/errors.ts';
import { complain } from '../lib/output.ts';
import { isTerminal } from '../lib/terminal.ts';
import { stopSignal } from '../run/signals.ts';

/** Yields standard input. A signal ends it with an OperatorError, because the writer may never close it. */
export async function* standardInput(): AsyncGenerator<Uint8Array> {
  const reader = Bun.stdin.stream().getReader();
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(new OperatorError('interrupted', { exitCode: 1 }));
    if (stopSignal.aborted) stop();
    else stopSignal.addEventListener('abort', stop, { once: true });
  });
  // The promise can be rejected after the last reader has left.
  stopped.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), stopped]);
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** Asks on the terminal; true only for `y` and `yes`. */
export async function confirmed(question: string): Promise<boolean> {
  complain(`${question} [y/N] `);
  let answer = '';
  for await (const chunk of standardInput()) {
    answer += new TextDecoder().decode(chunk);
    if (answer.includes('\n')) break;
  }
  return /^y(es)?$/i.test(answer.trim());
}

/** True if standard input and standard error are a terminal. */
export function isInteractive(): boolean {
  return isTerminal(0) && isTerminal(2);
}
