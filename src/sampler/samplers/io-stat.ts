import { z } from 'zod';
import { type DiskCounters, parseDiskStats } from '../../proc/diskstats.ts';
import { type Machine, textOf } from '../machine.ts';
import type { Data, SamplerFactory } from '../sampler.ts';

const countersSchema = z.object({
  reads: z.number(),
  readsMerged: z.number(),
  sectorsRead: z.number(),
  readMs: z.number(),
  writes: z.number(),
  writesMerged: z.number(),
  sectorsWritten: z.number(),
  writeMs: z.number(),
  busyMs: z.number(),
  queuedMs: z.number(),
});
const stateSchema = z.object({
  /** The first and the last counters of each device, and their times in seconds. */
  first: z.record(z.string(), z.object({ at: z.number(), counters: countersSchema })),
  last: z.record(z.string(), z.object({ at: z.number(), counters: countersSchema })),
  current: z.record(z.string(), z.record(z.string(), z.string())),
});

/**
 * Measures block devices with the columns of `iostat -x` (iostat(1)), from /proc/diskstats. The final data are those of
 * the whole time.
 * @param devices the names of devices, such as `dm-0`
 */
export function ioStatSampler(intervalSeconds: number, machine: Machine, devices: readonly string[]): SamplerFactory {
  return (stored) => {
    const state = stateSchema.safeParse(stored).data ?? { first: {}, last: {}, current: {} };
    return {
      id: 'sams.sampler.IOStats',
      intervalSeconds,
      isShortAtStart: false,
      async sample({ at }) {
        const found = parseDiskStats(textOf(`${machine.proc}/diskstats`) ?? '');
        for (const device of devices) {
          const counters = found.get(device);
          if (counters === undefined) continue;
          const before = state.last[device];
          if (before !== undefined && at > before.at) {
            state.current[device] = columnsOf(before.counters, counters, at - before.at);
          }
          state.first[device] ??= { at, counters };
          state.last[device] = { at, counters };
        }
        return Object.keys(state.current).length === 0 ? null : { ...state.current };
      },
      final(): Data {
        return Object.fromEntries(
          Object.entries(state.last).flatMap(([device, { at, counters }]) => {
            const first = state.first[device];
            if (first === undefined || at <= first.at) return [];
            return [[device, columnsOf(first.counters, counters, at - first.at)] as const];
          }),
        );
      },
      state: () => state,
    };
  };
}

/** Returns the columns of `iostat -x` for an interval, as text with two digits: the names have no `/` and no `%`. */
function columnsOf(before: DiskCounters, now: DiskCounters, seconds: number): Record<string, string> {
  const more = (name: keyof DiskCounters) => Math.max(0, now[name] - before[name]);
  const text = (value: number) => (Number.isFinite(value) ? value : 0).toFixed(2);
  const side = (letter: string, requests: number, merged: number, sectors: number, ms: number) => ({
    [`${letter}_s`]: text(requests / seconds),
    [`${letter}kB_s`]: text(sectors / 2 / seconds),
    [`${letter}rqm_s`]: text(merged / seconds),
    [`${letter}rqm`]: text((100 * merged) / (merged + requests)),
    [`${letter}_await`]: text(ms / requests),
    [`${letter}areq-sz`]: text(sectors / 2 / requests),
  });
  return {
    ...side('r', more('reads'), more('readsMerged'), more('sectorsRead'), more('readMs')),
    ...side('w', more('writes'), more('writesMerged'), more('sectorsWritten'), more('writeMs')),
    'aqu-sz': text(more('queuedMs') / 1000 / seconds),
    util: text(Math.min(100, more('busyMs') / 10 / seconds)),
  };
}
