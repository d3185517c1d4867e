import { createConsola } from 'consola';
import type { Log } from '../../src/lib/log.ts';

/** A log that keeps its lines: `WARN text`. */
export function memoryLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = createConsola({
    level: 5,
    throttle: 0,
    reporters: [{ log: (entry) => lines.push(`${entry.type.toUpperCase()} ${entry.args.join(' ')}`) }],
  });
  return { log, lines };
}
