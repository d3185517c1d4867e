/** The counters of a block device since boot (proc_diskstats(5); times in ms, a sector is 512 bytes). */
export type DiskCounters = {
  readonly reads: number;
  readonly readsMerged: number;
  readonly sectorsRead: number;
  readonly readMs: number;
  readonly writes: number;
  readonly writesMerged: number;
  readonly sectorsWritten: number;
  readonly writeMs: number;
  readonly busyMs: number;
  readonly queuedMs: number;
};

/** Parses `/proc/diskstats` into the counters of each device by name. */
export function parseDiskStats(text: string): Map<string, DiskCounters> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, , name, ...words] = line.trim().split(/\s+/);
      if (name === undefined || words.length < 11 || !words.every((word) => /^\d+$/.test(word))) return [];
      const [reads = 0, readsMerged = 0, sectorsRead = 0, readMs = 0, writes = 0, writesMerged = 0, ...rest] =
        words.map(Number);
      const [sectorsWritten = 0, writeMs = 0, , busyMs = 0, queuedMs = 0] = rest;
      const counters = { reads, readsMerged, sectorsRead, readMs, writes, writesMerged, sectorsWritten, writeMs };
      return [[name, { ...counters, busyMs, queuedMs }] as const];
    }),
  );
}
