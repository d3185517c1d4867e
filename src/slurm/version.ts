/** The oldest version that has all requested fields: it added `StateComplete` (sinfo(1), "--Format"). */
const oldestVersion = '21.08';

/** Returns the line of `sinfo --version` with the version (`slurm-wlm 22.05.8`); null if there is none. */
export function slurmVersionLine(text: string): string | null {
  return /^slurm\S* \d.*$/m.exec(text)?.[0].trim() ?? null;
}

/** Returns why a version of Slurm (`slurm-wlm 22.05.8`) is not supported; null if it is supported. */
export function tooOld(version: string): string | null {
  const [, year, month] = /\b(\d{2})\.(\d{2})\b/.exec(slurmVersionLine(version) ?? '') ?? [];
  // A version in another format is newer than all known versions.
  const isOlder = year !== undefined && month !== undefined && `${year}.${month}` < oldestVersion;
  return isOlder ? `${version} is older than ${oldestVersion}, the oldest supported Slurm` : null;
}
