import type { z } from 'zod';
import type { lostSchema } from '../answers.ts';
import { cpuSecondsOf, durationOf, gpuSecondsOf } from '../engine/job-usage.ts';
import { type Loaded, loadedPart } from '../engine/loaded.ts';
import { noTime } from '../segments/segment.ts';

/** Jobs that an outage ended, and the hours that they had used. */
export type Lost = z.infer<typeof lostSchema>;

/** What an outage cost: jobs whose nodes failed, and jobs that ended as failed or cancelled meanwhile. */
export type OutageCost = { readonly node_fail: Lost; readonly failed_or_cancelled: Lost };

/** Seconds since 1970, both included. */
export type Span = { readonly from: number; readonly to: number };

const nodeStates = ['NODE_FAIL', 'BOOT_FAIL'];
const otherStates = ['FAILED', 'CANCELLED', 'REQUEUED'];

/** Returns what the jobs of a cluster lost in each of some spans. */
export function costsOf(spans: readonly Span[], { segments, clock, names }: Loaded): OutageCost[] {
  const kinds = names.map((name) => kindOf(name ?? ''));
  const sums = spans.map(() => ({ node: emptySum(), other: emptySum() }));
  for (const segment of segments) {
    const base = clock.beginOf(segment.day);
    const until = clock.beginOf(segment.day + 1);
    const open = spans.flatMap((span, index) => (span.from < until && span.to >= base ? [{ ...span, index }] : []));
    if (open.length === 0) continue;
    const jobs = loadedPart(segment.columns);
    for (let job = 0; job < jobs.count; job++) {
      const kind = kinds[segment.cells.combinations.state[jobs.combination[job] ?? 0] ?? 0] ?? null;
      const end = jobs.end[job] ?? noTime;
      if (kind === null || end === noTime || jobs.start[job] === noTime) continue;
      for (const { from, to, index } of open) {
        const sum = sums[index]?.[kind];
        if (!sum || base + end < from || base + end > to) continue;
        sum.jobs += 1;
        sum.cpu += cpuSecondsOf(jobs, job);
        sum.gpu += gpuSecondsOf(jobs, job);
        sum.node += (jobs.nodes[job] ?? 0) * durationOf(jobs, job);
      }
    }
  }
  return sums.map(({ node, other }) => ({ node_fail: lost(node), failed_or_cancelled: lost(other) }));
}

function kindOf(state: string): 'node' | 'other' | null {
  if (nodeStates.includes(state)) return 'node';
  return otherStates.includes(state) ? 'other' : null;
}

function emptySum() {
  return { jobs: 0, cpu: 0, gpu: 0, node: 0 };
}

function lost({ jobs, cpu, gpu, node }: ReturnType<typeof emptySum>): Lost {
  return { jobs, cpu_hours: cpu / 3600, gpu_hours: gpu / 3600, node_hours: node / 3600 };
}
