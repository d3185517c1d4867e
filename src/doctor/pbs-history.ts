import type { ClusterSettings } from '../config/jobs.ts';
import type { Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { type LogFile, type LogLocation, listLog, readCommand } from '../history/log-files.ts';
import { shortDuration } from '../lib/duration.ts';
import { OperatorError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { pbsCommands } from '../pbs/commands.ts';
import { hidesOtherJobs, serverSetting } from '../pbs/server-settings.ts';
import { type CheckResult, fail, pass, warn } from './finding.ts';

/** The newest record of a busy server is never this old, in milliseconds. */
const oldRecord = 86_400_000;

/** Checks that the accounting log can be read, and that it is still written. */
export async function checkAccountingLog(name: string, location: LogLocation, now: Date): Promise<CheckResult> {
  const { path, host } = location;
  const ssh = host === null ? '' : `ssh ${host} `;
  let files: readonly LogFile[];
  try {
    files = await listLog(location);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return fail(name, error.message, `${ssh}ls -l ${path}`);
  }
  const [first, last] = [files[0], files.at(-1)];
  if (first === undefined || last === undefined) return fail(name, `${path} has no files`, `${ssh}ls -l ${path}`);
  const newest = await newestRecord(last, location);
  if (typeof newest === 'string') return fail(name, newest, `${ssh}ls -l ${last.path}`);
  const what = `${counted(files.length, 'accounting file')} from ${first.name} to ${last.name}`;
  if (newest === null) return pass(name, what);
  const age = now.getTime() - newest;
  const text = `${what}; the newest record is ${shortDuration(Math.max(0, age))} old`;
  if (age < oldRecord) return pass(name, text);
  return warn(name, text, `${ssh}ls -l ${last.path}   # does the server still write it, or is the copy renewed?`);
}

/** The last bytes of a file that have several records. */
const lastBytes = 256 * 1024;

/**
 * Returns the time of the newest record of a file in milliseconds since 1970, or why the file cannot be read; null if its
 * end has no time.
 */
async function newestRecord(file: LogFile, location: LogLocation): Promise<number | string | null> {
  const offset = Math.max(0, file.size - lastBytes);
  const result = await readText(location.executor, {
    ...readCommand(file, offset, location),
    maxOutputBytes: 1024 ** 3,
  });
  if (result.kind === 'failed') return result.reason;
  const times = [...result.text.matchAll(/ (?:qtime|start|end)=(\d{9,10})\b/g)].map(([, seconds]) => Number(seconds));
  return times.length === 0 ? null : 1000 * times.reduce((latest, time) => Math.max(latest, time));
}

/** Checks that PBS keeps finished jobs, and for how long, and that it lists those of all users. */
export async function checkQstatHistory(
  name: string,
  { host, timeout }: ClusterSettings,
  executor: Executor,
): Promise<CheckResult> {
  const command = { argv: pbsCommands.serverText, host, via: null, timeoutSeconds: timeout, maxOutputBytes: 1024 ** 2 };
  const result = await readText(executor, command);
  if (result.kind === 'failed')
    return fail(name, result.reason, `${host === null ? '' : `ssh ${host} `}${command.argv.join(' ')}`);
  if (serverSetting(result.text, 'job_history_enable') !== 'True')
    return fail(
      name,
      'the PBS server keeps no finished jobs (job_history_enable is not True)',
      'qmgr -c "set server job_history_enable = True"   # a PBS manager must do this',
    );
  if (hidesOtherJobs(result.text))
    return fail(
      name,
      'the PBS server hides the jobs of other users (query_other_jobs is False)',
      'qmgr -c "set server query_other_jobs = True"   # a PBS manager must do this',
    );
  const depth = serverSetting(result.text, 'job_history_duration') ?? defaultDepth;
  return pass(name, `the PBS server keeps finished jobs for ${depth} (hours:minutes:seconds)`);
}

/** job_history_duration of a server that does not set it (pbs_server_attributes(7B)). */
const defaultDepth = '336:00:00';
