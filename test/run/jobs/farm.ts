import type { Command, Executor } from '../../../src/exec/command.ts';
import type { Outbox } from '../../../src/outbox/outbox.ts';
import type { Context } from '../../../src/run/context.ts';
import { chosenClusters, type ExportRequest } from '../../../src/run/jobs/export-request.ts';
import { put } from '../../outbox/queue.ts';
import { type Answer, answering } from '../../support/executors.ts';
import { type Fields, sacctLine, seconds } from '../../support/sacct.ts';

/** The days from the fourth to the second before this one: a fingerprint is kept for a year. */
export const [day1, day2, day3] = [4, 3, 2].map((days) =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10),
) as [string, string, string];

export const midnight = (date: string) => new Date(`${date}T00:00:00Z`);

/** What the log calls the jobs of a day. */
export const thatEnded = (date: string) =>
  `that ended ${date} 00:00:00 to ${new Date(midnight(date).getTime() + 86_400_000).toISOString().slice(0, 10)} 00:00:00 UTC`;

/** The nth job that ended on a day: half a CPU-hour, and a quarter GPU-hour. */
export function jobOf(date: string, n: number, fields: Fields = {}): string {
  const end = Number(seconds(`${date}T01:00:00Z`)) + n;
  const times = { Submit: String(end - 1000), Start: String(end - 900), End: String(end), ElapsedRaw: '900' };
  return sacctLine({ ...times, JobIDRaw: String(n), AllocTRES: 'billing=2,cpu=2,gres/gpu=1,mem=1G,node=1', ...fields });
}

/** A job that was cancelled before it started. */
export function unstartedJobOf(date: string, n: number): string {
  const nothing = { Start: 'None', ElapsedRaw: '0', NodeList: 'None assigned', AllocTRES: '' };
  return jobOf(date, n, { State: 'CANCELLED by 1000', ...nothing });
}

/** A Slurm whose sacct prints these lines for every window. */
export function slurm(lines: string, sacct: (command: Command) => Answer | null = () => null): Executor {
  return answering((command) => {
    if (command.argv.includes('--version')) return { stdout: 'slurm-wlm 22.05.8\n' };
    return sacct(command) ?? { stdout: lines };
  });
}

/** The request for the only configured cluster, with a range of whole days. */
export function requestFor(
  { config }: Context,
  executor: Executor,
  { days = [day1, day2], isAgain = false, cluster = null as string | null } = {},
): ExportRequest {
  const [chosen] = chosenClusters(config.collector.jobs, cluster);
  if (!chosen) throw new Error('no cluster is configured');
  const [first = day1, last = first] = [days[0], days.at(-1)];
  const until = new Date(midnight(last).getTime() + 86_400_000);
  return { ...chosen, executor, range: { since: midnight(first), until }, isAgain, now: new Date() };
}

/** Puts so many entries of finished jobs of the cluster into the outbox. */
export function waiting(outbox: Outbox, count: number, destination = 'ingest'): void {
  const body = JSON.stringify({ hostname: 'farm', jobs: [{ JobID: '0', Submit: '' }] });
  outbox.atomically(() => {
    for (let n = 0; n < count; n += 1)
      put(outbox, { stream: `${destination}/farm`, destination, path: '/api/data/ingest', body });
  });
}
