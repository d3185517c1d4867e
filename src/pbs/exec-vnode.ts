/** The CPUs, GPUs and hosts of a job. */
export type Allocation = {
  readonly cpus: number;
  readonly gpus: number;
  /** The names of the hosts, each once. */
  readonly hosts: readonly string[];
};

export const noAllocation: Allocation = { cpus: 0, gpus: 0, hosts: [] };

const cpus = /:ncpus=(\d{1,9})/;
const gpus = /:ngpus=(\d{1,9})/;

/**
 * Parses `exec_vnode`: `(cn01:ncpus=4:mem=1gb)+(mv1[0]:ncpus=16+mv1[1]:ncpus=8)`. Parentheses enclose a chunk, and a plus
 * inside them separates the vnodes of a split chunk. `mv1[0]` is a vnode of the host `mv1`. Do not use `exec_host`: its
 * counts of CPUs are wrong for several vnodes on one host.
 */
export function allocationOf(execVnode: string | null): Allocation {
  if (execVnode === null) return noAllocation;
  const hosts = new Set<string>();
  let [cpuSum, gpuSum] = [0, 0];
  for (const vnode of execVnode.split('+')) {
    const name = hostIn(vnode);
    if (name !== '') hosts.add(name);
    cpuSum += Number(cpus.exec(vnode)?.[1] ?? 0);
    if (vnode.includes(':ngpus=')) gpuSum += Number(gpus.exec(vnode)?.[1] ?? 0);
  }
  return { cpus: cpuSum, gpus: gpuSum, hosts: [...hosts] };
}

/** Returns the host of `(cn01:ncpus=4`, `(cn01)` or `mv1[1]:ncpus=8)`; empty if there is none. */
function hostIn(vnode: string): string {
  const start = vnode.startsWith('(') ? 1 : 0;
  const colon = vnode.indexOf(':', start);
  const end = colon >= 0 ? colon : vnode.endsWith(')') ? vnode.length - 1 : vnode.length;
  const bracket = vnode.indexOf('[', start);
  return vnode.slice(start, bracket >= 0 && bracket < end ? bracket : end);
}
