import { useMemo } from 'preact/hooks';
import { ChartFigure } from '../../chart/chart.tsx';
import { Empty, WhenLoaded } from '../../components/notice.tsx';
import { usageOf } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { useLoadingSession, useSession } from '../../data/session.ts';
import { type UsageAnswers, type UsagePage, type UsageValues, wordOf } from '../../data/usage.ts';
import { monthName } from '../../format/times.ts';
import type { PageParameters } from '../parameters.ts';
import { Cards } from './cards.tsx';
import {
  division,
  histogramOf,
  overTime,
  ranking,
  sharesOverTime,
  timingOverTime,
  usersOverTime,
  windowText,
} from './charts.ts';
import { Choices } from './filters.tsx';
import { Groups } from './groups.tsx';
import { JobSearch } from './job-search.tsx';
import { LatestJobs } from './jobs.tsx';
import { Reports } from './reports.tsx';
import { durationTitle, longestTitle, rankingTitle, shareTitle, timeTitle, usersTitle, waitTitle } from './titles.ts';
import { UtilisationChart } from './utilisation.tsx';
import { automaticPeriod, usageData, type View, viewOf } from './view.ts';

const measures: readonly (keyof UsageValues)[] = [
  'jobs',
  'users',
  'cpu_hours',
  'gpu_hours',
  'node_hours',
  'wait',
  'duration',
  'wait_histogram',
  'duration_histogram',
  'efficiency',
];

/** The page with the usage history: all jobs, those of a user or an account, or the report of a month. */
export function Usage(parameters: PageParameters) {
  const session = useLoadingSession();
  if (parameters.kind !== 'account') return <UsageOf view={viewOf(parameters, session.data?.sees_names ?? true)} />;
  // An account is divided by user if the reader may see names, so the first question waits for the rights.
  return (
    <WhenLoaded loading={session}>{({ sees_names }) => <UsageOf view={viewOf(parameters, sees_names)} />}</WhenLoaded>
  );
}

function UsageOf({ view }: { view: View }) {
  const question = {
    by: view.by,
    period: view.period ?? automaticPeriod(view),
    // The first measure orders the groups.
    measure: [view.measure, ...measures.filter((measure) => measure !== view.measure)],
    top: String(view.top),
    compare: 'true',
  };
  const loading = useData<UsageAnswers>(usageData(view, question, 'page'));
  const page = loading.data && 'usage' in loading.data ? loading.data : null;
  return (
    <>
      <div class="heading">
        <h1>{titleOf(view)}</h1>
        {view.fixed === null && view.month === null ? <OwnUsage /> : <a href="/usage">All usage</a>}
        {page && <span class="aside">{windowText(page.usage, view.period === null)}</span>}
      </div>
      <Choices view={view}>
        <JobSearch clusters={page?.usage.clusters.map(({ name }) => name) ?? []} />
      </Choices>
      <WhenLoaded loading={loading}>
        {(answers) =>
          'usage' in answers ? (
            <Answer view={view} page={answers} />
          ) : (
            <NoAnswer view={view} problem={answers.problem} />
          )
        }
      </WhenLoaded>
    </>
  );
}

/** The link to the jobs of the signed-in user. */
function OwnUsage() {
  const user = useSession()?.user ?? null;
  return user === null ? null : <a href={usageOf('user', user)}>My usage</a>;
}

/** Says why there are no charts: most often a user who has had no job, or a filter of an old link. */
function NoAnswer({ view: { fixed }, problem }: { view: View; problem: string }) {
  const user = useSession()?.user ?? null;
  if (fixed?.dimension === 'user' && fixed.name === user) {
    return (
      <Empty>
        No finished job of yours has been received yet. A job is shown here after it has ended and its cluster has sent
        it.
      </Empty>
    );
  }
  return (
    <Empty>
      {problem}. Change the filters, or go to <a href="/usage">all usage</a>.
    </Empty>
  );
}

function titleOf({ fixed, month }: View): string {
  if (month !== null) return `Usage in ${monthName(Date.parse(`${month}-15T12:00:00Z`))}`;
  return fixed === null ? 'Usage' : `Usage of the ${wordOf(fixed.dimension)} ${fixed.name}`;
}

function Answer({ view, page }: { view: View; page: UsagePage }) {
  const { measure, by } = view;
  const { usage: answer, sizes, states, nodes, utilisation } = page;
  const charts = useMemo(
    () => ({
      time: overTime(answer, measure),
      ranking: ranking(answer, measure),
      wait: timingOverTime(answer, 'wait'),
      waitShares: sharesOverTime(answer, 'wait_histogram'),
      duration: timingOverTime(answer, 'duration'),
      durations: histogramOf(answer.total.duration_histogram, 'Duration'),
      sizes: division(sizes, measure),
      states: division(states, measure),
      // The others are most of the nodes: beside them no bar could be seen.
      nodes: division({ ...nodes, others: null }, measure),
      users: usersOverTime(answer),
    }),
    [answer, sizes, states, nodes, measure],
  );
  const { total } = answer;
  if (answer.clusters.length === 0) {
    return (
      <Empty>
        No finished jobs have been received yet. On the host of a collector, <code>hpc-collector jobs export</code>{' '}
        sends them, and <code>hpc-collector help jobs</code> says how to set it up.
      </Empty>
    );
  }
  if ((total.jobs ?? 0) === 0) {
    return <Empty>No finished jobs match these days and filters. Choose more days, or remove a filter.</Empty>;
  }
  const known = utilisation?.filter(({ total: use }) => use.known_days > 0) ?? [];
  const unknown = utilisation?.filter((one) => !known.includes(one)).map(({ cluster }) => cluster) ?? [];
  const hasUsers = view.fixed?.dimension !== 'user';
  const isPartial = answer.periods.some(({ partial }) => partial);
  return (
    <>
      <Cards answer={answer} hasUsers={hasUsers} />
      <LatestJobs view={view} />
      <div class="charts">
        <ChartFigure title={timeTitle(answer, measure, by)} spec={charts.time} />
        <ChartFigure title={rankingTitle(answer, measure, by)} spec={charts.ranking} />
        <ChartFigure title={waitTitle(answer)} spec={charts.wait} />
        <ChartFigure title={shareTitle(answer)} spec={charts.waitShares} />
        <ChartFigure title={durationTitle(answer)} spec={charts.duration} />
        <ChartFigure title={longestTitle(answer)} spec={charts.durations} />
        {hasUsers && <ChartFigure title={usersTitle(answer)} spec={charts.users} />}
        {known.map((one) => (
          <UtilisationChart key={one.cluster} utilisation={one} />
        ))}
        <ChartFigure title={rankingTitle(sizes, measure, 'size')} spec={charts.sizes} />
        <ChartFigure title={rankingTitle(states, measure, 'state')} spec={charts.states} />
        {by !== 'node' && nodes.groups.length > 0 && (
          <ChartFigure title={rankingTitle(nodes, measure, 'node')} spec={charts.nodes} />
        )}
      </div>
      {isPartial && <p class="detail">* The window has only a part of this {answer.period}.</p>}
      {unknown.length > 0 && (
        <p class="detail">
          Utilisation of {unknown.join(', ')} is unknown: there are no status snapshots of this time.
        </p>
      )}
      <Groups answer={answer} by={by} />
      <p class="detail">
        Hours count on the days on which a job ran, divided at midnight
        {answer.clusters.length > 0 &&
          `, ${answer.clusters.map(({ name, timezone }) => `${name} in ${timezone}`).join(', ')}`}
        . Jobs that still run are not in it. <a href="/about">About the numbers</a>
      </p>
      {total.efficiency &&
        answer.notes.map((note) => (
          <p key={note} class="detail">
            {sentence(note)}
          </p>
        ))}
      {view.fixed === null && view.filters.size === 0 && <Reports answer={answer} />}
    </>
  );
}

/** Returns a note of the answer, which is for programs too, as a sentence of the page. */
function sentence(note: string): string {
  return `${note.charAt(0).toUpperCase()}${note.slice(1).replace(': see help usage', '')}.`;
}
