import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { usageOf } from '../../data/addresses.ts';
import { type Dimension, dimensions, labelOf, type UsageAnswer, type UsageGroup, wordOf } from '../../data/usage.ts';

type Row = Pick<UsageGroup, 'total'> & { readonly label: string; readonly page: string | null };

/** The largest groups with all their measures. */
export function Groups({ answer, by }: { answer: UsageAnswer; by: Dimension }) {
  const { groups, others } = answer;
  const rows: Row[] = [
    ...groups.map(({ name, total }) => ({ label: labelOf(name, by), total, page: pageOf(by, name) })),
    ...(others ? [{ label: `${others.groups} others`, total: others.total, page: null }] : []),
  ];
  const columns: readonly Column<Row>[] = [
    {
      key: by,
      title: dimensions[by],
      value: ({ label }) => label,
      cell: ({ label, page }) => (page === null ? label : <a href={page}>{label}</a>),
    },
    { key: 'jobs', title: 'Jobs', value: ({ total }) => total.jobs ?? null },
    { key: 'users', title: 'Users', value: ({ total }) => total.users ?? null, isMinor: true },
    { key: 'cpu_hours', title: 'CPU hours', value: ({ total }) => rounded(total.cpu_hours) },
    { key: 'gpu_hours', title: 'GPU hours', value: ({ total }) => rounded(total.gpu_hours), isMinor: true },
    { key: 'node_hours', title: 'Node hours', value: ({ total }) => rounded(total.node_hours), isMinor: true },
    { key: 'wait', title: 'Median wait, h', value: ({ total }) => total.wait?.median ?? null },
    { key: 'wait90', title: '90 % waited under, h', value: ({ total }) => total.wait?.p90 ?? null, isMinor: true },
    {
      key: 'duration',
      title: 'Median duration, h',
      value: ({ total }) => total.duration?.median ?? null,
      isMinor: true,
    },
  ];
  return (
    <Section id="groups" title={`The largest by ${wordOf(by)}`}>
      <Table
        caption={`Usage by ${wordOf(by)}`}
        id="groups"
        columns={columns}
        rows={rows}
        keyOf={({ label }) => label}
      />
    </Section>
  );
}

/** Returns the address of the page of a user, an account or another group. */
function pageOf(by: Dimension, name: string | null): string | null {
  return name === null || name === '' || by === 'node' || by === 'software' ? null : usageOf(by, name);
}

function rounded(value: number | null | undefined): number | null {
  return value == null ? null : Math.round(value * 100) / 100;
}
