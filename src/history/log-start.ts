import type { LogPosition } from '../pbs/accounting-log.ts';
import { headCommand, type LogFile, type LogLocation } from './log-files.ts';
import { beginsWith } from './log-head.ts';
import type { LogPlace } from './log-place.ts';

/** The position at which the reading of a file begins. */
export type Start = {
  readonly from: LogPosition;
  /** The beginning of the file; null if it is not known yet. */
  readonly head: LogPlace['head'] | null;
  readonly warnings: readonly string[];
};

export const fromBeginning: Start = { from: { offset: 0, lines: 0 }, head: null, warnings: [] };

/**
 * Returns where to continue in the first file. A file that was replaced or truncated is read again from its beginning; jobs
 * that were sent before are not sent again.
 */
export async function startIn(file: LogFile, place: LogPlace, location: LogLocation): Promise<Start> {
  const { offset, lines, head } = place;
  const again = (why: string): Start => ({
    ...fromBeginning,
    warnings: [`the accounting file ${place.name} ${why}: it is read again from its beginning`],
  });
  if (file.name !== place.name)
    return {
      ...fromBeginning,
      warnings: [
        `the accounting file ${place.name} is gone: records that were added to it since the last export are not read`,
      ],
    };
  if (file.compression === null && file.size < offset) return again('is shorter than before');
  // Compare the content: a new file can get the inode of the old one, and a copy of the same file has another inode.
  const isSame = await beginsWith(location.executor.start(headCommand(file, head.bytes, location)).stdout, head);
  return isSame ? { from: { offset, lines }, head, warnings: [] } : again('was replaced by another');
}
