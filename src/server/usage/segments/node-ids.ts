import { hostsOf } from '../../../slurm/host-list.ts';

/** These take some megabytes. */
const maxRemembered = 500_000;

/**
 * Returns a function that returns the ids of the nodes in a node list. It remembers lists, because reading one takes as
 * long as everything else that is done with a job, and most jobs have the list of another job.
 * @param idOf returns the id of a node in the dictionary of the cluster
 */
export function createNodeIds(idOf: (name: string) => number): (list: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  let remembered = 0;
  return (list) => {
    let ids = known.get(list);
    if (ids === undefined) {
      ids = [...new Set(hostsOf(list) ?? [])].map(idOf);
      if (remembered > maxRemembered) {
        known.clear();
        remembered = 0;
      }
      known.set(list, ids);
      remembered += ids.length + 1;
    }
    return ids;
  };
}
