import type { Entries } from './entries.ts';
import type { Grouping } from './grouping.ts';
import { durationOf } from './job-usage.ts';
import { loadedPart } from './loaded.ts';
import type { Periods } from './periods.ts';

/**
 * The CPU time that sampled jobs used, in percent of their CPUs times their time from start to end. A job counts if the
 * control groups of all its nodes counted its CPU time.
 */
export type Efficiency = {
  /** The number of jobs that it is of. */
  readonly jobs: number;
  readonly percent: number;
};

/** The efficiency of a group; null if no job of it counts. */
export type GroupEfficiency = { readonly total: Efficiency | null; readonly periods: readonly (Efficiency | null)[] };

/** The efficiency of each group, and of all jobs. */
export type Efficiencies = { readonly groups: readonly GroupEfficiency[]; readonly all: GroupEfficiency };

/** The sums of a group in a period. */
const fields = 4;
const [jobsField, newJobsField, usedField, availableField] = [0, 1, 2, 3];

/** Adds up what jobs used and what they had. The parts of segments with software must be loaded. */
export function createEfficiencies(grouping: Grouping, periods: Periods) {
  const stride = periods.list.length * fields;
  let sums = new Float64Array(Math.max(1, stride));

  return {
    /** @param groups the group of each entry */
    addEntries(entries: Entries, groups: Int32Array): void {
      const length = (grouping.labels.length + 1) * stride;
      if (sums.length < length) {
        const larger = new Float64Array(2 * length);
        larger.set(sums);
        sums = larger;
      }
      addUsed(entries, groups, sums, stride);
    },
    finish(): Efficiencies {
      const groupCount = stride === 0 ? 1 : Math.floor(sums.length / stride);
      const inPeriods = periods.list.map((_, period) => period);
      const inGroups = Array.from({ length: groupCount }, (_, group) => group);
      const efficiencyOf = (someGroups: readonly number[], some: readonly number[], jobs: number) => {
        const sum = (field: number) =>
          someGroups.reduce((all, group) => some.reduce((of, period) => of + at(group, period, field), all), 0);
        return sum(availableField) === 0
          ? null
          : { jobs: sum(jobs), percent: (100 * sum(usedField)) / sum(availableField) };
      };
      const at = (group: number, period: number, field: number) => sums[group * stride + period * fields + field] ?? 0;
      const ofGroups = (some: readonly number[]): GroupEfficiency => ({
        total: efficiencyOf(some, inPeriods, newJobsField),
        periods: inPeriods.map((period) => efficiencyOf(some, [period], jobsField)),
      });
      return { groups: inGroups.map((group) => ofGroups([group])), all: ofGroups(inGroups) };
    },
  };
}

function addUsed(
  { jobs, segment, count, job, period, share, weight, isNew }: Entries,
  groups: Int32Array,
  sums: Float64Array,
  stride: number,
): void {
  const software = loadedPart(segment.software);
  if (software === null) return;
  const { offsets, seconds, countedNodes } = software;
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    const nodes = countedNodes[which] ?? 0;
    const available = (jobs.cpus[which] ?? 0) * durationOf(jobs, which);
    if (nodes === 0 || nodes < (jobs.nodes[which] ?? 0) || available === 0) continue;
    let used = 0;
    for (let at = offsets[which] ?? 0; at < (offsets[which + 1] ?? 0); at++) used += seconds[at] ?? 0;
    const place = (groups[index] ?? 0) * stride + (period[index] ?? 0) * fields;
    const counted = weight[index] ?? 0;
    sums[place + jobsField] = (sums[place + jobsField] ?? 0) + counted;
    sums[place + newJobsField] = (sums[place + newJobsField] ?? 0) + counted * (isNew[index] ?? 0);
    sums[place + usedField] = (sums[place + usedField] ?? 0) + used * (share[index] ?? 0);
    sums[place + availableField] = (sums[place + availableField] ?? 0) + available * (share[index] ?? 0);
  }
}
