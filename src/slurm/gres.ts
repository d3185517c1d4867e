/** GPUs of a node or a job, of all types together. */
export type Gpus = {
  readonly count: number;
  /** The named types, each once. */
  readonly types: readonly string[];
};

const none: Gpus = { count: 0, types: [] };

/**
 * Counts the GPUs in generic resources: `gpu:a100:4(S:0-1),shard:8`, `gpu:a100:3(IDX:0,2-3)`, `gpu:(null):2(IDX:0-1)`,
 * `(null)` (slurm.conf(5), "Gres"; sinfo(1), "GresUsed"), also in the form of job requests: `gres:gpu:a100:2`,
 * `gres/gpu=2`. Other resources (shards, MPS) do not count. Null if a count is not a number.
 */
export function gpusIn(text: string): Gpus | null {
  // Most nodes and jobs have no GPU.
  if (!text.includes('gpu')) return none;
  let count = 0;
  const types = new Set<string>();
  for (const resource of resourcesIn(text)) {
    const [name, ...rest] = resource.split(':');
    if (name !== 'gpu') continue;
    const words = rest.filter((word) => word !== 'no_consume');
    // A missing count means one. A type can begin with a digit: `1g.5gb`.
    const [type, number = '1'] = words.length === 1 && /^\d+$/.test(words[0] ?? '') ? [undefined, words[0]] : words;
    if (!/^\d{1,9}$/.test(number)) return null;
    if (type !== undefined) types.add(type);
    count += Number(number);
  }
  return { count, types: [...types] };
}

/** Lists resources without their parentheses: `gpu:a100:4`, `shard:8`. */
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
