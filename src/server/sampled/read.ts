import { type MeasuredJob, sampledJobSchema } from '../../lib/sampled-job.ts';
import { type Location, openStore } from '../store/open.ts';
import { allSampledNodes } from '../store/sampled-jobs.ts';

/** Yields the samples of a cluster from the database of a receiver. */
export async function* measuredInStore(location: Location, cluster: string): AsyncGenerator<MeasuredJob> {
  const store = await openStore(location);
  try {
    for await (const { body } of allSampledNodes(store, cluster)) yield sampledJobSchema.parse(JSON.parse(body));
  } finally {
    await store.close();
  }
}
