import { Fact, Facts } from '../../components/facts.tsx';
import { Section } from '../../components/section.tsx';
import { StateMark } from '../../components/state.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { History, HubSnapshot } from '../../data/status.ts';
import { exact, partOfGibibytes } from '../../format/numbers.ts';
import { HistoryCharts } from '../history-charts.tsx';
import { Use } from './batch.tsx';

/** The counts of sessions and nodes that a hub can report, with their names. */
const sessions = [
  ['casper_login_jobs', 'Casper login nodes'],
  ['casper_batch_jobs', 'Casper batch jobs'],
  ['derecho_batch_jobs', 'Derecho batch jobs'],
  ['jobs_running', 'Jobs running'],
  ['jobs_suspended', 'Jobs suspended'],
] as const;
const nodes = [
  ['nodes_total', 'Nodes'],
  ['nodes_free', 'Free nodes'],
  ['nodes_busy', 'Busy nodes'],
  ['nodes_down', 'Nodes down'],
] as const;

/** The parts of the page of a hub. */
export function Hub({ system, snapshot, history }: { system: string; snapshot: HubSnapshot; history: History | null }) {
  const link = (field: string, value: number | null | undefined) => (
    <a href={historyPage(system, 'totals', '', field)}>{exact(value)}</a>
  );
  const reported = (fields: readonly (readonly [keyof HubSnapshot & string, string])[]) =>
    fields.flatMap(([field, name]) => {
      const value = snapshot[field];
      return typeof value === 'number' ? [{ field, name, value }] : [];
    });
  const hasUse = snapshot.cpu_utilization_percent != null || snapshot.memory_utilization_percent != null;
  return (
    <>
      <Section id="service" title="Service">
        <Facts>
          <Fact name="Service">
            <StateMark state={snapshot.available ? 'up' : 'down'} />
          </Fact>
          <Fact name="Users">{link('active_users', snapshot.active_users)}</Fact>
          <Fact name="Sessions">{link('active_sessions', snapshot.active_sessions)}</Fact>
        </Facts>
      </Section>
      {reported(sessions).length > 0 && (
        <Section id="sessions" title="Sessions by class">
          <Facts>
            {reported(sessions).map(({ field, name, value }) => (
              <Fact key={field} name={name}>
                {link(field, value)}
              </Fact>
            ))}
          </Facts>
        </Section>
      )}
      {reported(nodes).length > 0 && (
        <Section id="nodes" title="Nodes">
          <Facts>
            {reported(nodes).map(({ field, name, value }) => (
              <Fact key={field} name={name}>
                {link(field, value)}
              </Fact>
            ))}
          </Facts>
          {hasUse && (
            <dl class="meters">
              <Use
                name="CPUs"
                share={snapshot.cpu_utilization_percent}
                base={`${exact(snapshot.cpus_used)} of ${exact(snapshot.cpus_total)} CPUs`}
                href={historyPage(system, 'totals', '', 'cpu_utilization_percent')}
              />
              {snapshot.gpu_utilization_percent != null && (
                <Use
                  name="GPUs"
                  share={snapshot.gpu_utilization_percent}
                  base={`${exact(snapshot.gpus_used)} of ${exact(snapshot.gpus_total)} GPUs`}
                  href={historyPage(system, 'totals', '', 'gpu_utilization_percent')}
                />
              )}
              <Use
                name="Memory"
                share={snapshot.memory_utilization_percent}
                base={partOfGibibytes(snapshot.memory_used_gb, snapshot.memory_total_gb)}
                href={historyPage(system, 'totals', '', 'memory_utilization_percent')}
              />
            </dl>
          )}
        </Section>
      )}
      {history && (
        <Section
          id="history"
          title="The last 24 hours"
          aside={<a href={historyPage(system, 'totals', '')}>Other periods</a>}
        >
          <HistoryCharts history={history} title={system} />
        </Section>
      )}
    </>
  );
}
