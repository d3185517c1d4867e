import type { Job } from '../../../server/sampled/answers.ts';
import type { JobRun } from '../../../server/usage/job-run.ts';
import { Fact, Facts } from '../../components/facts.tsx';
import { WhenLoaded } from '../../components/notice.tsx';
import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { jobPage, usageOf } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { exact, noNumber, plural, short } from '../../format/numbers.ts';
import { clockTime, dayOfYear, fullTime, parseTime } from '../../format/times.ts';
import type { PageParameters } from '../parameters.ts';
import { hoursText } from '../usage/charts.ts';
import { MeasuredSections } from './measured.tsx';

/** The page of a job: who, where, when, and what its processes used. */
export function JobPage({ cluster = '', name: id = '' }: PageParameters) {
  const loading = useData<Job>(`/api/v1${jobPage(cluster, id)}`);
  return (
    <>
      <div class="heading">
        <h1>
          Job {id} on {cluster}
        </h1>
        <a href="/usage">All usage</a>
      </div>
      <WhenLoaded loading={loading}>{(job) => <Found job={job} />}</WhenLoaded>
    </>
  );
}

function Found({ job }: { job: Job }) {
  const { runs, measured } = job;
  const last = runs.at(-1);
  const isOneJob = runs.every(({ job_id }) => job_id === last?.job_id);
  return (
    <>
      {last && isOneJob && <Run run={last} />}
      {!last && (
        <p class="gap">The record of this job has not been received: it has not ended, or not been sent yet.</p>
      )}
      {runs.length > 1 && <Runs job={job} isOneJob={isOneJob} />}
      {measured ? (
        <MeasuredSections measured={measured} />
      ) : (
        <p class="detail">The processes of this job were not sampled.</p>
      )}
      <p class="gap">
        <a href="/about">About the numbers</a>
      </p>
    </>
  );
}

/** The facts of the newest run. */
function Run({ run }: { run: JobRun }) {
  return (
    <>
      <Facts>
        <Fact name="Waited">{hoursText(run.wait_hours)}</Fact>
        <Fact name="Ran">{hoursText(run.elapsed_hours)}</Fact>
        <Fact name="CPUs" detail={`${short(run.cpu_hours)} CPU hours`}>
          {exact(run.cpus)}
        </Fact>
        <Fact name="GPUs" detail={run.gpu_hours > 0 ? `${short(run.gpu_hours)} GPU hours` : null}>
          {exact(run.gpus)}
        </Fact>
        <Fact name="Nodes">{exact(run.nodes)}</Fact>
      </Facts>
      <dl class="pairs">
        <dt>State</dt>
        <dd>{run.state}</dd>
        {run.user !== null && (
          <>
            <dt>User</dt>
            <dd>
              <a href={usageOf('user', run.user)}>{run.user}</a>
            </dd>
          </>
        )}
        <dt>Account</dt>
        <dd class="lines-kept">
          <a href={usageOf('account', run.account)}>{run.account}</a>
        </dd>
        <dt>Partition</dt>
        <dd>
          {run.partition}
          {run.qos && <span class="muted">, QOS {run.qos}</span>}
        </dd>
        <dt>Submitted</dt>
        <dd>{timeText(run.submit)}</dd>
        <dt>Started</dt>
        <dd>{timeText(run.start)}</dd>
        <dt>Ended</dt>
        <dd>{timeText(run.end)}</dd>
        <dt>Node list</dt>
        <dd class="lines-kept">{run.node_list ?? noNumber}</dd>
      </dl>
    </>
  );
}

function Runs({ job: { cluster, job_id, runs }, isOneJob }: { job: Job; isOneJob: boolean }) {
  const columns: readonly Column<JobRun>[] = [
    {
      key: 'job',
      title: 'Job',
      value: (run) => run.job_id,
      cell: (run) =>
        run.job_id === job_id || isOneJob ? run.job_id : <a href={jobPage(cluster, run.job_id)}>{run.job_id}</a>,
    },
    { key: 'state', title: 'State', value: ({ state }) => state },
    { key: 'submitted', title: 'Submitted', value: ({ submit }) => submit, cell: ({ submit }) => shortTime(submit) },
    {
      key: 'started',
      title: 'Started',
      value: ({ start }) => start,
      cell: ({ start }) => shortTime(start),
      isMinor: true,
    },
    { key: 'wait', title: 'Waited', value: ({ wait_hours }) => wait_hours, cell: (run) => hoursText(run.wait_hours) },
    {
      key: 'ran',
      title: 'Ran',
      value: ({ elapsed_hours }) => elapsed_hours,
      cell: (run) => hoursText(run.elapsed_hours),
    },
    { key: 'cpus', title: 'CPUs', value: ({ cpus }) => cpus, isMinor: true },
    { key: 'cpu_hours', title: 'CPU hours', value: ({ cpu_hours }) => cpu_hours, isMinor: true },
  ];
  const title = isOneJob ? plural(runs.length, 'run') : plural(runs.length, 'job', 'jobs of this number');
  return (
    <Section id="runs" title={title}>
      <Table
        caption={`Runs of job ${job_id}`}
        id="runs"
        columns={columns}
        rows={runs}
        keyOf={({ job_id, submit }) => `${job_id} ${submit}`}
      />
    </Section>
  );
}

function timeText(text: string | null): string {
  const ms = parseTime(text);
  return ms === null ? noNumber : fullTime(ms);
}

function shortTime(text: string | null): string {
  const ms = parseTime(text);
  return ms === null ? noNumber : `${dayOfYear(ms)}, ${clockTime(ms)}`;
}
