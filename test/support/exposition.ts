/** Returns the samples of the Prometheus text format by name and labels. Throws for a line that is not of the format. */
export function expositionNumbers(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) [a-z0-9_]+ \S/.test(line)) continue;
    const [, name, value] = /^([a-z0-9_]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (name === undefined || !Number.isFinite(Number(value))) throw new Error(`not a sample: ${line}`);
    if (numbers.has(name)) throw new Error(`twice: ${line}`);
    numbers.set(name, Number(value));
  }
  return numbers;
}
