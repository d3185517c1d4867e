import { Age, At } from '../../components/age.tsx';
import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { Reservation } from '../../data/status.ts';
import { now, parseTime } from '../../format/times.ts';

/** The reservations of a system that have not ended. */
export function Reservations({ system, reservations }: { system: string; reservations: readonly Reservation[] }) {
  const columns: readonly Column<Reservation>[] = [
    {
      key: 'name',
      title: 'Reservation',
      value: ({ reservation_name }) => reservation_name,
      cell: ({ reservation_name }) => (
        <a href={historyPage(system, 'reservations', reservation_name)}>{reservation_name}</a>
      ),
    },
    {
      key: 'state',
      title: 'State',
      value: ({ start_time }) => start_time,
      cell: ({ start_time }) => {
        const start = parseTime(start_time);
        if (start === null) return '';
        return start <= now.value ? 'running' : <Age at={start} />;
      },
    },
    {
      key: 'start',
      title: 'From',
      value: ({ start_time }) => start_time,
      cell: ({ start_time }) => at(start_time),
      isMinor: true,
    },
    { key: 'end', title: 'To', value: ({ end_time }) => end_time, cell: ({ end_time }) => at(end_time) },
    { key: 'nodes', title: 'Nodes', value: ({ node_count }) => node_count },
    { key: 'partition', title: 'Partition', value: ({ partition }) => partition ?? '', isMinor: true },
    { key: 'description', title: 'Description', value: ({ description }) => description ?? '', isMinor: true },
  ];
  return (
    <Section id="reservations" title="Reservations">
      {reservations.length === 0 ? (
        <p class="empty">There are no reservations now or to come.</p>
      ) : (
        <Table
          caption={`Reservations of ${system}`}
          id="reservations"
          columns={columns}
          rows={reservations}
          keyOf={({ reservation_id }) => String(reservation_id)}
        />
      )}
    </Section>
  );
}

function at(text: string) {
  const ms = parseTime(text);
  return ms === null ? '' : <At at={ms} />;
}
