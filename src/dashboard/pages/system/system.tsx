import { Age, At } from '../../components/age.tsx';
import { UptimeBar } from '../../components/days.tsx';
import { WhenLoaded } from '../../components/notice.tsx';
import { StateMark, stateWords } from '../../components/state.tsx';
import { historyPage } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { hasBegun } from '../../data/outages.ts';
import { type OverviewData, shownState } from '../../data/overview.ts';
import { isHub, type Outage, type Reservation, type Snapshot } from '../../data/status.ts';
import { parseTime } from '../../format/times.ts';
import type { PageParameters } from '../parameters.ts';
import { BatchSystemPage } from './batch.tsx';
import { Hub } from './hub.tsx';
import { SystemProblems } from './problems.tsx';

/** The page of a system: its newest snapshot in full. */
export function SystemPage({ system = '' }: PageParameters) {
  const name = encodeURIComponent(system);
  const latest = useData<Snapshot>(`/api/v1/status/${name}/latest`);
  const outages = useData<readonly Outage[]>(`/api/v1/status/outages?system_name=${name}`);
  const reservations = useData<readonly Reservation[]>(`/api/v1/status/reservations?system_name=${name}`);
  const overview = useData<OverviewData>('/api/v1/overview').data;
  const card = overview?.systems.find((one) => one.name === system);
  const since = parseTime(card?.since);
  const at = parseTime(latest.data?.timestamp);
  return (
    <>
      <div class="heading">
        <h1>{system}</h1>
        {card && overview && (
          <StateMark state={shownState(card, overview.outages.filter(hasBegun))}>
            {stateWords[shownState(card, overview.outages.filter(hasBegun))]}
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
      <WhenLoaded loading={latest}>
        {(snapshot) => (
          <>
            <SystemProblems snapshot={snapshot} outages={outages.data ?? []} />
            {card && <UptimeBar system={card} />}
            {isHub(snapshot) ? (
              <Hub system={system} snapshot={snapshot} />
            ) : (
              <BatchSystemPage system={system} snapshot={snapshot} reservations={reservations.data ?? []} />
            )}
          </>
        )}
      </WhenLoaded>
    </>
  );
}
