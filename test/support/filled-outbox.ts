import type { NewEntry } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { randomFrom } from '../bench/random.ts';
import { addEntry } from './add-entry.ts';

/** What a snapshot of a test has in it; a user row is about 280 bytes. */
export type SnapshotOptions = {
  readonly at: Date;
  readonly userRows?: number;
  readonly reservations?: number;
  readonly random?: (below: number) => number;
};

/** A snapshot that the SAM API and the receiver take: as text, in the members' usual order. */
export function snapshotBody({ at, userRows = 1, reservations = 0, random = randomFrom(1) }: SnapshotOptions): string {
  return JSON.stringify({
    timestamp: naive(at),
    ...Object.fromEntries(totals.map((name) => [name, random(3000)])),
    running_jobs: random(3000),
    login_nodes: [],
    queues: [],
    user_project_queues: Array.from({ length: userRows }, (_, row) => ({
      username: `user${row}`,
      project_code: `UABC${String(row % 97).padStart(4, '0')}`,
      queue_name: ['main', 'cpu', 'preempt', 'develop'][row % 4],
      // As on the real systems, most rows are as they were five minutes ago.
      ...Object.fromEntries(counters.map((name, index) => [name, row % 10 === 0 ? random(5000) : row * (index + 1)])),
    })),
    filesystems: [],
    reservations: Array.from({ length: reservations }, (_, index) => ({
      system_name: 'derecho',
      reservation_name: `R${index}`,
      description: `R${index}.desched1`,
      start_time: naive(new Date(at.getTime() + 3_600_000)),
      end_time: naive(new Date(at.getTime() + 7_200_000)),
      node_count: random(100),
      partition: 'main',
    })),
  });
}

/** An entry of a system's stream. */
export function snapshotEntry(system: string, options: SnapshotOptions): NewEntry {
  return {
    stream: `sam/${system}`,
    destination: 'sam',
    method: 'POST',
    path: `/api/v1/status/${system}`,
    body: snapshotBody(options),
    collectedAt: options.at,
    failedProbes: [],
    rejectedBecause: null,
  };
}

/** Makes an outbox of many entries, in one commit. */
export function fillOutbox(file: string, entries: Iterable<NewEntry>): void {
  const outbox = new Outbox(file);
  try {
    outbox.database.transaction(() => {
      for (const entry of entries) addEntry(outbox, entry);
    })();
  } finally {
    outbox.close();
  }
}

function naive(moment: Date): string {
  return moment.toISOString().slice(0, -1);
}

/** What the API requires of a system; of casper the `viz_` ones too. */
const totals = [
  ...['cpu', 'gpu', 'viz'].flatMap((kind) => [`${kind}_nodes_total`, `${kind}_nodes_available`]),
  ...['cpu_cores', 'gpu_count', 'viz_count'].flatMap((unit) =>
    ['total', 'allocated', 'idle'].map((state) => `${unit}_${state}`),
  ),
  'memory_total_gb',
  'memory_allocated_gb',
];

const counters = [
  'running_jobs',
  'pending_jobs',
  'held_jobs',
  'cores_allocated',
  'gpus_allocated',
  'nodes_allocated',
  'cores_pending',
  'gpus_pending',
  'cores_held',
  'gpus_held',
];
