import { Age } from '../../components/age.tsx';
import { Loaded } from '../../components/notice.tsx';
import { historyPage } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { isHub, type Outage, type Reservation, type Snapshot } from '../../data/status.ts';
import { parseTime } from '../../format/times.ts';
import type { PageParameters } from '../parameters.ts';
import { BatchSystem } from './batch.tsx';
import { Hub } from './hub.tsx';
import { Problems } from './problems.tsx';

/** The page of a system: its newest snapshot in full. */
export function System({ system = '' }: PageParameters) {
  const name = encodeURIComponent(system);
  const latest = useData<Snapshot>(`/api/v1/status/${name}/latest`);
  const outages = useData<readonly Outage[]>(`/api/v1/status/outages?system_name=${name}`);
  const reservations = useData<readonly Reservation[]>(`/api/v1/status/reservations?system_name=${name}`);
  const at = parseTime(latest.data?.timestamp);
  return (
    <>
      <div class="heading">
        <h1>{system}</h1>
        {at !== null && (
          <span class="muted">
            Newest snapshot: <Age at={at} />
          </span>
        )}
        <span class="aside">
          <a href={historyPage(system, 'totals', '')}>History of {system}</a>
        </span>
      </div>
      <Loaded loading={latest}>
        {(snapshot) => (
          <>
            <Problems snapshot={snapshot} outages={outages.data ?? []} />
            {isHub(snapshot) ? (
              <Hub system={system} snapshot={snapshot} />
            ) : (
              <BatchSystem system={system} snapshot={snapshot} reservations={reservations.data ?? []} />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
