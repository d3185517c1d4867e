import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import type { Context } from '../../src/run/context.ts';
import { stopSignal } from '../../src/run/signals.ts';
import { quickDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';

/** A directory with a configuration and the outbox, and the context of a command there. */
export type Place = ReturnType<typeof newPlace>;

/** Makes a place with these files of the configuration, by name, and these variables. */
export function newPlace(files: Readonly<Record<string, string>> = {}, environment: Record<string, string> = {}) {
  const directory = quickDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory.path, name), text);
  const { log, lines } = memoryLog();
  const file = join(directory.path, 'outbox.db');
  const spool = new Spool(join(directory.path, 'spool'), file);
  const context: Context = {
    config: loadConfig(directory.path, { HOME: directory.path, ...environment }),
    log,
    outbox: { file, isNamed: false, host: hostname(), spool, log },
    hanging: null,
    changes: null,
  };
  return {
    path: directory.path,
    file,
    context,
    /** What the log has, in order: `WARN text`. */
    lines,
    /** Opens the outbox for one look or change. */
    withOutbox<Result>(use: (outbox: Outbox) => Result): Result {
      const outbox = new Outbox(file);
      try {
        return use(outbox);
      } finally {
        outbox.close();
      }
    },
    /** Removes it all. Throws an error if a file there is still open, as after a lock that is not released. */
    remove() {
      const open = openFiles().filter((name) => name.startsWith(directory.path));
      directory.remove();
      if (open.length > 0) throw new Error(`still open: ${open.join(', ')}`);
    },
  };
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // That of the listing itself.
      return [];
    }
  });
}

/** Does some work as if the program had got a signal to stop. */
export async function whileStopped<Result>(work: () => Promise<Result>): Promise<Result> {
  return untilStopped((stop) => {
    stop();
    return work();
  });
}

/** Does some work, and from a call of `stop` on as if the program had got a signal to stop. */
export async function untilStopped<Result>(work: (stop: () => void) => Promise<Result>): Promise<Result> {
  try {
    return await work(() => Object.defineProperty(stopSignal, 'aborted', { value: true, configurable: true }));
  } finally {
    Reflect.deleteProperty(stopSignal, 'aborted');
  }
}
