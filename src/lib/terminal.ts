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

/**
 * Returns the width in columns of the terminal on standard output: 80 if it does not report one, null if standard output is
 * not a terminal.
 */
export function terminalColumns(): number | null {
  return isTerminal(1) ? process.stdout.columns || 80 : null;
}
