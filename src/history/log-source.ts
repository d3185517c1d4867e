import { newLogState } from '../pbs/open-runs.ts';
import { listLog } from './log-files.ts';
import { filePart, type LogPartOptions, type LogPartReader } from './log-part.ts';
import { type LogPlace, type LogProgress, readLogProgress } from './log-place.ts';
import { fromBeginning, startIn } from './log-start.ts';
import type { Range } from './plan.ts';
import { progressInZone, type WithOutbox } from './progress.ts';
import type { HistoryPlan, HistorySource, PlanRequest } from './source.ts';
import { day } from './windows.ts';

/** Returns the source of a cluster with an accounting log. It is read file by file. */
export function logSource(options: LogPartOptions): HistorySource {
  const { cluster, timeZone, limits } = options;
  return { cluster, timeZone, limits, plan: (request, withOutbox) => planFiles(options, request, withOutbox) };
}

/**
 * The days before a range that are read, too: they say when the jobs of the range were submitted and started. A day more,
 * because the days of the files are those of the server's zone.
 */
const contextDays = 8;

async function planFiles(options: LogPartOptions, request: PlanRequest, withOutbox: WithOutbox): Promise<HistoryPlan> {
  const { cluster, timeZone, windowDays } = options;
  const { range, isAgain, now } = request;
  progressInZone(withOutbox, cluster, timeZone, isAgain);
  const saved = withOutbox((outbox) => readLogProgress(outbox, cluster)) ?? { next: null, backfill: null };
  const place = range.since === null ? saved.next : isAgain ? null : resumed(saved, range);
  // An export that continues sends all new runs, whenever they ended.
  const since = range.since ?? (saved.next === null ? new Date(now.getTime() - windowDays * day) : null);
  const files = (await listLog(options)).filter(({ name }) => isWithin(name, place, since, range.until));
  const [first] = files;
  const continued = first === undefined || place === null ? fromBeginning : await startIn(first, place, options);
  const check = await options.check();
  const start = check.warning === null ? continued : { ...continued, warnings: [...continued.warnings, check.warning] };
  const reader: LogPartReader = { options, request, since, check, state: place?.state ?? newLogState() };
  return {
    parts: files.map((file, index) =>
      filePart(reader, file, index === 0 ? start : fromBeginning, index === files.length - 1),
    ),
    text: `the accounting log of ${cluster} from ${first?.name ?? 'its end'}${first?.name === place?.name ? ', where the last export ended' : ''}`,
    nothing: `the accounting log of ${cluster} has no files from ${place?.name ?? 'this time'} on`,
    unit: 'file',
    isResumed: range.since !== null && place !== null,
  };
}

/** Returns where an earlier export of the same range stopped; null if none did. */
function resumed({ backfill }: LogProgress, { since, until }: Range): LogPlace | null {
  const isSame = backfill?.since.getTime() === since?.getTime() && backfill?.until?.getTime() === until?.getTime();
  return isSame ? (backfill?.place ?? null) : null;
}

/** True for a file to read. A single file that is not named like a day is always read. */
function isWithin(name: string, place: LogPlace | null, since: Date | null, until: Date | null): boolean {
  if (!/^\d{8}$/.test(name)) return true;
  const isLate = until !== null && name > dayName(until, 1);
  const isEarly = place !== null ? name < place.name : since !== null && name < dayName(since, -contextDays);
  return !isLate && !isEarly;
}

/** Returns the name of the file of a day, so many days after a time. */
function dayName(time: Date, days: number): string {
  return new Date(time.getTime() + days * day).toISOString().slice(0, 10).replaceAll('-', '');
}
