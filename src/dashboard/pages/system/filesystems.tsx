import { Meter } from '../../components/meter.tsx';
import { Section } from '../../components/section.tsx';
import { StateMark } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { Filesystem } from '../../data/status.ts';
import { noNumber, partOfTebibytes, percent, short } from '../../format/numbers.ts';
import { stateOf } from './login-nodes.tsx';

/** The filesystems of a system: space and inodes. */
export function Filesystems({ system, filesystems }: { system: string; filesystems: readonly Filesystem[] }) {
  if (filesystems.length === 0) return null;
  const columns: readonly Column<Filesystem>[] = [
    {
      key: 'filesystem',
      title: 'Filesystem',
      value: ({ filesystem_name }) => filesystem_name,
      cell: ({ filesystem_name }) => (
        <a href={historyPage(system, 'filesystems', filesystem_name)}>{filesystem_name}</a>
      ),
    },
    { key: 'state', title: 'State', value: stateOf, cell: (one) => <StateMark state={stateOf(one)} /> },
    {
      key: 'used_percent',
      title: 'Space used, %',
      value: ({ utilization_percent }) => utilization_percent ?? null,
      cell: ({ filesystem_name, utilization_percent }) => (
        <span class="meter-cell">
          <Meter share={utilization_percent ?? null} label={`Space of ${filesystem_name} in use`} />{' '}
          {percent(utilization_percent)}
        </span>
      ),
    },
    {
      key: 'used_tib',
      title: 'Used of capacity',
      value: ({ used_tb }) => used_tb ?? null,
      cell: ({ used_tb, capacity_tb }) => (used_tb == null ? noNumber : partOfTebibytes(used_tb, capacity_tb)),
    },
    {
      key: 'inodes_percent',
      title: 'Inodes used, %',
      value: ({ inodes_utilization_percent }) => inodes_utilization_percent ?? null,
      isMinor: true,
    },
    {
      key: 'inodes',
      title: 'Inodes',
      value: ({ used_inodes }) => used_inodes ?? null,
      cell: ({ used_inodes, capacity_inodes }) =>
        used_inodes == null ? noNumber : `${short(used_inodes)} of ${short(capacity_inodes)}`,
      isMinor: true,
    },
  ];
  return (
    <Section id="filesystems" title="Filesystems">
      <Table
        caption={`Filesystems of ${system}`}
        id="filesystems"
        columns={columns}
        rows={filesystems}
        keyOf={({ filesystem_name }) => filesystem_name}
      />
    </Section>
  );
}
