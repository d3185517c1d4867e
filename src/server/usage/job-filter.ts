import type { StoredJob } from '../store/jobs.ts';
import { isBelow, type JobFilter, partsOf } from './engine/filter.ts';
import { sizeClassOf, sizeLabels } from './engine/size-classes.ts';
import { nameDimensions } from './segments/segment.ts';

/**
 * Returns whether a stored job passes, as the engine decides it for the jobs of segments.
 * @param sizes labels of size classes; null for all
 * @param separator what separates the levels of the account names of the cluster
 */
export function jobTest(
  filter: JobFilter,
  sizes: readonly string[] | null,
  separator: string,
): (job: StoredJob) => boolean {
  const tests: ((job: StoredJob) => boolean)[] = [];
  for (const dimension of nameDimensions) {
    const wanted = filter[dimension];
    if (wanted === null) continue;
    const set = new Set(wanted);
    tests.push((job) => {
      const name = job[dimension];
      return name !== null && partsOf(dimension, name).some((part) => set.has(part));
    });
  }
  if (filter.accountsBelow !== null) {
    const tops = new Set(filter.accountsBelow);
    tests.push(({ account }) => isBelow(account, tops, separator));
  }
  if (sizes !== null) {
    const classes = new Set(sizes);
    tests.push(({ cpus }) => classes.has(sizeLabels[sizeClassOf(cpus)] ?? ''));
  }
  return (job) => tests.every((test) => test(job));
}
