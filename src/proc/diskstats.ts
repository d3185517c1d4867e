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
      const count = (place: number) => Number(words[place]);
      const counters: DiskCounters = {
        reads: count(0),
        readsMerged: count(1),
        sectorsRead: count(2),
        readMs: count(3),
        writes: count(4),
        writesMerged: count(5),
        sectorsWritten: count(6),
        writeMs: count(7),
        busyMs: count(9),
        queuedMs: count(10),
      };
      return [[name, counters] as const];
    }),
  );
}
