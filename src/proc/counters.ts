/** Parses lines of a name and an integer, as `cpu.stat` and `memory.stat` have them (cgroups(7)). */
export function parseCounters(text: string): Map<string, number> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^(\S+) (\d+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );
}

/** Parses the number in a file such as `memory.current`; null for `max`, which means that there is no limit. */
export function parseCount(text: string): number | null {
  return /^\d+\s*$/.test(text) ? Number(text) : null;
}

/** Returns how many CPUs a list such as `0-3,8` has (cpuset(7), "List format"); null if it is no list. */
export function countCpus(list: string): number | null {
  const ranges = list.trim();
  if (ranges === '') return 0;
  let count = 0;
  for (const range of ranges.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined || Number(last) < Number(first)) return null;
    count += Number(last) - Number(first) + 1;
  }
  return count;
}
