/** A control group of a process: one line of `/proc/PID/cgroup` (cgroups(7)). */
export type ControlGroup = {
  /** The controllers of a hierarchy of version 1, such as `memory`; empty for version 2. */
  readonly controllers: readonly string[];
  /** The path in its hierarchy. */
  readonly path: string;
};

/** Parses `/proc/PID/cgroup`. Lines of another form are left out. */
export function parseControlGroups(text: string): ControlGroup[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined
      ? []
      : [{ controllers: controllers.split(',').filter((name) => name !== ''), path }];
  });
}

/** The job that a control group belongs to. */
export type JobOfGroup = {
  /** The number of a Slurm job, or the id of a PBS job without its server (`123` or `123[4]`). */
  readonly job: string;
  /** The step of a Slurm job, such as `batch` or `0`; null for the group of the whole job. */
  readonly step: string | null;
  /** The path of the group of the whole job, which has the groups of the steps. */
  readonly path: string;
};

/**
 * Returns the job that a path belongs to; null if it is not a job's. Slurm has `…/job_N/step_S/…` in both versions
 * (cgroup.conf(5)). The cgroup hook of PBS has `…/pbs_jobs.service/jobid/ID` or `…/pbs_jobs/ID`.
 */
export function jobOfPath(path: string): JobOfGroup | null {
  const slurm = /^(?<path>.*\/job_(?<job>\d+))(?:\/step_(?<step>[^/]+))?(?:\/|$)/.exec(path)?.groups;
  if (slurm) return { job: slurm.job ?? '', step: slurm.step ?? null, path: slurm.path ?? '' };
  const pbs = /^(?<path>.*\/pbs_jobs(?:\.service)?\/(?:jobid\/|jobs\/)?(?<job>\d+(?:\[\d+\])?)[^/]*)(?:\/|$)/.exec(
    path,
  );
  return pbs?.groups ? { job: pbs.groups.job ?? '', step: null, path: pbs.groups.path ?? '' } : null;
}
