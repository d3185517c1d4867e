/** Keeps a number and its unit on one line. */
export const space = '\u00a0';
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const threeDigits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const decimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** The text for a number that was not reported. */
export const noNumber = '–';

/** Returns an exact number with thousands separated and at most two decimals, `–` for null. */
export function exact(value: number | null | undefined): string {
  return value === null || value === undefined ? noNumber : decimals.format(value);
}

const scales = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
] as const;

/** Returns a number with at most three significant digits, such as `1.23 M`; below 10,000 it is whole and exact. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return noNumber;
  const scale = scales.find(([least]) => Math.abs(value) >= least);
  if (scale === undefined) return Math.abs(value) >= 100 ? grouped.format(value) : significant(value);
  const [least, letter] = scale;
  return `${significant(value / (letter === 'k' ? 1000 : least))}${space}${letter}`;
}

function significant(value: number): string {
  return threeDigits.format(value);
}

/** Returns `94.6 %`, `–` for null. Only exactly 0 and 100 are shown as such: 99.96 is `99.9 %`, 0.01 is `<0.1 %`. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined) return noNumber;
  if (value > 0 && value < 0.05) return `<0.1${space}%`;
  const rounded = value < 100 && value > 99.9 ? 99.9 : Math.round(value * 10) / 10;
  return `${rounded}${space}%`;
}

/** Returns `1 job` or `2 jobs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${exact(count)} ${count === 1 ? one : many}`;
}

/** The units of sizes in TiB, the largest first. */
const sizes = [
  [1024, 'PiB'],
  [1, 'TiB'],
  [1 / 1024, 'GiB'],
  [1 / 1024 ** 2, 'MiB'],
] as const;

function sizeUnit(value: number): (typeof sizes)[number] {
  return sizes.find(([least]) => value >= least) ?? [1 / 1024 ** 2, 'MiB'];
}

/**
 * Returns TiB with a unit that suits the size: `97 TiB`, `1.5 PiB`.
 * @param total a size that the value is a part of: a value of 0 has its unit
 */
export function tebibytes(value: number | null | undefined, total: number | null | undefined = null): string {
  if (value === null || value === undefined) return noNumber;
  const [size, unit] = sizeUnit(value === 0 ? total || 1 : value);
  return `${significant(value / size)}${space}${unit}`;
}

/** Returns a part and its total, both in TiB, with units that suit them: `422 GiB of 1.5 TiB`. */
export function partOfTebibytes(part: number | null | undefined, total: number | null | undefined): string {
  return `${tebibytes(part, total)} of ${tebibytes(total)}`;
}

/** Returns GiB with a unit that suits the size. */
export function gibibytes(value: number | null | undefined): string {
  return value === null || value === undefined ? noNumber : tebibytes(value / 1024);
}

/** Returns a part and its total, both in GiB, with units that suit them. */
export function partOfGibibytes(part: number | null | undefined, total: number | null | undefined): string {
  return partOfTebibytes(part == null ? part : part / 1024, total == null ? total : total / 1024);
}
