import { Age, At } from '../../components/age.tsx';
import { UptimeBar } from '../../components/days.tsx';
import { WhenLoaded } from '../../components/notice.tsx';
import { rangeOf } from '../../components/range.tsx';
import { StateMark, stateWords } from '../../components/state.tsx';
import { historyPage } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { hasBegun } from '../../data/outages.ts';
import { type SystemCard, shownState } from '../../data/overview.ts';
import {
  type History,
  isHub,
  type Outage,
  type Reservation,
  type Snapshot,
  type UserHistory,
} from '../../data/status.ts';
import { parseTime } from '../../format/times.ts';
import { parameter } from '../../navigation.ts';
import type { PageParameters } from '../parameters.ts';
import { useUserQuestion } from '../user-history.tsx';
import { BatchSystemPage } from './batch.tsx';
import { Hub } from './hub.tsx';
import { SystemProblems } from './problems.tsx';

/** The answer of `/api/v1/pages/systems/SYSTEM`. */
type SystemPageData = {
  readonly latest: Snapshot;
  readonly system: SystemCard | null;
  /** Outages and maintenance that have not ended. */
  readonly outages: readonly Outage[];
  readonly reservations: readonly Reservation[];
  readonly users: UserHistory | null;
  readonly history: History | null;
};

/** The page of a system: its newest snapshot in full. */
export function SystemPage({ system = '' }: PageParameters) {
  const query = new URLSearchParams([['by', parameter('by')], ...useUserQuestion(rangeOf('24h'))]);
  const loading = useData<SystemPageData>(`/api/v1/pages/systems/${encodeURIComponent(system)}?${query}`);
  const card = loading.data?.system ?? null;
  const state = card && shownState(card, loading.data?.outages.filter(hasBegun) ?? []);
  const since = parseTime(card?.since);
  const at = parseTime(loading.data?.latest.timestamp);
  return (
    <>
      <div class="heading">
        <h1>{system}</h1>
        {state && (
          <StateMark state={state}>
            {stateWords[state]}
            {since !== null && (
              <span class="muted">
                {' '}
                since <At at={since} />
              </span>
            )}
          </StateMark>
        )}
        {at !== null && (
          <span class="muted">
            Newest snapshot: <Age at={at} />
          </span>
        )}
        <span class="aside">
          <a href={historyPage(system, 'totals', '')}>History of {system}</a>
        </span>
      </div>
      {/* Only the chart of users depends on the query. */}
      <WhenLoaded loading={{ ...loading, isOld: false }}>
        {({ latest, outages, reservations, users, history }) => (
          <>
            <SystemProblems snapshot={latest} outages={outages} />
            {card && <UptimeBar system={card} />}
            {isHub(latest) ? (
              <Hub system={system} snapshot={latest} history={history} />
            ) : (
              <BatchSystemPage
                system={system}
                snapshot={latest}
                reservations={reservations}
                users={users}
                isOldQuestion={loading.isOld}
              />
            )}
          </>
        )}
      </WhenLoaded>
    </>
  );
}
