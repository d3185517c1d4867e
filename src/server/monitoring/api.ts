import { expositionText, type Metric, type Sample } from '../../lib/exposition.ts';
import { about } from '../../lib/version.ts';
import { type Answered, json } from '../http/answer.ts';
import type { Store } from '../store/port.ts';
import { countUsers } from '../store/users.ts';
import type { RequestCounts } from './request-counts.ts';
import { systemMetrics } from './system-metrics.ts';

/** Returns the handler that says that the receiver runs. It does not use the database. */
export function getLiveness() {
  return async (): Promise<Answered> => ({ response: json(200, '{"status":"ok"}') });
}

/** Returns the handler that says whether the database answers: 200, otherwise 503 or 507. */
export function getReadiness(store: Store) {
  return async (): Promise<Answered> => {
    await countUsers(store);
    return { response: json(200, '{"status":"ok"}') };
  };
}

/** Returns the handler that shows the metrics of the receiver in the text format of Prometheus. */
export function getMetrics(store: Store, counts: RequestCounts) {
  return async (): Promise<Answered> => {
    const metrics = [
      ...(await receiverMetrics(store)),
      ...counts.metrics(),
      ...(await systemMetrics(store, new Date())),
    ];
    const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' };
    return { response: new Response(expositionText(metrics), { headers }) };
  };
}

async function receiverMetrics(store: Store): Promise<Metric[]> {
  const { rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number, labels: Sample[0] = {}): Metric => ({
    ...{ name: `hpc_receiver_${name}`, help, type: 'gauge' },
    samples: [[labels, value]],
  });
  return [
    gauge('info', 'Version of the receiver.', 1, { version: about.version }),
    gauge('database_bytes', 'Size of the database.', await store.size()),
    gauge('memory_bytes', 'Resident memory of the receiver.', rss),
    { ...gauge('cpu_seconds_total', 'CPU time of the receiver.', (user + system) / 1e6), type: 'counter' },
  ];
}
