import type { z } from 'zod';
import type { jobListSchema } from '../../../server/usage/answers.ts';
import type { JobRun } from '../../../server/usage/job-run.ts';
import { At } from '../../components/age.tsx';
import { WhenLoaded } from '../../components/notice.tsx';
import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { jobPage, usageOf } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { useSession } from '../../data/session.ts';
import { noNumber, plural } from '../../format/numbers.ts';
import { parseTime } from '../../format/times.ts';
import { parameter, withParameters } from '../../navigation.ts';
import { hoursText } from './charts.ts';
import { jobsPlace, usageData, type View } from './view.ts';

type JobList = z.infer<typeof jobListSchema>;
type Listed = JobList['jobs'][number];

const rows = 10;

/** The newest jobs of a user, an account or another group. Nothing is shown to readers who may not see them. */
export function LatestJobs({ view }: { view: View }) {
  const session = useSession();
  const { fixed, filters } = view;
  const isOwn = fixed?.dimension === 'user' && fixed.name === session?.user;
  // Jobs cannot be listed by software.
  if (fixed === null || session === null || !(session.sees_names || isOwn) || filters.has('software')) return null;
  return <Jobs view={view} hasUsers={fixed.dimension !== 'user'} />;
}

function Jobs({ view, hasUsers }: { view: View; hasUsers: boolean }) {
  const after = parameter(jobsPlace);
  const loading = useData<JobList>(usageData(view, { limit: String(rows), ...(after !== '' && { after }) }, 'jobs'));
  const total = loading.data?.total ?? null;
  return (
    <Section id="jobs" title="Latest jobs" aside={total !== null && `${plural(total, 'job')} ended in these days`}>
      <WhenLoaded loading={loading}>
        {({ jobs, next }) => (
          <>
            {jobs.length === 0 ? (
              <p class="detail">No {after === '' ? '' : 'older '}job ended in these days.</p>
            ) : (
              <Table
                caption="Jobs, the newest end first"
                id="jobs"
                columns={columnsFor(jobs, hasUsers)}
                rows={jobs}
                keyOf={({ cluster, job_id, submit }) => `${cluster} ${job_id} ${submit}`}
              />
            )}
            <nav class="paging" aria-label="Pages of jobs">
              {after !== '' && <a href={withParameters({ [jobsPlace]: '' })}>Newest jobs</a>}
              {next !== null && <a href={withParameters({ [jobsPlace]: next })}>Older jobs</a>}
            </nav>
          </>
        )}
      </WhenLoaded>
    </Section>
  );
}

function columnsFor(jobs: readonly Listed[], hasUsers: boolean): readonly Column<Listed>[] {
  const hasClusters = jobs.some(({ cluster }) => cluster !== jobs[0]?.cluster);
  const columns: readonly (Column<Listed> | null)[] = [
    {
      key: 'job',
      title: 'Job',
      value: ({ job_id }) => job_id,
      cell: ({ cluster, job_id }) => <a href={jobPage(cluster, job_id)}>{job_id}</a>,
    },
    hasClusters ? { key: 'cluster', title: 'Cluster', value: ({ cluster }) => cluster } : null,
    { key: 'state', title: 'State', value: ({ state }) => state },
    hasUsers
      ? {
          key: 'user',
          title: 'User',
          value: ({ user }) => user,
          cell: ({ user }) => (user === null ? noNumber : <a href={usageOf('user', user)}>{user}</a>),
          isMinor: true,
        }
      : {
          key: 'account',
          title: 'Account',
          value: ({ account }) => account,
          cell: ({ account }) => <a href={usageOf('account', account)}>{account}</a>,
          isMinor: true,
        },
    { key: 'partition', title: 'Partition', value: ({ partition }) => partition, isMinor: true },
    { key: 'ended', title: 'Ended', value: ({ end }) => end, cell: ended },
    {
      key: 'wait_hours',
      title: 'Waited',
      value: (job) => job.wait_hours,
      cell: (job) => hoursText(job.wait_hours),
      isMinor: true,
    },
    {
      key: 'elapsed_hours',
      title: 'Ran',
      value: (job) => job.elapsed_hours,
      cell: (job) => hoursText(job.elapsed_hours),
    },
    { key: 'cpus', title: 'CPUs', value: ({ cpus }) => cpus, isMinor: true },
    { key: 'gpus', title: 'GPUs', value: ({ gpus }) => gpus, isMinor: true },
    { key: 'cpu_hours', title: 'CPU hours', value: ({ cpu_hours }) => cpu_hours, isMinor: true },
  ];
  return columns.filter((column) => column !== null);
}

function ended({ end }: JobRun) {
  const ms = parseTime(end);
  return ms === null ? noNumber : <At at={ms} />;
}
