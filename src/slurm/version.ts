/** The oldest version that has all we ask for: it brought `StateComplete` (sinfo(1), "--Format"). */
const oldestVersion = '21.08';

/** Returns the line of `sinfo --version` that is Slurm's (`slurm-wlm 22.05.8`); null if there is none. */
export function versionLine(text: string): string | null {
  return /^slurm\S* \d.*$/m.exec(text)?.[0].trim() ?? null;
}

/** Why a Slurm that calls itself so (`slurm-wlm 22.05.8`) cannot be asked; null where it can. */
export function tooOld(version: string): string | null {
  const [, year, month] = /\b(\d{2})\.(\d{2})\b/.exec(versionLine(version) ?? '') ?? [];
  // What has another form of version is newer than all that we know.
  const isOlder = year !== undefined && month !== undefined && `${year}.${month}` < oldestVersion;
  return isOlder ? `${version} is older than ${oldestVersion}, the oldest Slurm that can be asked` : null;
}
