/** The values that `%(…)s` in a path or an address stands for. */
export type PatternValues = { readonly job: number | string; readonly node: string; readonly hashSize: number | null };

/**
 * Replaces `%(jobid)s`, `%(node)s` and `%(jobid_hash)d` in a path or an address, as Python's `%` operator does. The hash
 * is the id divided by `jobid_hash_size`, without its fraction: it spreads files over directories.
 */
export function expand(pattern: string, { job, node, hashSize }: PatternValues): string {
  const hash = hashOf(job, hashSize);
  return pattern
    .replaceAll('%(jobid)s', String(job))
    .replaceAll('%(node)s', node)
    .replaceAll('%(jobid_hash)d', hash === null ? '' : String(hash))
    .replaceAll('%%', '%');
}

/** Returns the hash of a job's id; null without a size, or for an id that is not a number. */
export function hashOf(job: number | string, hashSize: number | null): number | null {
  const id = Number.parseInt(String(job), 10);
  return hashSize === null || !Number.isSafeInteger(id) ? null : Math.floor(id / hashSize);
}
