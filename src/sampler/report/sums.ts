import type { SoftwareRules } from '../../config/software-rules.ts';
import { type MeasuredJob, untrackedProgram } from '../../lib/sampled-job.ts';

/** The things that a report can have a row for each of. */
export const subjects = ['job', 'user', 'project', 'software'] as const;
export type Subject = (typeof subjects)[number];

/** A row of a report. CPU time is in seconds. */
export type ReportRow = {
  /** The job, user, project or software; `unknown` if the samplers did not find out. */
  readonly name: string;
  /** The version of a software; empty otherwise. */
  readonly version: string;
  readonly jobs: number;
  readonly cpuSeconds: number;
  /** Of all rows together, in percent. */
  readonly share: number;
};

type Sum = { readonly name: string; readonly version: string; readonly jobs: Set<string>; cpuSeconds: number };

/**
 * Returns the rows of a report. In a report of software, untracked CPU time has a row of its own.
 * @param measured the data of each job and node, once
 */
export async function reportRows(
  measured: AsyncIterable<MeasuredJob>,
  subject: Subject,
  rules: SoftwareRules,
): Promise<ReportRow[]> {
  const sums = new Map<string, Sum>();
  for await (const job of measured) {
    for (const { name, version, cpuSeconds } of partsOf(job, subject, rules)) {
      const key = `${name}\0${version}`;
      const sum = sums.get(key) ?? { name, version, jobs: new Set<string>(), cpuSeconds: 0 };
      sum.jobs.add(String(job['sams.sampler.Core'].jobid));
      sum.cpuSeconds += cpuSeconds;
      sums.set(key, sum);
    }
  }
  const all = [...sums.values()];
  const total = all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return all
    .sort((a, b) => b.cpuSeconds - a.cpuSeconds || (a.name < b.name ? -1 : 1))
    .map(({ jobs, cpuSeconds, ...rest }) => ({
      ...rest,
      jobs: jobs.size,
      cpuSeconds: Math.round(cpuSeconds * 100) / 100,
      share: total === 0 ? 0 : Math.round((10_000 * cpuSeconds) / total) / 100,
    }));
}

type Part = { readonly name: string; readonly version: string; readonly cpuSeconds: number };

function partsOf(job: MeasuredJob, subject: Subject, rules: SoftwareRules): Part[] {
  const { 'sams.sampler.Core': core, 'sams.sampler.SlurmInfo': info, 'sams.sampler.Software': found } = job;
  const untracked = found?.untracked ? found.untracked.user + found.untracked.system : 0;
  const programs = Object.entries(found?.execs ?? {}).flatMap(([path, { user, system }]): Part[] => {
    const software = rules(path);
    return software === null ? [] : [{ name: software.software, version: software.version, cpuSeconds: user + system }];
  });
  if (subject === 'software') {
    return untracked === 0 ? programs : [...programs, { name: untrackedProgram, version: '', cpuSeconds: untracked }];
  }
  const names = { job: String(core.jobid), user: info?.username, project: info?.account };
  const cpuSeconds = programs.reduce((sum, part) => sum + part.cpuSeconds, untracked);
  return [{ name: names[subject] ?? 'unknown', version: '', cpuSeconds }];
}
