/** Counted data that PrivateData can hide, completely or in part, without an error (slurm.conf(5), "PrivateData"). */
const counted = ['jobs', 'nodes', 'partitions', 'reservations'];

/**
 * Returns a clause that names the data that Slurm hides from a user who is not an operator, from the output of
 * `scontrol show config`; null if it hides nothing.
 */
export function hiddenBy(config: string): string | null {
  const hidden = /^PrivateData\s*=\s*(.*)$/m.exec(config)?.[1]?.split(',') ?? [];
  const ours = hidden.map((one) => one.trim()).filter((one) => counted.includes(one));
  if (ours.length === 0) return null;
  return `answers, but hides ${ours.join(', ')} (PrivateData): unless this user is an operator, the counts are too small`;
}
