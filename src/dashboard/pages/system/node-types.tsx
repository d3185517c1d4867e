import { Meter } from '../../components/meter.tsx';
import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { NodeType } from '../../data/status.ts';
import { percent } from '../../format/numbers.ts';

/** The node types of a system. */
export function NodeTypes({ system, types }: { system: string; types: readonly NodeType[] }) {
  const columns: readonly Column<NodeType>[] = [
    {
      key: 'type',
      title: 'Node type',
      value: ({ node_type }) => node_type,
      cell: ({ node_type }) => <a href={historyPage(system, 'node-types', node_type)}>{node_type}</a>,
    },
    { key: 'total', title: 'Nodes', value: ({ nodes_total }) => nodes_total },
    { key: 'available', title: 'Available', value: ({ nodes_available }) => nodes_available },
    { key: 'down', title: 'Down', value: ({ nodes_down }) => nodes_down },
    {
      key: 'use',
      title: 'In use, %',
      value: ({ utilization_percent }) => utilization_percent ?? null,
      cell: ({ node_type, utilization_percent }) => (
        <span class="meter-cell">
          <Meter share={utilization_percent ?? null} label={`${node_type} in use`} /> {percent(utilization_percent)}
        </span>
      ),
    },
    {
      key: 'memory',
      title: 'Memory in use, %',
      value: (type) => type.memory_utilization_percent ?? null,
      isMinor: true,
    },
    { key: 'cores', title: 'Cores a node', value: ({ cores_per_node }) => cores_per_node ?? null, isMinor: true },
    { key: 'gib', title: 'GiB a node', value: ({ memory_gb_per_node }) => memory_gb_per_node ?? null, isMinor: true },
    { key: 'gpus', title: 'GPUs a node', value: ({ gpus_per_node }) => gpus_per_node ?? null, isMinor: true },
    { key: 'model', title: 'GPU', value: ({ gpu_model }) => gpu_model ?? '', isMinor: true },
  ];
  return (
    <Section id="node-types" title="Node types">
      <Table
        caption={`Node types of ${system}`}
        id="types"
        columns={columns}
        rows={types}
        keyOf={({ node_type }) => node_type}
      />
    </Section>
  );
}
