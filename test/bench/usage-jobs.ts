import type { JobColumn } from '../../src/server/store/jobs.ts';
import { randomFrom } from './random.ts';

/** The columns of `yearOfJobs`, in their order. */
export const usageColumns: readonly JobColumn[] = [
  ...(['job_id', 'user', 'account', 'partition', 'state', 'qos', 'submit', 'start', 'end'] as const),
  ...(['cpu_hours', 'gpu_hours', 'cpus', 'gpus', 'nodes', 'node_list'] as const),
];

const yearSeconds = 365 * 86_400;
const firstSubmit = Date.UTC(2025, 10, 28) / 1000;
const states = ['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL'];
const sizes = [1, 1, 1, 2, 4, 8, 16, 32, 48, 96, 192];

/** Yields `count` jobs of a cluster over a year, by submission, some at a time. The same for the same seed. */
export function* yearOfJobs(count: number, seed: number, atOnce: number): Generator<(string | number | null)[][]> {
  const random = randomFrom(seed);
  let rows: (string | number | null)[][] = [];
  for (let index = 0; index < count; index++) {
    const submit = firstSubmit + Math.floor((index / count) * yearSeconds);
    // Most waits and durations are short, and a few are long.
    const wait = Math.floor(2 ** (random(1700) / 100));
    const duration = Math.floor(2 ** (random(1800) / 100)) - 1;
    const start = submit + wait;
    const cpus = sizes[random(sizes.length)] ?? 1;
    const nodes = Math.max(1, Math.ceil(cpus / 48));
    const isGpu = random(6) === 0;
    const gpus = isGpu ? 1 + random(4) : 0;
    // A few users have most of the jobs.
    const user = Math.floor((random(1000) * random(1000)) / 2500);
    const first = 1 + random(300);
    rows.push([
      ...[String(1_000_000 + index), `user${user}`, `field${user % 7}-group${user % 40}-p${user % 3}`],
      ...[isGpu ? 'gpu' : random(4) === 0 ? 'short' : 'compute', states[random(states.length)] ?? '', 'normal'],
      ...[timeText(submit), timeText(start), timeText(start + duration)],
      ...[(cpus * duration) / 3600, (gpus * duration) / 3600, cpus, gpus, nodes],
      nodes === 1
        ? `n${String(first).padStart(4, '0')}`
        : `n[${String(first).padStart(4, '0')}-${String(first + nodes - 1).padStart(4, '0')}]`,
    ]);
    if (rows.length === atOnce) {
      yield rows;
      rows = [];
    }
  }
  if (rows.length > 0) yield rows;
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
