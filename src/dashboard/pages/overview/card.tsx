import { Age, At } from '../../components/age.tsx';
import { UptimeBar } from '../../components/days.tsx';
import { type State, StateMark } from '../../components/state.tsx';
import { systemPage } from '../../data/addresses.ts';
import type { SystemCard } from '../../data/overview.ts';
import type { Outage } from '../../data/status.ts';
import { duration, now, parseTime } from '../../format/times.ts';
import { BatchFigures, HubFigures } from './figures.tsx';
import type { Next } from './next.ts';

type CardProps = { system: SystemCard; state: State; next: Next | null; open: readonly Outage[] };

/** A system on the overview: its state, its figures, and what is planned. */
export function Card({ system, state, next, open }: CardProps) {
  const at = parseTime(system.timestamp);
  const since = parseTime(system.since);
  // The outages are listed above the cards, and an unknown state has its age beside its name.
  const reasons =
    state === 'unknown' ? [] : system.reasons.filter((reason) => !open.some(({ title }) => reason.endsWith(title)));
  return (
    <article class={`card ${state}`} aria-labelledby={`card-${system.name}`}>
      <header>
        <h2 id={`card-${system.name}`}>
          <a href={systemPage(system.name)}>{system.name}</a>
        </h2>
        <StateMark state={state} />
        <span class="aside">
          {state === 'unknown' && at !== null ? (
            <strong>no data for {duration(now.value - at)}</strong>
          ) : (
            at !== null && <Age at={at} />
          )}
        </span>
      </header>
      {state !== 'up' && (reasons.length > 0 || since !== null) && (
        <p class="reason">
          {reasons.slice(0, 2).join('; ')}
          {reasons.length > 2 && ` and ${reasons.length - 2} more`}
          {reasons.length > 0 && since !== null && ', '}
          {since !== null && (
            <>
              since <At at={since} />
            </>
          )}
        </p>
      )}
      {system.failed_probes.length > 0 && <p class="reason">Not measured: {system.failed_probes.join(', ')}</p>}
      {system.kind === 'hub' ? <HubFigures system={system} /> : <BatchFigures system={system} />}
      <footer>
        <p class="next">
          {next === null ? (
            <span class="muted">No reservation or maintenance ahead</span>
          ) : (
            <>
              <a href="/events">{next.text}</a>, <Age at={next.at} />
            </>
          )}
        </p>
        <UptimeBar system={system} />
      </footer>
    </article>
  );
}
