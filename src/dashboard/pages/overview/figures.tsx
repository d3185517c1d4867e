import { Meter } from '../../components/meter.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { SystemCard } from '../../data/overview.ts';
import { exact, percent, short } from '../../format/numbers.ts';

/** The figures of a batch system: use, free resources and jobs. */
export function BatchFigures({ system }: { system: SystemCard }) {
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
            <Figure name={name} field="cpu_cores_idle" value={short(free?.cores)} unit="cores" />
            {hasGpus && (
              <>
                , <Figure name={name} field="gpu_count_idle" value={short(free?.gpus)} unit="GPUs" />
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
            <Figure name={name} field="running_jobs" value={exact(figures.running_jobs)} unit="running" />,{' '}
            <Figure name={name} field="pending_jobs" value={exact(figures.pending_jobs)} unit="pending" />
          </dd>
        </div>
      </dl>
    </>
  );
}

/** The figures of a hub: sessions, users and nodes. */
export function HubFigures({ system }: { system: SystemCard }) {
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
            <Figure name={name} field="active_users" value={exact(figures.active_users)} />
          </dd>
        </div>
        {figures.nodes_total != null && (
          <div>
            <dt>Nodes</dt>
            <dd>
              <Figure name={name} field="nodes_free" value={exact(figures.nodes_free)} /> of{' '}
              {exact(figures.nodes_total)} free
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

type FigureProps = { name: string; field: string; value: string; unit?: string };

/** A number of a system, with a link to its history. */
function Figure({ name, field, value, unit = '' }: FigureProps) {
  return (
    <a href={historyPage(name, 'totals', '', field)}>
      <b>{value}</b>
      {unit && ` ${unit}`}
    </a>
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
