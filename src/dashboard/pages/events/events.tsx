import { Age, At } from '../../components/age.tsx';
import { WhenLoaded } from '../../components/notice.tsx';
import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { systemPage } from '../../data/addresses.ts';
import { type CalendarEvent, eventsOf } from '../../data/events.ts';
import { useData } from '../../data/fetching.ts';
import type { Outage, Reservation } from '../../data/status.ts';
import { duration, now } from '../../format/times.ts';
import { Month } from './month.tsx';
import { Timeline } from './timeline.tsx';

/** The answer of `/api/v1/pages/events`. */
type EventsData = { readonly outages: readonly Outage[]; readonly reservations: readonly Reservation[] };

/** The page with reservations and maintenance, before they begin. */
export function Events() {
  const loading = useData<EventsData>('/api/v1/pages/events');
  return (
    <>
      <div class="heading">
        <h1>Events</h1>
        <span class="aside">
          <a href="/calendar.ics" data-load="yes">
            As a calendar
          </a>
        </span>
      </div>
      <WhenLoaded loading={loading}>
        {({ outages, reservations }) => <Parts events={eventsOf(outages, reservations)} />}
      </WhenLoaded>
    </>
  );
}

function Parts({ events }: { events: readonly CalendarEvent[] }) {
  const ahead = events.filter(({ start, end }) => (end === null ? start > now.value : end > now.value));
  return (
    <>
      <Section id="ahead" title="Now and ahead">
        {ahead.length === 0 ? (
          <p class="empty">No reservation or maintenance is planned.</p>
        ) : (
          <>
            <Timeline events={ahead} />
            <List events={ahead} />
          </>
        )}
      </Section>
      <Month events={events} />
    </>
  );
}

function List({ events }: { events: readonly CalendarEvent[] }) {
  const columns: readonly Column<CalendarEvent>[] = [
    {
      key: 'title',
      title: 'Event',
      value: ({ title }) => title,
      cell: ({ title, page }) => <a href={page}>{title}</a>,
    },
    { key: 'kind', title: 'Kind', value: ({ kind }) => kind, isMinor: true },
    {
      key: 'system',
      title: 'System',
      value: ({ system }) => system,
      cell: ({ system }) => <a href={systemPage(system.toLowerCase())}>{system}</a>,
    },
    {
      key: 'start',
      title: 'From',
      value: ({ start }) => new Date(start).toISOString(),
      cell: ({ start }) => <At at={start} />,
      isMinor: true,
    },
    {
      key: 'end',
      title: 'To',
      value: ({ end }) => (end === null ? null : new Date(end).toISOString()),
      cell: ({ end }) => (end === null ? 'open' : <At at={end} />),
      isMinor: true,
    },
    {
      key: 'when',
      title: 'Begins',
      value: ({ start }) => new Date(start).toISOString(),
      cell: ({ start }) => (start <= now.value ? 'running' : <Age at={start} />),
    },
    {
      key: 'seconds',
      title: 'Lasts',
      value: ({ start, end }) => (end === null ? null : (end - start) / 1000),
      cell: ({ start, end }) => (end === null ? '–' : duration(end - start)),
      isMinor: true,
    },
    { key: 'nodes', title: 'Nodes', value: ({ nodes }) => nodes },
  ];
  return <Table caption="Events" id="events" columns={columns} rows={events} keyOf={({ id }) => id} />;
}
