const dayMs = 86_400_000;
const days = 365;
const jobsPerDay = 30;
const accounts = ['physics-cfd', 'physics-les', 'chemistry', 'biology', 'climate-model', 'climate-obs', 'staff'];
const partitions = [
  { name: 'cpu', cpus: [1, 4, 16, 128, 256], gpus: 0 },
  { name: 'gpu', cpus: [8, 16, 64], gpus: 2 },
  { name: 'pcpu', cpus: [32, 128], gpus: 0 },
] as const;
const states = ['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED'];

/**
 * Returns a year of made-up finished jobs of a Slurm cluster, as the ingest API takes them. The same time
 * gives the same jobs.
 * @param now the jobs end before this time, in ms
 */
export function madeJobs(now: number): Readonly<Record<string, unknown>>[] {
  const random = randomNumbers(20_261_128);
  const jobs = Array.from({ length: days * jobsPerDay }, (_, index) => madeJob(index, now, random));
  return jobs.filter(({ End }) => Date.parse(End) <= now);
}

function madeJob(index: number, now: number, random: () => number) {
  const pick = <Item>(list: readonly [Item, ...Item[]] | readonly Item[], fallback: Item): Item =>
    list[Math.floor(random() * list.length)] ?? fallback;
  const partition = pick(partitions, partitions[0]);
  const cpus = pick<number>(partition.cpus, 1);
  // Skewed, as real jobs are: most are short, and some wait and run for days.
  const seconds = (median: number, spread: number) => Math.round(median * Math.exp(spread * (random() + random() - 1)));
  const submit = now - (1 - index / (days * jobsPerDay)) * days * dayMs;
  const start = submit + seconds(partition.gpus > 0 ? 3600 : 900, 5) * 1000;
  const elapsed = seconds(3000, 5);
  const nodes = Math.ceil(cpus / 128);
  const user = Math.floor(random() ** 2 * 40);
  return {
    JobID: String(100_000 + index),
    User: `user${String(user).padStart(2, '0')}`,
    Account: accounts[user % accounts.length],
    Partition: partition.name,
    State: pick(states, 'COMPLETED'),
    QOS: 'normal',
    Submit: new Date(submit).toISOString(),
    Start: new Date(start).toISOString(),
    End: new Date(start + elapsed * 1000).toISOString(),
    CPUHours: (cpus * elapsed) / 3600,
    GPUHours: (partition.gpus * elapsed) / 3600,
    AllocCPUS: cpus,
    AllocGPUS: partition.gpus,
    AllocNodes: nodes,
    NodeList: nodes === 1 ? `n${1 + (index % 40)}` : `n[1-${nodes}]`,
  };
}

/** Returns a function that returns the same numbers from 0 to below 1 after each start (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
