import { OperatorError } from '../../lib/errors.ts';
import { isTimeZone } from '../../lib/time.ts';
import {
  allClusters,
  type Cluster,
  changeCluster,
  clusterNamed,
  markSegmented,
  type StoredTimes,
} from '../store/clusters.ts';
import { type Location, withStore } from '../store/open.ts';
import { deleteSegments } from '../store/usage-segments.ts';
import { makeMissingSegments, type TakeOverProgress } from './segments/take-over.ts';

/** What an operator can change of a cluster. An absent member stays. */
export type ClusterChange = {
  readonly timeZone?: string;
  readonly storedTimes?: StoredTimes;
  readonly accountSeparator?: string;
};

/**
 * Returns the clusters that have jobs, by name.
 * @throws OperatorError if the database cannot be opened
 */
export function listClusterSettings(location: Location): Promise<Cluster[]> {
  return withStore(location, allClusters);
}

/**
 * Changes how the usage of a cluster is counted, and counts it again if its days change. A running receiver answers 503
 * to questions about the cluster meanwhile.
 * @throws OperatorError for an unknown cluster or zone
 */
export async function changeClusterSettings(
  location: Location,
  name: string,
  change: ClusterChange,
  progress: TakeOverProgress,
): Promise<Cluster> {
  if (change.timeZone !== undefined && !isTimeZone(change.timeZone)) {
    throw new OperatorError(`${change.timeZone} is not a time zone: give an IANA name, such as Europe/Berlin or UTC`);
  }
  return withStore(location, async (store) => {
    const before = await clusterNamed(store, name);
    if (before === null) throw new OperatorError(`there is no cluster ${name}: see hpc-collector serve cluster ls`);
    const after = { ...before, ...change };
    await store.transaction(async (writer) => {
      await changeCluster(writer, after);
      if (after.timeZone === before.timeZone && after.storedTimes === before.storedTimes) return;
      await markSegmented(writer, name, false);
      await deleteSegments(writer, name);
    });
    await makeMissingSegments(store, progress);
    return after;
  });
}
