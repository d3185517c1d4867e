import { fstatSync, statSync } from 'node:fs';

/**
 * Returns true if a file descriptor is a terminal. Asks `node:tty` only about character devices other than /dev/null,
 * because loading that module costs 20 ms, and cron jobs have pipes, files and /dev/null.
 */
export function isTerminal(descriptor: number): boolean {
  try {
    const device = fstatSync(descriptor);
    if (!device.isCharacterDevice() || device.rdev === statSync('/dev/null').rdev) return false;
  } catch {
    // A closed descriptor is not a terminal.
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}
