import { Age, At } from '../../components/age.tsx';
import { StateMark, stateOfSeverity } from '../../components/state.tsx';
import { type Outage, type Snapshot, staleMs } from '../../data/status.ts';
import { duration, now, parseTime } from '../../format/times.ts';

/** What is wrong, one line each: no new data, failed probes, open outages. */
export function SystemProblems({ snapshot, outages }: { snapshot: Snapshot; outages: readonly Outage[] }) {
  const at = parseTime(snapshot.timestamp);
  const lateMs = at === null ? 0 : now.value - at;
  const failed = snapshot.collection_failed;
  const open = outages.filter(({ status }) => status !== 'resolved');
  if (lateMs <= staleMs && failed.length === 0 && open.length === 0) return null;
  return (
    <ul class="problems">
      {lateMs > staleMs && at !== null && (
        <li class="unknown">
          <StateMark state="unknown">
            <strong>No data for {duration(lateMs)}.</strong> The figures below are those of <At at={at} />.
          </StateMark>
        </li>
      )}
      {open.map((outage) => (
        <li key={outage.outage_id} class={stateOfSeverity(outage.severity)}>
          <OutageLine outage={outage} />
        </li>
      ))}
      {failed.length > 0 && (
        <li class="unknown">
          <StateMark state="unknown">
            Not measured in the newest snapshot: {failed.join(', ')}. Figures that depend on it are missing or repeated.
          </StateMark>
        </li>
      )}
    </ul>
  );
}

/** An outage in one line: what, since when, and until when. */
export function OutageLine({ outage, showsSystem = false }: { outage: Outage; showsSystem?: boolean }) {
  const start = parseTime(outage.start_time);
  const expected = parseTime(outage.estimated_resolution);
  const isFuture = start !== null && start > now.value;
  return (
    <StateMark state={stateOfSeverity(outage.severity)}>
      <a href={`/outages?id=${outage.outage_id}`}>
        <strong>
          {showsSystem && `${outage.system_name}: `}
          {outage.title}
        </strong>
      </a>{' '}
      <span class="muted">
        {outage.severity}
        {!isFuture && `, ${outage.status}`}
        {start !== null && (
          <>
            , {isFuture ? 'begins' : 'began'} <Age at={start} />
          </>
        )}
        {expected !== null && (
          <>
            , expected to end <At at={expected} />
          </>
        )}
      </span>
    </StateMark>
  );
}
