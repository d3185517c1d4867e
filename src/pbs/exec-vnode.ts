import { digitAt } from './accounting-fields.ts';

/** The CPUs, GPUs and hosts of a job. */
export type Allocation = {
  readonly cpus: number;
  readonly gpus: number;
  /** The names of the hosts, each once. */
  readonly hosts: readonly string[];
};

export const noAllocation: Allocation = { cpus: 0, gpus: 0, hosts: [] };

/**
 * Parses `exec_vnode`: `(cn01:ncpus=4:mem=1gb)+(mv1[0]:ncpus=16+mv1[1]:ncpus=8)`. Parentheses enclose a chunk, and a plus
 * inside them separates the vnodes of a split chunk. `mv1[0]` is a vnode of the host `mv1`. Do not use `exec_host`: its
 * counts of CPUs are wrong for several vnodes on one host.
 */
export function allocationOf(execVnode: string | null): Allocation {
  if (execVnode === null) return noAllocation;
  return { cpus: sumOf(execVnode, ':ncpus='), gpus: sumOf(execVnode, ':ngpus='), hosts: hostsIn(execVnode) };
}

/** The host at the beginning of a vnode: `(cn01:ncpus=4`, `(cn01)` or `mv1[1]:ncpus=8)`. */
const host = /\(?([^:[)+]*)/y;

// Do not split the text into vnodes: that takes twice as long, and an export parses one for every run.
function hostsIn(execVnode: string): readonly string[] {
  const hosts: string[] = [];
  let start = 0;
  do {
    host.lastIndex = start;
    const name = host.exec(execVnode)?.[1] ?? '';
    if (name !== '') hosts.push(name);
    start = execVnode.indexOf('+', start) + 1;
  } while (start > 0);
  return hosts.length > 1 ? [...new Set(hosts)] : hosts;
}

/** Returns the sum of the numbers after each occurrence of a resource. */
function sumOf(execVnode: string, resource: string): number {
  let sum = 0;
  for (let place = execVnode.indexOf(resource); place >= 0; place = execVnode.indexOf(resource, place + 1)) {
    sum += countAt(execVnode, place + resource.length);
  }
  return sum;
}

/** Returns the number at a place of a text, of at most nine digits; 0 if there is none. */
function countAt(text: string, start: number): number {
  let count = 0;
  for (let at = start; at < start + 9; at++) {
    const digit = digitAt(text, at);
    if (digit < 0) break;
    count = count * 10 + digit;
  }
  return count;
}
