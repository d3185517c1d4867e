import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { BatchSnapshot, Queue } from '../../data/status.ts';

/** The queues of a system. Empty ones are folded. */
export function Queues({ system, snapshot }: { system: string; snapshot: BatchSnapshot }) {
  const states = new Map((snapshot.queue_definitions ?? []).map((queue) => [queue.queue_name, queue]));
  const stateOf = ({ queue_name }: Queue): string => {
    const definition = states.get(queue_name);
    if (definition?.enabled === undefined || definition.started === undefined) return '';
    if (definition.enabled) return definition.started ? 'open' : 'accepts jobs, starts none';
    return definition.started ? 'accepts no jobs' : 'closed';
  };
  const columns: readonly Column<Queue>[] = [
    {
      key: 'queue',
      title: 'Queue',
      value: ({ queue_name }) => queue_name,
      cell: ({ queue_name }) => <a href={historyPage(system, 'queues', queue_name)}>{queue_name}</a>,
    },
    ...(states.size > 0 ? [{ key: 'state', title: 'State', value: stateOf, isMinor: true }] : []),
    { key: 'running', title: 'Running', value: ({ running_jobs }) => running_jobs },
    { key: 'pending', title: 'Pending', value: ({ pending_jobs }) => pending_jobs },
    { key: 'held', title: 'Held', value: ({ held_jobs }) => held_jobs, isMinor: true },
    { key: 'users', title: 'Users', value: ({ active_users }) => active_users, isMinor: true },
    { key: 'nodes', title: 'Nodes used', value: ({ nodes_allocated }) => nodes_allocated, isMinor: true },
    { key: 'cores', title: 'Cores used', value: ({ cores_allocated }) => cores_allocated },
    { key: 'cores_pending', title: 'Cores asked for', value: ({ cores_pending }) => cores_pending, isMinor: true },
    { key: 'gpus', title: 'GPUs used', value: ({ gpus_allocated }) => gpus_allocated, isMinor: true },
    { key: 'gpus_pending', title: 'GPUs asked for', value: ({ gpus_pending }) => gpus_pending, isMinor: true },
  ];
  const isEmpty = (queue: Queue) => queue.running_jobs + queue.pending_jobs + queue.held_jobs === 0;
  const busy = snapshot.queues.filter((queue) => !isEmpty(queue));
  const empty = snapshot.queues.filter(isEmpty);
  const keyOf = ({ queue_name }: Queue) => queue_name;
  return (
    <Section id="queues" title="Queues">
      {busy.length === 0 && <p class="empty">No queue has jobs.</p>}
      {busy.length > 0 && (
        <Table caption={`Queues of ${system}`} id="queues" columns={columns} rows={busy} keyOf={keyOf} />
      )}
      {empty.length > 0 && (
        <details>
          <summary>
            {empty.length === 1 ? '1 queue' : `${empty.length} queues`} without jobs:{' '}
            {empty.map((queue) => queue.queue_name).join(', ')}
          </summary>
          <Table caption={`Queues of ${system} without jobs`} id="empty" columns={columns} rows={empty} keyOf={keyOf} />
        </details>
      )}
    </Section>
  );
}
