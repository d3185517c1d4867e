/** How much of the time tasks waited for a resource: averages in percent over 10, 60 and 300 s, the total in µs. */
export type Pressure = {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly total: number;
};

/** The kinds of `PRESSURE`: some tasks waited, or all of them at once. */
export type PressureFile = Partial<Record<'some' | 'full', Pressure>>;

/** Parses `cpu.pressure`, `io.pressure` or `memory.pressure` (Documentation/accounting/psi.rst of the kernel). */
export function parsePressure(text: string): PressureFile {
  const line = /^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) total=(\d+)$/gm;
  return Object.fromEntries(
    [...text.matchAll(line)].map(([, kind, avg10, avg60, avg300, total]) => [
      kind,
      { avg10: Number(avg10), avg60: Number(avg60), avg300: Number(avg300), total: Number(total) },
    ]),
  );
}
