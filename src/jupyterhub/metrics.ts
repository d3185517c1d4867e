/**
 * Sums each metric over its series, by name, from the Prometheus text format (version 0.0.4): `name{labels} value
 * [timestamp]`, with `#` for comments. Skips values that are not finite numbers.
 */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    // Labels can contain anything in quotes, including braces.
    const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)/.exec(line);
    const [, name, value] = found ?? [];
    if (name === undefined || value === undefined) continue;
    const number = Number(value);
    if (Number.isFinite(number)) sums.set(name, (sums.get(name) ?? 0) + number);
  }
  return sums;
}
