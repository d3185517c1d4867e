import { isatty } from 'node:tty';
import { OperatorError } from '../lib/errors.ts';
import { complain } from '../lib/output.ts';
import { stopSignal } from './signals.ts';

/** Standard input as it comes; a signal ends it with an OperatorError, because nobody may be at its other end. */
export async function* standardInput(): AsyncGenerator<Uint8Array> {
  const reader = Bun.stdin.stream().getReader();
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(new OperatorError('interrupted', { exitCode: 1 }));
    if (stopSignal.aborted) stop();
    else stopSignal.addEventListener('abort', stop, { once: true });
  });
  // It may be rejected when nobody waits for it any more.
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

/** Asks on the terminal; true for `y` and `yes` only. */
export async function confirmed(question: string): Promise<boolean> {
  complain(`${question} [y/N] `);
  let answer = '';
  for await (const chunk of standardInput()) {
    answer += new TextDecoder().decode(chunk);
    if (answer.includes('\n')) break;
  }
  return /^y(es)?$/i.test(answer.trim());
}

/** Whether somebody sits there who can be asked. */
export function isInteractive(): boolean {
  return isatty(0) && isatty(2);
}
