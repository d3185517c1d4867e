/** Work that goes on in the background. */
export type BackgroundWork = {
  /** Ends the work after its current step. */
  stop(): Promise<void>;
};

/** Waits for some milliseconds. Returns false, at once, if the work must end. */
export type Pause = (ms: number) => Promise<boolean>;

/** Starts work that must not throw. It ends by itself, or when `pause` returns false. */
export function startBackground(work: (pause: Pause) => Promise<void>): BackgroundWork {
  const stopping = Promise.withResolvers<void>();
  let isStopped = false;
  const done = work(async (ms) => {
    const waiting = Promise.withResolvers<void>();
    const timer = setTimeout(waiting.resolve, ms);
    await Promise.race([waiting.promise, stopping.promise]);
    clearTimeout(timer);
    return !isStopped;
  });
  return {
    async stop() {
      isStopped = true;
      stopping.resolve();
      await done;
    },
  };
}
