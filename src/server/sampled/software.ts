import { basename } from 'node:path';
import type { MeasuredJob } from '../../lib/sampled-job.ts';
import type { ReadingClient } from '../auth/caller.ts';
import type { JobSoftware, ProgramTime } from './answers.ts';

/** Adds up the samples of the nodes of a job. */
export function softwareOf(nodes: readonly MeasuredJob[]): JobSoftware {
  const programs = new Map<string, { user: number; system: number }>();
  let untracked: { user: number; system: number } | null = null;
  for (const { 'sams.sampler.Software': found } of nodes) {
    for (const [path, time] of Object.entries(found?.execs ?? {})) programs.set(path, sum(programs.get(path), time));
    if (found?.untracked) untracked = sum(untracked, found.untracked);
  }
  return {
    software: [...programs]
      .map(([path, time]) => ({ path, ...secondsOf(time) }))
      .sort((a, b) => totalOf(b) - totalOf(a) || (a.path < b.path ? -1 : 1)),
    untracked: untracked === null ? null : secondsOf(untracked),
  };
}

/**
 * Returns software as a client may see it. A receiver with pseudonyms shows the names of programs without directories,
 * which can have names of people.
 * @param user the user of the job
 */
export function shownSoftware<Found extends JobSoftware>(found: Found, user: string, client: ReadingClient): Found {
  if (!client.seesNames || client.shownName(user) === user) return found;
  return { ...found, software: found.software.map((program) => ({ ...program, path: basename(program.path) })) };
}

function totalOf({ user_seconds, system_seconds }: ProgramTime): number {
  return user_seconds + system_seconds;
}

function sum(a: { user: number; system: number } | null | undefined, b: { user: number; system: number }) {
  return { user: (a?.user ?? 0) + b.user, system: (a?.system ?? 0) + b.system };
}

/** Rounds to hundredths: sums of ticks have no more digits. */
function secondsOf({ user, system }: { readonly user: number; readonly system: number }) {
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return { user_seconds: rounded(user), system_seconds: rounded(system) };
}
