/**
 * Returns the number of the group and period of each entry or row: the number of the group times the number of periods,
 * plus that of the period. It is in `out`, or is the group if there is one period.
 */
export function rowsOf(
  groups: Int32Array,
  { period, count }: { readonly period: Int32Array; readonly count: number },
  periodCount: number,
  out: Int32Array,
): Int32Array {
  if (periodCount === 1) return groups;
  for (let index = 0; index < count; index++) {
    out[index] = (groups[index] ?? 0) * periodCount + (period[index] ?? 0);
  }
  return out;
}
