import type { LoginNodeRecord } from '../lib/records.ts';

/**
 * What is asked of a login node, in one command because each ssh connection costs a login: the load averages, the
 * number of CPUs, then a line for each user. A constant, with nothing from outside in it.
 */
export const loginNodeCommand: readonly [string, ...string[]] = ['sh', '-c', 'cat /proc/loadavg && nproc && who'];

/** Reads `loginNodeCommand`'s output: proc(5) `/proc/loadavg`, nproc(1), who(1). Null where it is anything else. */
export function parseLoginNode(text: string): LoginNodeRecord | null {
  const [loads = '', cpus = '', ...users] = text.split('\n');
  const load = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) /.exec(loads);
  if (!load || !/^[1-9]\d*$/.test(cpus)) return null;
  return {
    load: [Number(load[1]), Number(load[2]), Number(load[3])],
    cpus: Number(cpus),
    users: users.filter((line) => line.trim() !== '').length,
  };
}
