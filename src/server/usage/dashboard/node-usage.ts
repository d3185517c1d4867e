import { type Masks, selectRows } from '../engine/filter.ts';
import type { Grouping } from '../engine/grouping.ts';
import { type Loaded, loadedPart } from '../engine/loaded.ts';
import type { UsageWindow } from '../engine/periods.ts';
import { type Jobs, type NodeLists, noTime } from '../segments/segment.ts';

/** What jobs used on each node in a window. A job on N nodes used 1/N of its hours on each. */
export type NodeUsage = {
  /** The ids of the nodes that jobs used. */
  readonly nodes: readonly number[];
  /** By group, then in the order of `nodes`. */
  readonly cpuHours: readonly (readonly number[])[];
  readonly gpuHours: readonly (readonly number[])[];
  /** The most CPUs and GPUs that one job used on the node. */
  readonly mostCpus: readonly number[];
  readonly mostGpus: readonly number[];
  /** The number of jobs with usage but without a list of nodes. */
  readonly jobsWithoutNodes: number;
};

/** Adds up the usage of the nodes of a cluster. */
export function nodeUsage(loaded: Loaded, masks: Masks, window: UsageWindow, grouping: Grouping): NodeUsage {
  const nameCount = loaded.names.length;
  let sums = emptySums(nameCount, 1);
  const [begin, end] = [loaded.clock.beginOf(window.from), loaded.clock.beginOf(window.until)];
  let jobsWithoutNodes = 0;
  let job = new Int32Array(0);
  let groups = new Int32Array(0);
  let seconds = new Float64Array(0);
  for (const segment of loaded.segments) {
    const jobs = loadedPart(segment.columns);
    if (job.length < jobs.count) {
      job = new Int32Array(jobs.count);
      groups = new Int32Array(jobs.count);
      seconds = new Float64Array(2 * jobs.count);
    }
    const count = selectRows(jobs, segment.cells.combinations, masks, job);
    grouping.ofEntries({ clusterIndex: 0, segment, jobs, job, count }, groups);
    if (sums.cpu.length < grouping.labels.length * nameCount) sums = grown(sums, nameCount, grouping.labels.length);
    const base = loaded.clock.beginOf(segment.day);
    addSeconds(jobs, job, count, begin - base, end - base, seconds);
    jobsWithoutNodes += addNodes(loadedPart(segment.node_lists), jobs, job, count, groups, seconds, nameCount, sums);
  }
  const nodes: number[] = [];
  sums.isUsed.forEach((used, id) => {
    if (used === 1) nodes.push(id);
  });
  const name = (id: number) => loaded.names[id] ?? '';
  nodes.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const hours = (seconds: Float64Array) =>
    grouping.labels.map((_, group) => nodes.map((id) => (seconds[group * nameCount + id] ?? 0) / 3600));
  return {
    nodes,
    cpuHours: hours(sums.cpu),
    gpuHours: hours(sums.gpu),
    mostCpus: nodes.map((id) => sums.mostCpus[id] ?? 0),
    mostGpus: nodes.map((id) => sums.mostGpus[id] ?? 0),
    jobsWithoutNodes,
  };
}

/** `cpu` and `gpu` are seconds by group and node. */
type NodeSums = {
  readonly cpu: Float64Array;
  readonly gpu: Float64Array;
  readonly mostCpus: Uint32Array;
  readonly mostGpus: Uint32Array;
  readonly isUsed: Uint8Array;
};

function emptySums(nameCount: number, groups: number): NodeSums {
  return {
    cpu: new Float64Array(groups * nameCount),
    gpu: new Float64Array(groups * nameCount),
    mostCpus: new Uint32Array(nameCount),
    mostGpus: new Uint32Array(nameCount),
    isUsed: new Uint8Array(nameCount),
  };
}

function grown(sums: NodeSums, nameCount: number, groups: number): NodeSums {
  const { cpu, gpu } = emptySums(nameCount, 2 * groups);
  cpu.set(sums.cpu);
  gpu.set(sums.gpu);
  return { ...sums, cpu, gpu };
}

// A small function for each step, called once a segment: JSC gives up optimised code of one large loop after some calls.

/** Writes the CPU and the GPU seconds that each job used in a window into `seconds`. */
function addSeconds(
  { start, end, cpus, gpus, cpuSeconds, gpuSeconds }: Jobs,
  job: Int32Array,
  count: number,
  from: number,
  until: number,
  seconds: Float64Array,
): void {
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const begin = start[which] ?? noTime;
    const finish = end[which] ?? noTime;
    const share = begin >= from && finish > begin && finish <= until ? 1 : shareIn(begin, finish, from, until);
    const used = begin === noTime || finish < begin ? 0 : (finish - begin) * share;
    seconds[2 * index] = cpuSeconds === null ? (cpus[which] ?? 0) * used : (cpuSeconds[which] ?? 0) * share;
    seconds[2 * index + 1] = gpuSeconds === null ? (gpus[which] ?? 0) * used : (gpuSeconds[which] ?? 0) * share;
  }
}

/** Returns the number of jobs with usage but without nodes. */
function addNodes(
  { offsets, ids }: NodeLists,
  { cpus, gpus }: Jobs,
  job: Int32Array,
  count: number,
  groups: Int32Array,
  seconds: Float64Array,
  nameCount: number,
  { cpu, gpu, mostCpus, mostGpus, isUsed }: NodeSums,
): number {
  let without = 0;
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const cpuSeconds = seconds[2 * index] ?? 0;
    const gpuSeconds = seconds[2 * index + 1] ?? 0;
    if (cpuSeconds === 0 && gpuSeconds === 0) continue;
    const first = offsets[which] ?? 0;
    const parts = (offsets[which + 1] ?? 0) - first;
    if (parts === 0) without++;
    const place = (groups[index] ?? 0) * nameCount;
    // Most jobs have one node: divisions take a third of the time.
    const cpusOnNode = parts === 1 ? (cpus[which] ?? 0) : Math.ceil((cpus[which] ?? 0) / parts);
    const gpusOnNode = parts === 1 ? (gpus[which] ?? 0) : Math.ceil((gpus[which] ?? 0) / parts);
    const cpuPart = parts === 1 ? cpuSeconds : cpuSeconds / parts;
    const gpuPart = parts === 1 ? gpuSeconds : gpuSeconds / parts;
    for (let part = 0; part < parts; part++) {
      const node = ids[first + part] ?? 0;
      isUsed[node] = 1;
      cpu[place + node] = (cpu[place + node] ?? 0) + cpuPart;
      gpu[place + node] = (gpu[place + node] ?? 0) + gpuPart;
      if (cpusOnNode > (mostCpus[node] ?? 0)) mostCpus[node] = cpusOnNode;
      if (gpusOnNode > (mostGpus[node] ?? 0)) mostGpus[node] = gpusOnNode;
    }
  }
  return without;
}

/** Returns the share of a run that is in a window. A job without the times of its run is in the window of its segment. */
function shareIn(start: number, end: number, from: number, until: number): number {
  if (start === noTime || end === noTime || end <= start) {
    const time = end === noTime ? (start === noTime ? 0 : start) : end;
    return time >= from && time < until ? 1 : 0;
  }
  if (start >= from && end <= until) return 1;
  return Math.max(0, Math.min(end, until) - Math.max(start, from)) / (end - start);
}
