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
  // Most nodes and jobs have none.
  if (!text.includes('gpu')) return none;
  let count = 0;
  const types = new Set<string>();
  for (const resource of resourcesIn(text)) {
    const [name, ...rest] = resource.split(':');
    if (name !== 'gpu') continue;
    const words = rest.filter((word) => word !== 'no_consume');
    // Without a count it is one. A type may begin with a digit: `1g.5gb`.
    const [type, number = '1'] = words.length === 1 && /^\d+$/.test(words[0] ?? '') ? [undefined, words[0]] : words;
    if (!/^\d{1,9}$/.test(number)) return null;
    if (type !== undefined) types.add(type);
    count += Number(number);
  }
  return { count, types: [...types] };
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
