/** Size classes: the least and the most CPUs of a job. */
const sizeClasses = [
  { label: '0', most: 0 },
  { label: '1', most: 1 },
  { label: '2-8', most: 8 },
  { label: '9-32', most: 32 },
  { label: '33-128', most: 128 },
  { label: '129-512', most: 512 },
  { label: '513-2048', most: 2048 },
  { label: '2049+', most: Number.POSITIVE_INFINITY },
] as const;

/** The names of the size classes, smallest first. */
export const sizeLabels: readonly string[] = sizeClasses.map(({ label }) => label);

const classOfSmall = Uint8Array.from({ length: 2049 }, (_, cpus) => sizeClasses.findIndex(({ most }) => cpus <= most));

/** Returns the number of the size class of a job by its CPUs. */
export function sizeClassOf(cpus: number): number {
  return classOfSmall[cpus] ?? sizeClasses.length - 1;
}
