import type { z } from 'zod';
import { RequestProblem } from '../http/problem.ts';
import type { Reader } from '../store/port.ts';
import type { SeriesRow } from '../store/series.ts';
import type { coverageSchema } from './answers.ts';
import { readBuckets } from './buckets.ts';
import { countedField, type SeriesKind } from './measures.ts';
import { type Buckets, canonicalTime } from './period.ts';

/** The buckets of an answer, and how well the snapshots of the system cover them. */
export type Coverage = Readonly<z.output<typeof coverageSchema>>;

/** The series with the totals of a system. */
export type Totals = { readonly id: number; readonly kind: 'system' | 'hub' };

/** Returns the totals among the series of a system, null for an unknown system. */
export function totalsOf(all: readonly SeriesRow[]): Totals | null {
  for (const kind of ['system', 'hub'] as const) {
    const found = all.find((series) => series.kind === kind);
    if (found) return { id: found.id, kind };
  }
  return null;
}

/** Returns the problem of a path that names an unknown system. */
export function unknownSystem(system: string): RequestProblem {
  return new RequestProblem(404, `There is no system ${system}`);
}

/** Returns the coverage of buckets by the snapshots of a system with these series. */
export async function coverageOf(reader: Reader, all: readonly SeriesRow[], buckets: Buckets): Promise<Coverage> {
  const countsOf = async (id: number, kind: SeriesKind) => {
    const [field] = await readBuckets(reader, id, kind, [countedField(kind)], buckets);
    return field ? [...field.counts] : [];
  };
  const totals = totalsOf(all);
  const failed: Record<string, number[]> = {};
  for (const { id, name } of all.filter(({ kind }) => kind === 'probe')) {
    const counts = await countsOf(id, 'probe');
    if (counts.some((count) => count > 0)) failed[name] = counts;
  }
  return {
    from: canonicalTime(buckets.from),
    to: canonicalTime(buckets.to),
    step: buckets.step / 1000,
    snapshots: totals ? await countsOf(totals.id, totals.kind) : [],
    failed_probes: failed,
  };
}
