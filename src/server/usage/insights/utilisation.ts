import type { z } from 'zod';
import { measures } from '../../status/measures.ts';
import { parseRollup } from '../../status/rollup.ts';
import { hourMs } from '../../status/samples.ts';
import type { Cluster } from '../../store/clusters.ts';
import type { Reader } from '../../store/port.ts';
import { rollupsBetween, seriesOf } from '../../store/series.ts';
import type { utilisationSchema } from '../answers.ts';
import { type ClusterClock, dateOfDay } from '../cluster-clock.ts';
import type { Answer } from '../engine/answer.ts';
import { type PeriodKind, periodsIn, type UsageWindow, wholeWindow } from '../engine/periods.ts';
import { clockOf } from '../segments/rebuild.ts';

/** The hours of CPU cores and GPUs that were up on a day; null if the snapshots do not say it. */
type Capacity = { readonly cpuHours: number | null; readonly gpuHours: number | null };

/** Hours of a day that must have snapshots, so that their mean is taken for the whole day. */
const leastHours = 12;

/**
 * Returns the available capacity of each day of a window, from the snapshots of the system that has the name of the
 * cluster. Cores and GPUs of nodes that are down are neither allocated nor idle, so the sum of both is available.
 */
async function capacityByDay(
  reader: Reader,
  cluster: string,
  clock: ClusterClock,
  { from, until }: UsageWindow,
): Promise<Capacity[]> {
  const days = Array.from({ length: until - from }, () => ({ cpu: emptyMean(), gpu: emptyMean() }));
  const system = (await seriesOf(reader, cluster.toLowerCase())).find(({ kind }) => kind === 'system');
  if (system) {
    const [begin, end] = [clock.beginOf(from) * 1000, clock.beginOf(until) * 1000];
    for (const { at, data } of await rollupsBetween(reader, system.id, hourMs, begin, end)) {
      const rollup = parseRollup(data);
      const meanOf = (field: string) => {
        const summary = rollup[measures.system.indexOf(field)];
        return summary && summary.count > 0 ? summary.sum / summary.count : null;
      };
      const day = days[clock.dayOf(at / 1000) - from];
      if (!day) continue;
      add(day.cpu, meanOf('cpu_cores_allocated'), meanOf('cpu_cores_idle'));
      add(day.gpu, meanOf('gpu_count_allocated'), meanOf('gpu_count_idle'));
    }
  }
  return days.map(({ cpu, gpu }, index) => {
    const hours = (clock.beginOf(from + index + 1) - clock.beginOf(from + index)) / 3600;
    return { cpuHours: hoursOf(cpu, hours), gpuHours: hoursOf(gpu, hours) };
  });
}

type Mean = { sum: number; count: number };

function emptyMean(): Mean {
  return { sum: 0, count: 0 };
}

function add(mean: Mean, allocated: number | null, idle: number | null): void {
  if (allocated === null || idle === null) return;
  mean.sum += allocated + idle;
  mean.count += 1;
}

function hoursOf({ sum, count }: Mean, hours: number): number | null {
  return count < leastHours ? null : (sum / count) * hours;
}

/** The utilisation of a cluster in a window, as the API answers it. */
export type ClusterUtilisation = z.infer<typeof utilisationSchema>;
type Utilisation = ClusterUtilisation['total'];

/**
 * Returns the utilisation of a cluster in a window and in each of its periods.
 * @param hours the CPU and GPU hours of each day of the window; null for none
 */
export async function utilisationIn(
  reader: Reader,
  cluster: Cluster,
  window: UsageWindow,
  kind: PeriodKind | null,
  hours: Answer['series'],
): Promise<ClusterUtilisation> {
  const capacities = await capacityByDay(reader, cluster.name, clockOf(cluster), window);
  const days = capacities.map((capacity, index): DayUse => {
    const hoursOn = (measure: 'cpu_hours' | 'gpu_hours') => Number(hours?.[measure]?.[index] ?? 0);
    return { cpuHours: hoursOn('cpu_hours'), gpuHours: hoursOn('gpu_hours'), capacity };
  });
  const periods = kind === null ? wholeWindow(window) : periodsIn(kind, window);
  return {
    cluster: cluster.name,
    from: dateOfDay(window.from),
    to: dateOfDay(window.until - 1),
    period: kind,
    total: utilisationOf(days),
    periods: periods.list.map(({ from, until, isPartial }, period) => ({
      start: dateOfDay(from),
      end: dateOfDay(until - 1),
      partial: isPartial,
      ...utilisationOf(days.filter((_, day) => periods.indexOfDay[day] === period)),
    })),
    notes: ['Jobs that have not ended are not counted: the last days are too low while jobs run.'],
  };
}

/** The used hours of a day, and its available capacity. */
type DayUse = { readonly cpuHours: number; readonly gpuHours: number; readonly capacity: Capacity };

/** Returns the utilisation of some days: the hours that were used on known days, divided by the hours that were up on them. */
function utilisationOf(days: readonly DayUse[]): Utilisation {
  const cpu = knownPart(days, 'cpuHours');
  const gpu = knownPart(days, 'gpuHours');
  return {
    days: days.length,
    known_days: cpu.known,
    cpu_hours_used: cpu.used,
    cpu_hours_available: cpu.available,
    cpu_percent: cpu.percent,
    gpu_hours_used: gpu.used,
    gpu_hours_available: gpu.available,
    gpu_percent: gpu.percent,
  };
}

function knownPart(days: readonly DayUse[], field: 'cpuHours' | 'gpuHours') {
  let [known, used, usedOnKnown, available] = [0, 0, 0, 0];
  for (const day of days) {
    used += day[field];
    const capacity = day.capacity[field];
    if (capacity === null) continue;
    known += 1;
    usedOnKnown += day[field];
    available += capacity;
  }
  const isKnown = known > 0 && available > 0;
  return {
    known,
    used,
    available: isKnown ? available : null,
    percent: isKnown ? (100 * usedOnKnown) / available : null,
  };
}
