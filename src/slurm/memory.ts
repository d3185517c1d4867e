const gibibytes: Readonly<Record<string, number>> = {
  K: 1024 ** -2,
  M: 1024 ** -1,
  '': 1024 ** -1,
  G: 1,
  T: 1024,
  P: 1024 ** 2,
};

/**
 * Converts memory as Slurm prints it (`6000`, `100M`, `11.72G`) to GiB; null if it is not a size. Units are powers of
 * 1024, and a bare number is in megabytes (slurm.conf(5), "RealMemory").
 */
export function gibibytesOf(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGTP]?)$/i.exec(text.trim()) ?? [];
  const factor = gibibytes[unit.toUpperCase()];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}
