import { type Masks, selectRows } from '../engine/filter.ts';
import type { Grouping } from '../engine/grouping.ts';
import { type Loaded, loadedPart } from '../engine/loaded.ts';
import type { UsageWindow } from '../engine/periods.ts';
import { cpuSecondsOf, gpuSecondsOf } from '../engine/scan.ts';
import { noTime } from '../segments/segment.ts';

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
  const cpu: Float64Array[] = [];
  const gpu: Float64Array[] = [];
  const mostCpus = new Float64Array(nameCount);
  const mostGpus = new Float64Array(nameCount);
  const isUsed = new Uint8Array(nameCount);
  const [begin, end] = [loaded.clock.beginOf(window.from), loaded.clock.beginOf(window.until)];
  let jobsWithoutNodes = 0;
  let rows = new Int32Array(0);
  let groups = new Int32Array(0);
  for (const segment of loaded.segments) {
    const jobs = loadedPart(segment.columns);
    if (rows.length < jobs.count) {
      rows = new Int32Array(jobs.count);
      groups = new Int32Array(jobs.count);
    }
    const count = selectRows(jobs, masks, rows);
    grouping.ofEntries({ clusterIndex: 0, jobs, job: rows, count }, groups);
    while (cpu.length < grouping.labels.length) {
      cpu.push(new Float64Array(nameCount));
      gpu.push(new Float64Array(nameCount));
    }
    const base = loaded.clock.beginOf(segment.day);
    const { offsets, ids } = loadedPart(segment.node_lists);
    for (let index = 0; index < count; index++) {
      const job = rows[index] ?? 0;
      const share = shareIn(jobs.start[job] ?? noTime, jobs.end[job] ?? noTime, begin - base, end - base);
      const cpuSeconds = cpuSecondsOf(jobs, job) * share;
      const gpuSeconds = gpuSecondsOf(jobs, job) * share;
      if (cpuSeconds === 0 && gpuSeconds === 0) continue;
      const first = offsets[job] ?? 0;
      const last = offsets[job + 1] ?? 0;
      if (first === last) {
        jobsWithoutNodes += 1;
        continue;
      }
      const parts = last - first;
      const group = groups[index] ?? 0;
      const cpuOf = cpu[group];
      const gpuOf = gpu[group];
      if (!cpuOf || !gpuOf) continue;
      const cpus = Math.ceil((jobs.cpus[job] ?? 0) / parts);
      const gpus = Math.ceil((jobs.gpus[job] ?? 0) / parts);
      for (let at = first; at < last; at++) {
        const node = ids[at] ?? 0;
        isUsed[node] = 1;
        cpuOf[node] = (cpuOf[node] ?? 0) + cpuSeconds / parts;
        gpuOf[node] = (gpuOf[node] ?? 0) + gpuSeconds / parts;
        if (cpus > (mostCpus[node] ?? 0)) mostCpus[node] = cpus;
        if (gpus > (mostGpus[node] ?? 0)) mostGpus[node] = gpus;
      }
    }
  }
  const nodes: number[] = [];
  isUsed.forEach((used, id) => {
    if (used === 1) nodes.push(id);
  });
  const name = (id: number) => loaded.names[id] ?? '';
  nodes.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const hours = (seconds: Float64Array) => nodes.map((id) => (seconds[id] ?? 0) / 3600);
  return {
    nodes,
    cpuHours: cpu.map(hours),
    gpuHours: gpu.map(hours),
    mostCpus: nodes.map((id) => mostCpus[id] ?? 0),
    mostGpus: nodes.map((id) => mostGpus[id] ?? 0),
    jobsWithoutNodes,
  };
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
