import { Section } from '../../components/section.tsx';
import { type State, StateMark } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { LoginNode } from '../../data/status.ts';

/** Returns the state of a login node or filesystem. */
export function stateOf({ available, degraded }: { available: boolean; degraded: boolean }): State {
  if (!available) return 'down';
  return degraded ? 'degraded' : 'up';
}

/** The login nodes of a system. */
export function LoginNodes({ system, nodes }: { system: string; nodes: readonly LoginNode[] }) {
  const columns: readonly Column<LoginNode>[] = [
    {
      key: 'name',
      title: 'Name',
      value: ({ node_name }) => node_name,
      cell: ({ node_name }) => <a href={historyPage(system, 'login-nodes', node_name)}>{node_name}</a>,
    },
    { key: 'state', title: 'State', value: stateOf, cell: (node) => <StateMark state={stateOf(node)} /> },
    { key: 'users', title: 'Users', value: ({ user_count }) => user_count ?? null },
    { key: 'load_1min', title: 'Load 1 min, %', value: ({ load_1min }) => load_1min ?? null },
    { key: 'load_15min', title: '15 min, %', value: ({ load_15min }) => load_15min ?? null, isMinor: true },
    { key: 'cpus', title: 'CPUs', value: ({ num_cpus }) => num_cpus ?? null, isMinor: true },
  ];
  return (
    <Section id="login-nodes" title="Login nodes">
      <Table
        caption={`Login nodes of ${system}`}
        id="login"
        columns={columns}
        rows={nodes}
        keyOf={({ node_name }) => node_name}
      />
    </Section>
  );
}
