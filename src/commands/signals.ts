import { killRunningCommands } from '../exec/local.ts';

const controller = new AbortController();

/** Aborted by the first INT, TERM or HUP: what is in hand is finished, nothing new is begun. */
export const stopSignal: AbortSignal = controller.signal;

/** Ends cleanly on INT, TERM and HUP, and at once on a second one. */
export function stopOnSignals(): void {
  for (const [name, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(name, () => {
      killRunningCommands();
      // 128 and the signal's number is what shells report for a program that it ended.
      if (stopSignal.aborted) process.exit(128 + number);
      controller.abort();
    });
  }
}
