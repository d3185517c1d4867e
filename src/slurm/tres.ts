import { gibibytesOf } from './memory.ts';

/** Resources that a job has or requests; 0 if not named. */
export type Tres = {
  readonly cpus: number;
  readonly gpus: number;
  readonly nodes: number;
  readonly memoryGib: number;
};

/**
 * Parses trackable resources as in `AllocTRES` and `tres-alloc`, in any order:
 * `billing=4,cpu=4,gres/gpu:a100=2,gres/gpu=2,mem=8G,node=1` (sacct(1), "AllocTRES"). GPUs are `gres/gpu`, or the sum
 * of the types if the site accounts only for types. Null if a count is not a number.
 */
export function parseTres(text: string): Tres | null {
  let [cpus, nodes, memoryGib, typedGpus] = [0, 0, 0, 0];
  let gpus: number | null = null;
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const [name, value] = [part.slice(0, equals), part.slice(equals + 1)];
    if (name === 'mem') {
      const memory = gibibytesOf(value);
      if (memory === null) return null;
      memoryGib = memory;
      continue;
    }
    const isGpuType = name.startsWith('gres/gpu:');
    if (name !== 'cpu' && name !== 'node' && name !== 'gres/gpu' && !isGpuType) continue;
    if (!/^\d{1,9}$/.test(value)) return null;
    const count = Number(value);
    if (name === 'cpu') cpus = count;
    else if (name === 'node') nodes = count;
    else if (isGpuType) typedGpus += count;
    else gpus = count;
  }
  return { cpus, gpus: gpus ?? typedGpus, nodes, memoryGib };
}
