import type { Metric, Sample } from '../../lib/exposition.ts';
import type { AnsweredRequest } from '../http/routing.ts';

/** Counts the requests of a receiver since its start. */
export type RequestCounts = {
  count(observation: AnsweredRequest): void;
  /** Returns the counts by method, route and status, and the time by route. */
  metrics(): Metric[];
};

/** Returns counts that begin at 0. */
export function createRequestCounts(): RequestCounts {
  const counts = new Map<string, number>();
  const seconds = new Map<string, number>();
  const add = (to: Map<string, number>, labels: Readonly<Record<string, string>>, amount: number) => {
    const key = JSON.stringify(labels);
    to.set(key, (to.get(key) ?? 0) + amount);
  };
  return {
    count({ method, route, status, seconds: taken }) {
      // A path or method that no route has is not a label: a client could send any number of them.
      const labels = route === null ? { method: 'other', route: 'none' } : { method, route };
      add(counts, { ...labels, status: String(status) }, 1);
      add(seconds, labels, taken);
    },
    metrics: () => [
      {
        name: 'hpc_receiver_requests_total',
        help: 'Answered requests since the start of the receiver.',
        type: 'counter',
        samples: samplesOf(counts),
      },
      {
        name: 'hpc_receiver_request_seconds_total',
        help: 'Time spent on answering requests.',
        type: 'counter',
        samples: samplesOf(seconds),
      },
    ],
  };
}

function samplesOf(values: ReadonlyMap<string, number>): Sample[] {
  return [...values].map(([labels, value]) => [JSON.parse(labels), value]);
}
