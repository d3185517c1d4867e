import type { Masks } from '../engine/filter.ts';
import { type Grouping, noGrouping } from '../engine/grouping.ts';
import type { Loaded } from '../engine/loaded.ts';
import type { Periods } from '../engine/periods.ts';
import { scanJobs } from '../engine/scan.ts';
import { createSums } from '../engine/sums.ts';
import { createTallies } from '../engine/tally.ts';
import { createTimings } from '../engine/timings.ts';
import { createActivePeriods, createMainGroups, createNameCounts, createValueCounts } from './counts.ts';

const measures = ['jobs', 'users', 'cpu_hours', 'gpu_hours'] as const;

/** Collects from the jobs that were submitted in the periods what the charts of them show, in one scan. */
export function scanSubmitted(loaded: Loaded, masks: Masks, periods: Periods, grouping: Grouping | null) {
  const nameCount = loaded.names.length;
  const summary = createSums(noGrouping(), [loaded], periods, measures);
  const byColour = grouping && createSums(grouping, [loaded], periods, measures);
  const mainGroups = createMainGroups(periods.list.length, nameCount);
  const activePeriods = createActivePeriods(periods.list.length, nameCount);
  const wait = createTimings('wait', null, periods, false);
  const duration = createTimings('duration', null, periods, false);
  const jobsOfUsers = createNameCounts('user', nameCount);
  const jobsOfPartitions = createNameCounts('partition', nameCount);
  const jobsOfStates = createNameCounts('state', nameCount);
  const [cpus, gpus, nodes] = [
    createValueCounts('cpus', 0),
    createValueCounts('gpus', 1),
    createValueCounts('nodes', 1),
  ];
  const tallies = createTallies();
  const ofEntries = [wait, duration, cpus, gpus, nodes];
  let noGroups = new Int32Array(0);
  const ofTally = [
    summary,
    activePeriods,
    jobsOfUsers,
    jobsOfPartitions,
    jobsOfStates,
    ...(byColour ? [byColour] : []),
  ];
  let groups = new Int32Array(0);
  const scan = {
    clusters: [loaded],
    masks: [masks],
    axis: 'submitted',
    periods,
    sizes: null,
    software: null,
  } as const;
  scanJobs(scan, (entries) => {
    if (noGroups.length < entries.count) noGroups = new Int32Array(entries.count);
    for (const collector of ofEntries) collector.addEntries(entries, noGroups);
    const tally = tallies.ofEntries(entries, measures);
    for (const collector of ofTally) collector.addTally(tally);
    if (grouping === null) return;
    if (groups.length < tally.count) groups = new Int32Array(tally.count);
    grouping.ofTally?.(tally, groups);
    mainGroups.addTally(tally, groups);
  });
  const sums = summary.finish();
  return {
    summary: sums,
    byColour: byColour?.finish() ?? sums,
    mainGroups: mainGroups.finish(),
    activePeriods: activePeriods.finish(),
    wait: wait.finish(),
    duration: duration.finish(),
    jobsOfUsers: jobsOfUsers.counts.filter((count) => count > 0),
    jobsOfPartitions: jobsOfPartitions.counts,
    jobsOfStates: jobsOfStates.counts,
    cpus: cpus.finish(),
    gpus: gpus.finish(),
    nodes: nodes.finish(),
  };
}
