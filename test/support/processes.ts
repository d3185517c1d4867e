import { readdirSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

/** The ids of living processes (zombies are dead) among whose arguments the given one is. */
export function processesWithArgument(argument: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && argumentsOf(pid).includes(argument) && !isZombie(pid));
}

/** Resolves once no process with that argument is left; fails after five seconds. */
export function untilGone(argument: string): Promise<void> {
  return until(() => processesWithArgument(argument).length === 0, `no process with ${argument} is left`);
}

function argumentsOf(pid: number): string[] {
  return read(`/proc/${pid}/cmdline`).split('\0');
}

function isZombie(pid: number): boolean {
  return /^\d+ \(.*\) Z/s.test(read(`/proc/${pid}/stat`));
}

/** Empty for a process that went away meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
