import { Fact, Facts } from '../../components/facts.tsx';
import { Meter } from '../../components/meter.tsx';
import { Section } from '../../components/section.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { BatchSnapshot, Reservation, UserHistory } from '../../data/status.ts';
import { exact, partOfGibibytes, percent } from '../../format/numbers.ts';
import { ExpectedWaitSection } from './expected-wait.tsx';
import { Filesystems } from './filesystems.tsx';
import { LoginNodes } from './login-nodes.tsx';
import { NodeTypes } from './node-types.tsx';
import { Nodes } from './nodes.tsx';
import { Queues } from './queues.tsx';
import { Reservations } from './reservations.tsx';
import { Users } from './users.tsx';

type Props = {
  system: string;
  snapshot: BatchSnapshot;
  reservations: readonly Reservation[];
  users: UserHistory | null;
  /** True while `users` answers the question before. */
  isOldQuestion: boolean;
};

/** The parts of the page of a batch system. */
export function BatchSystemPage({ system, snapshot, reservations, users, isOldQuestion }: Props) {
  return (
    <>
      <Now system={system} snapshot={snapshot} />
      <div class="columns">
        <Nodes system={system} snapshot={snapshot} />
        <LoginNodes system={system} nodes={snapshot.login_nodes} />
      </div>
      <Queues system={system} snapshot={snapshot} />
      {snapshot.node_types && snapshot.node_types.length > 0 && (
        <NodeTypes system={system} types={snapshot.node_types} />
      )}
      <Users system={system} rows={snapshot.user_project_queues} history={users} isOld={isOldQuestion} />
      <Filesystems system={system} filesystems={snapshot.filesystems} />
      <Reservations system={system} reservations={reservations} />
    </>
  );
}

/** What a user wants to know before a submission, and how busy the system is. */
function Now({ system, snapshot }: { system: string; snapshot: BatchSnapshot }) {
  const { gpu_count_total: gpus, viz_count_total: viz } = snapshot;
  const link = (field: string, text: string) => <a href={historyPage(system, 'totals', '', field)}>{text}</a>;
  return (
    <Section id="now" title="If you submit now">
      <Facts>
        <Fact name="Free cores" detail={<>of {link('cpu_cores_idle', exact(snapshot.cpu_cores_total))} cores</>}>
          {exact(snapshot.cpu_cores_idle)}
        </Fact>
        {gpus !== 0 && gpus != null && (
          <Fact name="Free GPUs" detail={<>of {link('gpu_count_idle', exact(gpus))} GPUs</>}>
            {exact(snapshot.gpu_count_idle)}
          </Fact>
        )}
        {viz !== 0 && viz != null && (
          <Fact name="Free visualization GPUs" detail={<>of {link('viz_count_idle', exact(viz))}</>}>
            {exact(snapshot.viz_count_idle)}
          </Fact>
        )}
        <Fact name="Jobs running" detail={<>of {link('active_users', exact(snapshot.active_users))} users</>}>
          {link('running_jobs', exact(snapshot.running_jobs))}
        </Fact>
        <Fact name="Jobs waiting" detail={<>and {link('held_jobs', exact(snapshot.held_jobs))} held</>}>
          {link('pending_jobs', exact(snapshot.pending_jobs))}
        </Fact>
      </Facts>
      <ExpectedWaitSection system={system} queues={snapshot.queues} />
      <dl class="meters">
        <Use
          name="Cores"
          share={snapshot.cpu_utilization_percent}
          base={`${exact(snapshot.cpu_cores_allocated)} of ${exact(snapshot.cpu_cores_total)} cores`}
          href={historyPage(system, 'totals', '', 'cpu_utilization_percent')}
        />
        {gpus !== 0 && gpus != null && (
          <Use
            name="GPUs"
            share={snapshot.gpu_utilization_percent}
            base={`${exact(snapshot.gpu_count_allocated)} of ${exact(gpus)} GPUs`}
            href={historyPage(system, 'totals', '', 'gpu_utilization_percent')}
          />
        )}
        <Use
          name="Memory"
          share={snapshot.memory_utilization_percent}
          base={partOfGibibytes(snapshot.memory_allocated_gb, snapshot.memory_total_gb)}
          href={historyPage(system, 'totals', '', 'memory_utilization_percent')}
        />
      </dl>
    </Section>
  );
}

/** How much of something is in use: a bar, the share, and what it is a share of. */
export function Use({
  name,
  share,
  base,
  href,
}: {
  name: string;
  share: number | null | undefined;
  base: string;
  href: string;
}) {
  return (
    <div>
      <dt>
        <a href={href}>{name}</a>
      </dt>
      <dd>
        <Meter share={share ?? null} label={`${name} in use`} />
        <span class="share">{percent(share)}</span>
        <span class="detail">{base}</span>
      </dd>
    </div>
  );
}
