/** GPUs of a node or a job, of all types together. */
export type Gpus = {
  readonly count: number;
  /** The types that are named, each once. */
  readonly types: readonly string[];
};

const none: Gpus = { count: 0, types: [] };

/**
 * GPUs in generic resources: `gpu:a100:4(S:0-1),shard:8`, `gpu:a100:3(IDX:0,2-3)`, `gpu:(null):2(IDX:0-1)`, `(null)`
 * (slurm.conf(5), "Gres"; sinfo(1), "GresUsed"), and as jobs ask for them: `gres:gpu:a100:2`, `gres/gpu=2`. What is no
 * `gpu` (a shard, MPS) is none. Null where a count is none.
 */
export function gpusIn(text: string): Gpus | null {
  let gpus = none;
  for (const resource of resourcesIn(text)) {
    const [name, ...rest] = resource.split(':');
    if (name !== 'gpu') continue;
    // Without a count it is one; `no_consume` may stand between type and count.
    const last = rest.at(-1);
    const count = last !== undefined && /^\d/.test(last) ? last : '1';
    if (!/^\d{1,9}$/.test(count)) return null;
    const type = rest[0];
    const isType = type !== undefined && !/^\d/.test(type) && type !== 'no_consume' && type !== '';
    gpus = {
      count: gpus.count + Number(count),
      types: isType && !gpus.types.includes(type) ? [...gpus.types, type] : gpus.types,
    };
  }
  return gpus;
}

/** The resources in a list, without what stands in parentheses: `gpu:a100:4`, `shard:8`. */
export function resourcesIn(text: string): string[] {
  return text
    .replace(/\([^()]*\)/g, '')
    .split(',')
    .map((resource) =>
      resource
        .trim()
        .replace(/^gres[:/]/, '')
        .replace('=', ':')
        .replace('::', ':'),
    )
    .filter((resource) => resource !== '');
}
