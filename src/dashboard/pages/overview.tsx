import { Age, At } from '../components/age.tsx';
import { UptimeBar } from '../components/days.tsx';
import { Meter } from '../components/meter.tsx';
import { WhenLoaded } from '../components/notice.tsx';
import { Sparkline } from '../components/sparkline.tsx';
import { type State, StateMark, stateWords } from '../components/state.tsx';
import { historyPage, systemPage } from '../data/addresses.ts';
import { useData } from '../data/fetching.ts';
import { hasBegun } from '../data/outages.ts';
import { type OverviewData, type SystemCard, sameName, shownState } from '../data/overview.ts';
import type { Outage, Reservation } from '../data/status.ts';
import { exact, percent, short } from '../format/numbers.ts';
import { duration, now, parseTime } from '../format/times.ts';
import { OutageLine } from './system/problems.tsx';

/** The worst first. */
const order: readonly State[] = ['down', 'degraded', 'maintenance', 'unknown', 'up'];

/** The page with all systems on one screen, problems first. */
export function OverviewPage() {
  const loading = useData<OverviewData>('/api/v1/overview');
  return (
    <>
      <h1 class="unseen">Overview of all systems</h1>
      <WhenLoaded loading={loading}>
        {(data) => (data.systems.length === 0 ? <Nothing /> : <Systems data={data} />)}
      </WhenLoaded>
    </>
  );
}

function Nothing() {
  return (
    <div class="empty">
      <h2>No system has sent a snapshot yet</h2>
      <p>Set the address of this receiver in the configuration of a collector, and send a first snapshot:</p>
      <pre tabIndex={0}>{`hpc-collector serve user add collector
echo STATUS_API_URL=${window.location.origin} >> ~/.config/hpc-collector/env
hpc-collector run derecho`}</pre>
    </div>
  );
}

function Systems({ data }: { data: OverviewData }) {
  const open = data.outages.filter(hasBegun);
  const systems = data.systems
    .map((system) => ({ system, state: shownState(system, open) }))
    .sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  return (
    <>
      <Summary states={systems.map(({ state }) => state)} />
      {open.length > 0 && (
        <ul class="problems">
          {open.map((outage) => (
            <li key={outage.outage_id}>
              <OutageLine outage={outage} showsSystem />
            </li>
          ))}
        </ul>
      )}
      <div class="cards">
        {systems.map(({ system, state }) => (
          <Card key={system.name} system={system} state={state} next={nextFor(system.name, data)} open={open} />
        ))}
      </div>
    </>
  );
}

function Summary({ states }: { states: readonly State[] }) {
  const counts = order
    .filter((state) => state !== 'up')
    .map((state) => ({ state, count: states.filter((one) => one === state).length }))
    .filter(({ count }) => count > 0);
  return (
    <p class="summary">
      {counts.length === 0 ? (
        <StateMark state="up">
          {states.length === 1 ? 'The system is up.' : `All ${states.length} systems are up.`}
        </StateMark>
      ) : (
        counts.map(({ state, count }) => (
          <StateMark key={state} state={state}>
            {count} of {states.length} {stateWords[state].toLowerCase()}
          </StateMark>
        ))
      )}
    </p>
  );
}

type Next = { readonly at: number; readonly text: string };

/** Returns the next maintenance or reservation of a system that has not begun. */
function nextFor(name: string, { outages, reservations }: OverviewData): Next | null {
  const isMine = (row: { readonly system_name: string; readonly start_time: string }) =>
    sameName(row.system_name, name) && (parseTime(row.start_time) ?? 0) > now.value;
  const nextOutages = outages.filter(isMine).map((outage: Outage): Next => {
    const end = parseTime(outage.estimated_resolution ?? outage.end_time);
    const at = parseTime(outage.start_time) ?? 0;
    return { at, text: `${outage.title}${end === null ? '' : `, for ${duration(end - at)}`}` };
  });
  const nextReservations = reservations.filter(isMine).map((reservation: Reservation): Next => {
    const nodes = reservation.node_count === null ? '' : `, ${exact(reservation.node_count)} nodes`;
    return { at: parseTime(reservation.start_time) ?? 0, text: `Reservation ${reservation.reservation_name}${nodes}` };
  });
  return [...nextOutages, ...nextReservations].sort((one, other) => one.at - other.at)[0] ?? null;
}

type CardProps = { system: SystemCard; state: State; next: Next | null; open: readonly Outage[] };

function Card({ system, state, next, open }: CardProps) {
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

function BatchFigures({ system }: { system: SystemCard }) {
  const { name, figures, free } = system;
  const largest = [...(free?.node_types ?? [])].sort((one, other) => other.nodes - one.nodes)[0];
  const hasGpus = (figures.gpu_count_total ?? 0) > 0;
  return (
    <>
      <dl class="meters">
        <Trend
          system={system}
          field="cpu_utilization_percent"
          title="Cores"
          used="cpu_cores_allocated"
          total="cpu_cores_total"
          unit="cores"
        />
        {hasGpus && (
          <Trend
            system={system}
            field="gpu_utilization_percent"
            title="GPUs"
            used="gpu_count_allocated"
            total="gpu_count_total"
            unit="GPUs"
          />
        )}
      </dl>
      <dl class="counts">
        <div>
          <dt>Free now</dt>
          <dd>
            <b>{short(free?.cores)}</b> cores
            {hasGpus && (
              <>
                , <b>{short(free?.gpus)}</b> GPUs
              </>
            )}
            {free?.nodes != null && (
              <>
                , on <b>{exact(free.nodes)}</b> nodes
              </>
            )}
            {largest && largest.nodes > 0 && ` (most: ${exact(largest.nodes)} ${largest.node_type})`}
          </dd>
        </div>
        <div>
          <dt>Jobs</dt>
          <dd>
            <a href={historyPage(name, 'totals', '', 'running_jobs')}>
              <b>{exact(figures.running_jobs)}</b> running
            </a>
            , <b>{exact(figures.pending_jobs)}</b> pending
          </dd>
        </div>
      </dl>
    </>
  );
}

function HubFigures({ system }: { system: SystemCard }) {
  const { name, figures } = system;
  const values = system.day.fields.active_sessions ?? [];
  return (
    <>
      <dl class="meters">
        <div>
          <dt>
            <a href={historyPage(name, 'totals', '', 'active_sessions')}>Sessions</a>
          </dt>
          <dd>
            <span class="share">{exact(figures.active_sessions)}</span>
            <Sparkline
              values={values}
              max={Math.max(1, ...values.map((value) => value ?? 0))}
              label={`Sessions of ${name} in the last 24 hours`}
            />
          </dd>
        </div>
      </dl>
      <dl class="counts">
        <div>
          <dt>Users</dt>
          <dd>
            <b>{exact(figures.active_users)}</b>
          </dd>
        </div>
        {figures.nodes_total != null && (
          <div>
            <dt>Nodes</dt>
            <dd>
              <b>{exact(figures.nodes_free)}</b> of {exact(figures.nodes_total)} free
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

type TrendProps = { system: SystemCard; field: string; title: string; used: string; total: string; unit: string };

/** How much of something is in use now, and its line over 24 hours. */
function Trend({ system, field, title, used, total, unit }: TrendProps) {
  const { name, figures } = system;
  const share = figures[field] ?? null;
  return (
    <div>
      <dt>
        <a href={historyPage(name, 'totals', '', field)}>{title}</a>
      </dt>
      <dd>
        <span class="share">{percent(share)}</span>
        <Meter share={share} label={`${title} of ${name} in use`} />
        <Sparkline
          values={system.day.fields[field] ?? []}
          max={100}
          label={`${title} of ${name} in use in the last 24 hours`}
        />
        <span class="detail">
          {exact(figures[used])} of {exact(figures[total])} {unit}
        </span>
      </dd>
    </div>
  );
}
