import type { SampleSummary } from '../../sampled/summary.ts';
import type { UsageRow } from '../../store/jobs.ts';
import type { SegmentParts, StoredSegment } from '../../store/usage-segments.ts';
import type { ClusterClock } from '../cluster-clock.ts';
import { bookRun } from './booking.ts';
import { createCells } from './cells.ts';
import { encodeColumns, narrow } from './columns.ts';
import { noTime } from './segment.ts';
import { createSoftwareColumns } from './software.ts';
import { stepsOf } from './steps.ts';

/** Takes the jobs of one segment and makes its stored form. */
export type SegmentBuilder = {
  /** @param samples those of the id of the job, one for each node */
  add(row: UsageRow, samples: readonly SampleSummary[]): void;
  finish(): Omit<StoredSegment, 'day' | 'version'> & SegmentParts;
};

/** The dictionaries of a cluster. */
export type SegmentIds = {
  /** Returns the id of a name. */
  idOf(name: string): number;
  /** Returns the id of a program in the dictionary of programs. */
  programIdOf(path: string): number;
  /** Returns the ids of the nodes in a node list. */
  nodeIdsOf(list: string): readonly number[];
};

/** Returns a builder for the jobs that ended on a day. */
export function createSegmentBuilder(
  day: number,
  clock: ClusterClock,
  { idOf, programIdOf, nodeIdsOf }: SegmentIds,
): SegmentBuilder {
  const base = clock.beginOf(day);
  const jobs = emptyColumns();
  const cells = createCells();
  const software = createSoftwareColumns(programIdOf);
  let [firstDay, lastDay] = [day, day];

  return {
    add(row, samples) {
      const submit = clock.timeOf(row.submit);
      const start = row.start === null ? null : clock.timeOf(row.start);
      const end = row.end === null ? null : clock.timeOf(row.end);
      const submitDay = clock.dayOf(submit);
      const startDay = start === null ? null : clock.dayOf(start);
      const duration = start !== null && end !== null && end >= start ? end - start : 0;
      const [cpus, gpus, nodes] = [countOf(row.cpus), countOf(row.gpus), countOf(row.nodes)];
      const cpuSeconds = secondsOf(row.cpu_hours, cpus * duration);
      const gpuSeconds = secondsOf(row.gpu_hours, gpus * duration);
      const qos = row.qos === null ? 0 : idOf(row.qos);
      const combination = cells.combination(
        idOf(row.partition),
        idOf(row.account),
        idOf(row.user),
        qos,
        idOf(row.state),
      );

      jobs.combination.push(combination);
      jobs.submit.push(time(submit - base));
      jobs.start.push(start === null ? noTime : time(start - base));
      jobs.end.push(end === null ? noTime : time(end - base));
      jobs.cpus.push(cpus);
      jobs.gpus.push(gpus);
      jobs.nodes.push(nodes);
      jobs.cpuSeconds.push(cpuSeconds);
      jobs.gpuSeconds.push(gpuSeconds);
      if (cpuSeconds !== cpus * duration) jobs.hasOwnCpuSeconds = true;
      if (gpuSeconds !== gpus * duration) jobs.hasOwnGpuSeconds = true;
      const used = { cpuSeconds, gpuSeconds, nodeSeconds: nodes * duration };
      const hosts = row.node_list === null ? [] : nodeIdsOf(row.node_list);
      for (const id of hosts) jobs.nodeIds.push(id);
      jobs.nodeCounts.push(hosts.length);
      software.add(samples, start, end);

      firstDay = Math.min(firstDay, submitDay, startDay ?? day);
      lastDay = Math.max(lastDay, submitDay, startDay ?? day);
      let began = 1;
      const isBooked = bookRun({ start, end }, clock, (usageDay, share) => {
        cells.add(combination, dayOffset(usageDay - day), 1, began, share, used);
        began = 0;
      });
      // The names of a job that never ran are in a cell, too, so that cells have all names of a segment.
      if (!isBooked) cells.add(combination, 0, 0, 0, 1, used);
    },
    finish: () => ({
      jobs: jobs.submit.length,
      first_day: firstDay,
      last_day: lastDay,
      cells: cells.encoded(),
      columns: encodedJobs(jobs),
      node_lists: encodeColumns({ counts: narrow(jobs.nodeCounts), ids: narrow(jobs.nodeIds) }),
      software: software.encoded(),
    }),
  };
}

type JobColumns = ReturnType<typeof emptyColumns>;

function emptyColumns() {
  const column = (): number[] => [];
  return {
    submit: column(),
    start: column(),
    end: column(),
    combination: column(),
    cpus: column(),
    gpus: column(),
    nodes: column(),
    cpuSeconds: column(),
    gpuSeconds: column(),
    hasOwnCpuSeconds: false,
    hasOwnGpuSeconds: false,
    nodeCounts: column(),
    nodeIds: column(),
  };
}

function encodedJobs(jobs: JobColumns): Uint8Array {
  // `Int32Array.from` takes five times as long.
  const [start, end] = [new Int32Array(jobs.start), new Int32Array(jobs.end)];
  return encodeColumns({
    end: stepsOf(end),
    start: stepsOf(start, end),
    submit: stepsOf(new Int32Array(jobs.submit), start),
    combination: narrow(jobs.combination),
    cpus: narrow(jobs.cpus),
    gpus: narrow(jobs.gpus),
    nodes: narrow(jobs.nodes),
    ...(jobs.hasOwnCpuSeconds && { cpuSeconds: new Float64Array(jobs.cpuSeconds) }),
    ...(jobs.hasOwnGpuSeconds && { gpuSeconds: new Float64Array(jobs.gpuSeconds) }),
  });
}

/** Returns hours in seconds: the exact product of count and duration if they are that product, rounded by a sender. */
function secondsOf(hours: number, product: number): number {
  const seconds = hours * 3600;
  return Math.abs(seconds - product) <= 1e-9 * Math.max(1, product) ? product : seconds;
}

/** The ingest API accepts negative numbers of CPUs, GPUs and nodes: they count as 0. */
function countOf(value: number): number {
  return clamped(value, 0, 2 ** 32 - 1);
}

function time(seconds: number): number {
  return clamped(seconds, noTime + 1, 2 ** 31 - 1);
}

function dayOffset(days: number): number {
  return clamped(days, -(2 ** 15), 2 ** 15 - 1);
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
