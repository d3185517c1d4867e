import { randomFrom } from './random.ts';

export const benchClusters = ['north', 'south', 'east', 'west'] as const;

/** The fields of a job of the ingest API, in the order of `fields`. */
export type BenchJob = readonly (string | number)[];

const fields = [
  ...(['JobID', 'User', 'Account', 'Partition', 'State', 'QOS', 'Submit', 'Start', 'End'] as const),
  ...(['CPUHours', 'GPUHours', 'AllocCPUS', 'AllocGPUS', 'AllocNodes', 'NodeList'] as const),
];

/** Returns a job as the ingest API takes it. */
export function recordOf(job: BenchJob): Record<string, unknown> {
  return Object.fromEntries(fields.map((field, index) => [field, job[index]]));
}

const yearSeconds = 365 * 86_400;
const firstSubmit = Date.UTC(2025, 10, 28) / 1000;
const sizes = [1, 1, 1, 2, 4, 8, 16, 32, 48, 96, 192];

/** Yields `count` jobs of a cluster over a year, by submission, `atOnce` at a time. The same for the same seed. */
export function* yearOfJobs(count: number, seed: number, atOnce: () => number): Generator<BenchJob[]> {
  const random = randomFrom(seed);
  let rows: BenchJob[] = [];
  for (let index = 0; index < count; index++) {
    const submit = firstSubmit + Math.floor((index / count) * yearSeconds);
    // Most waits and durations are short, and a few are long.
    const wait = Math.floor(2 ** (random(1700) / 100));
    const duration = Math.floor(2 ** (random(1800) / 100)) - 1;
    const start = submit + wait;
    const cpus = sizes[random(sizes.length)] ?? 1;
    const nodes = Math.max(1, Math.ceil(cpus / 48));
    // A few users have most of the jobs. Each has one or two accounts, and mostly the same partition.
    const user = Math.floor((random(1000) * random(1000)) / 10_000);
    const isGpu = random(10) === 0 ? random(2) === 0 : user % 5 === 0;
    const gpus = isGpu ? 1 + random(4) : 0;
    const first = 1 + random(300);
    rows.push([
      ...[String(1_000_000 + index), `user${user}`, `field${user % 7}-group${user % 40}-p${random(8) === 0 ? 1 : 0}`],
      ...[isGpu ? 'gpu' : 'compute', stateOf(random(100)), 'normal'],
      ...[timeText(submit), timeText(start), timeText(start + duration)],
      ...[(cpus * duration) / 3600, (gpus * duration) / 3600, cpus, gpus, nodes],
      nodes === 1
        ? `n${String(first).padStart(4, '0')}`
        : `n[${String(first).padStart(4, '0')}-${String(first + nodes - 1).padStart(4, '0')}]`,
    ]);
    if (rows.length === atOnce()) {
      yield rows;
      rows = [];
    }
  }
  if (rows.length > 0) yield rows;
}

function stateOf(percent: number): string {
  if (percent < 80) return 'COMPLETED';
  if (percent < 90) return 'FAILED';
  return percent < 96 ? 'CANCELLED' : 'TIMEOUT';
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}
