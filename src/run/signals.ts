import { killRunningCommands } from '../exec/local.ts';

const controller = new AbortController();
let hangUp: (() => void) | null = null;

/** Aborted by the first INT, TERM or HUP: the current work is finished and nothing new is started. */
export const stopSignal: AbortSignal = controller.signal;

/** Lets HUP call `reload`, as daemons do, in the place of ending the program. */
export function reloadOnHangUp(reload: () => void): void {
  hangUp = reload;
}

/** Ends the program cleanly on INT, TERM or HUP, and at once on a second signal. */
export function stopOnSignals(): void {
  for (const [name, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.on(name, () => {
      if (name === 'SIGHUP' && hangUp) return hangUp();
      killRunningCommands();
      // Shells report 128 plus the number of the signal.
      if (stopSignal.aborted) process.exit(128 + number);
      controller.abort();
    });
  }
}
