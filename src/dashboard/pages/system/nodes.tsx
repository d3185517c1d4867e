import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { BatchSnapshot, NodeClass } from '../../data/status.ts';

const classes: readonly (readonly [prefix: NodeClass, name: string])[] = [
  ['cpu', 'CPU nodes'],
  ['gpu', 'GPU nodes'],
  ['viz', 'Visualization nodes'],
];

/** The nodes of a system by class and state. */
export function Nodes({ system, snapshot }: { system: string; snapshot: BatchSnapshot }) {
  const rows = classes
    .map(([prefix, name]) => ({
      prefix,
      name,
      total: snapshot[`${prefix}_nodes_total`] ?? null,
      available: snapshot[`${prefix}_nodes_available`] ?? null,
      reserved: snapshot[`${prefix}_nodes_reserved`] ?? null,
      down: snapshot[`${prefix}_nodes_down`] ?? null,
    }))
    .filter(({ total }) => total !== null && total > 0);
  type Row = (typeof rows)[number];
  const columns: readonly Column<Row>[] = [
    {
      key: 'class',
      title: 'Class',
      value: ({ name }) => name,
      cell: ({ name, prefix }) => <a href={historyPage(system, 'totals', '', `${prefix}_nodes_available`)}>{name}</a>,
    },
    { key: 'total', title: 'Total', value: ({ total }) => total },
    { key: 'available', title: 'Available', value: ({ available }) => available },
    { key: 'reserved', title: 'Reserved', value: ({ reserved }) => reserved },
    { key: 'down', title: 'Down', value: ({ down }) => down },
  ];
  return (
    <Section id="nodes" title="Nodes">
      <Table caption={`Nodes of ${system}`} id="nodes" columns={columns} rows={rows} keyOf={({ prefix }) => prefix} />
      <p class="detail">A partly used node is available. Nodes that are allocated as a whole are in the total only.</p>
    </Section>
  );
}
