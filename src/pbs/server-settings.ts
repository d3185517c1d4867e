/**
 * Returns a setting of the PBS server from the text of `qstat -B -f` (qstat(1B)): `query_other_jobs`, as printed. Null if
 * it is not set.
 */
export function serverSetting(text: string, name: string): string | null {
  for (const line of text.split('\n')) {
    const [, setting, value] = /^\s+(\w+) = (.*?)\s*$/.exec(line) ?? [];
    if (setting === name) return value ?? null;
  }
  return null;
}

/** True if the server lists only the jobs of the user who asks, with exit status 0. */
export function hidesOtherJobs(text: string): boolean {
  return serverSetting(text, 'query_other_jobs') === 'False';
}
