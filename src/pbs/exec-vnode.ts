/** The CPUs, GPUs and hosts of a job. */
export type Allocation = {
  readonly cpus: number;
  readonly gpus: number;
  /** The names of the hosts, each once. */
  readonly hosts: readonly string[];
};

export const noAllocation: Allocation = { cpus: 0, gpus: 0, hosts: [] };

/** One vnode of a chunk: its name without the number of the vnode (`mv1` of `mv1[0]`), and its resources. */
const vnode = /[(+]([^:()+[\]]+)(?:\[\d+\])?((?::[^:()+]+)*)/g;
const cpus = /:ncpus=(\d{1,9})/;
const gpus = /:ngpus=(\d{1,9})/;

/**
 * Parses `exec_vnode`: `(cn01:ncpus=4:mem=1gb)+(mv1[0]:ncpus=16+mv1[1]:ncpus=8)`. Parentheses enclose a chunk, and a plus
 * inside them separates the vnodes of a split chunk. Do not use `exec_host`: its counts of CPUs are wrong for several
 * vnodes on one host.
 */
export function allocationOf(execVnode: string | null): Allocation {
  if (execVnode === null) return noAllocation;
  const hosts = new Set<string>();
  let [cpuSum, gpuSum] = [0, 0];
  for (const [, name = '', resources = ''] of execVnode.matchAll(vnode)) {
    hosts.add(name);
    cpuSum += Number(cpus.exec(resources)?.[1] ?? 0);
    gpuSum += Number(gpus.exec(resources)?.[1] ?? 0);
  }
  return { cpus: cpuSum, gpus: gpuSum, hosts: [...hosts] };
}
