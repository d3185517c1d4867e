/**
 * The sum of each metric over all its series, by name, from the Prometheus text format (version 0.0.4): `name{labels}
 * value [timestamp]`, with `#` for comments. Values that are no finite numbers are passed over.
 */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    // Labels may hold anything within quotes, braces too.
    const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)/.exec(line);
    const [, name, value] = found ?? [];
    if (name === undefined || value === undefined) continue;
    const number = Number(value);
    if (Number.isFinite(number)) sums.set(name, (sums.get(name) ?? 0) + number);
  }
  return sums;
}
