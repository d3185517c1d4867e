import { Bodies } from './bodies.ts';
import { type Candidate, candidateOf } from './fingerprints.ts';
import { recordOf } from './record.ts';
import type { HistoryPart, HistorySource, PartResult } from './source.ts';

/** The functions that receive the jobs that are read. */
export type HistorySink = {
  /** Returns the jobs whose current record was not sent yet. */
  unsent(candidates: readonly Candidate[]): readonly Candidate[];
  /** Receives the bodies to send, one after the other. */
  take(body: string, jobs: readonly Candidate[]): void;
  /** Receives the number of lines read so far, from time to time. */
  progress(rows: number): void;
};

/** The jobs of a part, and those of them that are sent. */
export type PartSums = PartResult & {
  /** The number of jobs that were not sent yet, or that changed since they were sent. */
  readonly fresh: number;
  /** The number of `fresh` jobs that never started. */
  readonly unstarted: number;
  readonly cpuHours: number;
  readonly gpuHours: number;
};

/** Reads a part and makes the bodies of its new jobs. Throws OperatorError like `HistoryPart.read`. */
export async function readPart(
  part: HistoryPart,
  { cluster, timeZone, limits }: HistorySource,
  sink: HistorySink,
): Promise<PartSums> {
  const bodies = new Bodies(cluster, limits, sink.take);
  let [fresh, unstarted, cpuHours, gpuHours] = [0, 0, 0, 0];
  const result = await part.read((jobs) => {
    const candidates = jobs.map((job) => {
      const record = recordOf(job, timeZone);
      cpuHours += record.CPUHours;
      gpuHours += record.GPUHours;
      return candidateOf(job, JSON.stringify(record));
    });
    for (const candidate of sink.unsent(candidates)) {
      fresh += 1;
      if (candidate.job.started === null) unstarted += 1;
      bodies.add(candidate);
    }
  }, sink.progress);
  bodies.end();
  return { ...result, fresh, unstarted, cpuHours, gpuHours };
}
