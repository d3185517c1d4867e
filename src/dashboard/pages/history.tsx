import { useMemo } from 'preact/hooks';
import { WhenLoaded } from '../components/notice.tsx';
import { type ChosenRange, RangePicker, rangeOf } from '../components/range.tsx';
import { type HistoryOf, historyData, systemPage, usersData } from '../data/addresses.ts';
import { useData } from '../data/fetching.ts';
import type { History, UserHistory } from '../data/status.ts';
import { parameter } from '../navigation.ts';
import { HistoryCharts } from './history-charts.tsx';
import type { PageParameters } from './parameters.ts';
import { ReservationHistoryView } from './reservation-history.tsx';
import { UserHistoryChart, useUserQuestion } from './user-history.tsx';

const words: Readonly<Record<HistoryOf, string>> = {
  totals: '',
  queues: 'queue',
  'node-types': 'node type',
  'login-nodes': 'login node',
  filesystems: 'filesystem',
  users: 'user',
  projects: 'project',
  reservations: 'reservation',
};

function partOf(text: string): HistoryOf {
  return Object.keys(words).find((part): part is HistoryOf => part === text) ?? 'totals';
}

/** The page with the history of a system or of one of its parts. */
export function HistoryPage({ system = '' }: PageParameters) {
  const part = partOf(parameter('of'));
  const name = parameter('name');
  const title = part === 'totals' ? system : name === '' ? part : `${words[part]} ${name}`;
  return (
    <>
      <div class="heading">
        <h1>History of {title}</h1>
        <span class="muted">
          {part !== 'totals' && 'on '}
          <a href={systemPage(system)}>{part === 'totals' ? 'now' : system}</a>
        </span>
      </div>
      {part === 'reservations' ? (
        <ReservationHistoryView system={system} name={name} />
      ) : (
        <OverTime system={system} part={part} name={name} title={title} />
      )}
    </>
  );
}

type Part = { system: string; part: HistoryOf; name: string; title: string };

function OverTime({ system, part, name, title }: Part) {
  const range = rangeOf('24h');
  const isAll = (part === 'users' || part === 'projects') && name === '';
  return (
    <>
      <RangePicker fallback="24h" />
      {isAll ? (
        <People system={system} by={part === 'users' ? 'user' : 'project'} range={range} />
      ) : (
        <Values system={system} part={part} name={name} range={range} title={title} />
      )}
    </>
  );
}

function People({ system, by, range }: { system: string; by: 'user' | 'project'; range: ChosenRange }) {
  const history = useData<UserHistory>(usersData(system, by, useUserQuestion(range)));
  return <WhenLoaded loading={history}>{(data) => <UserHistoryChart history={data} />}</WhenLoaded>;
}

function Values({ system, part, name, range, title }: Part & { range: ChosenRange }) {
  const address = useMemo(() => historyData(system, part, name, range.query()), [system, part, name, range.key]);
  const history = useData<History>(address);
  return <WhenLoaded loading={history}>{(data) => <HistoryCharts history={data} title={title} />}</WhenLoaded>;
}
