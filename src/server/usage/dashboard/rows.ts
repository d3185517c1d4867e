import type { StoredJob } from '../../store/jobs.ts';
import type { ClusterClock } from '../cluster-clock.ts';
import { dateOfDay, hoursBetween } from '../cluster-clock.ts';
import { accountLevels } from '../engine/filter.ts';
import { beginOfPeriod } from '../engine/periods.ts';

/** A job as `/api/dashboard/filter` lists it. A job that never started has no start and no times. */
export type DashboardRow = Readonly<Record<(typeof rowFields)[number], string | number | null>>;

/** The members of a row, in the order of the original. */
export const rowFields = [
  ...(['JobID', 'User', 'Account', 'Partition', 'State', 'QOS', 'Submit', 'Start', 'End'] as const),
  ...(['CPUHours', 'GPUHours', 'CPUs', 'GPUs', 'Nodes', 'NodeList'] as const),
  ...(['SubmitDay', 'SubmitYearMonth', 'SubmitYearWeek', 'SubmitYear'] as const),
  ...(['StartDay', 'StartYearMonth', 'StartYearWeek', 'StartYear', 'WaitingTimeHours', 'ElapsedHours'] as const),
] as const;

/** The settings of the cluster that decide how a job is shown in a row. */
export type RowStyle = {
  readonly clock: ClusterClock;
  readonly levels: number;
  readonly separator: string;
  readonly shownName: (name: string) => string | null;
};

/** Returns the row of a job. */
export function rowOf(job: StoredJob, { clock, levels, separator, shownName }: RowStyle): DashboardRow {
  const submit = clock.timeOf(job.submit);
  const start = job.start === null ? null : clock.timeOf(job.start);
  const end = job.end === null ? null : clock.timeOf(job.end);
  const [submitDay, startDay] = [periodsOf(clock.dayOf(submit)), start === null ? null : periodsOf(clock.dayOf(start))];
  return {
    JobID: job.job_id,
    User: shownName(job.user),
    Account: accountLevels(job.account, levels, separator),
    Partition: job.partition,
    State: job.state,
    QOS: job.qos,
    Submit: shownTime(job.submit),
    Start: shownTime(job.start),
    End: shownTime(job.end),
    CPUHours: job.cpu_hours,
    GPUHours: job.gpu_hours,
    CPUs: job.cpus,
    GPUs: job.gpus,
    Nodes: job.nodes,
    NodeList: job.node_list,
    SubmitDay: submitDay.day,
    SubmitYearMonth: submitDay.month,
    SubmitYearWeek: submitDay.week,
    SubmitYear: submitDay.year,
    StartDay: startDay?.day ?? null,
    StartYearMonth: startDay?.month ?? null,
    StartYearWeek: startDay?.week ?? null,
    StartYear: startDay?.year ?? null,
    WaitingTimeHours: hoursBetween(submit, start),
    ElapsedHours: hoursBetween(start, end),
  };
}

function periodsOf(day: number) {
  const date = dateOfDay(day);
  return {
    day: `${date} 00:00:00`,
    month: date.slice(0, 7),
    week: dateOfDay(beginOfPeriod('week', day)),
    year: Number(date.slice(0, 4)),
  };
}

function shownTime(text: string | null): string | null {
  return text === null ? null : text.replace('T', ' ');
}
