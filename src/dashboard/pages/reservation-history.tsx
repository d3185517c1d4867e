import { Age, At } from '../components/age.tsx';
import { Empty, WhenLoaded } from '../components/notice.tsx';
import { Section } from '../components/section.tsx';
import { type Column, Table } from '../components/table.tsx';
import { useData } from '../data/fetching.ts';
import type { ReservationChange, ReservationHistory } from '../data/status.ts';
import { exact } from '../format/numbers.ts';
import { dateTime, duration, now, parseTime } from '../format/times.ts';

/** What snapshots reported about a reservation, from the first to the last. */
export function ReservationHistoryView({ system, name }: { system: string; name: string }) {
  const [inSystem, inName] = [system, name].map(encodeURIComponent);
  const loading = useData<ReservationHistory>(`/api/v1/status/${inSystem}/reservations/${inName}/history`);
  return <WhenLoaded loading={loading}>{(history) => <Parts history={history} name={name} />}</WhenLoaded>;
}

function Parts({ history, name }: { history: ReservationHistory; name: string }) {
  const { changes, last_reported } = history;
  const newest = changes.at(-1);
  const first = changes[0];
  if (!newest || !first) return <Empty>Its changes are older than the history that is kept.</Empty>;
  return (
    <>
      <dl class="pairs">
        <dt>State</dt>
        <dd>{stateOf(newest)}</dd>
        <dt>Time</dt>
        <dd>
          <Time text={newest.start_time} /> to <Time text={newest.end_time} /> (
          {duration((parseTime(newest.end_time) ?? 0) - (parseTime(newest.start_time) ?? 0))})
        </dd>
        <dt>Nodes</dt>
        <dd>{exact(newest.node_count)}</dd>
        {newest.partition && (
          <>
            <dt>Partition</dt>
            <dd>{newest.partition}</dd>
          </>
        )}
        {newest.description && (
          <>
            <dt>Description</dt>
            <dd class="lines-kept">{newest.description}</dd>
          </>
        )}
        <dt>First reported</dt>
        <dd>
          <Time text={first.at} /> (<TimeAge text={first.at} />)
        </dd>
        <dt>Last reported</dt>
        <dd>
          <Time text={last_reported} /> (<TimeAge text={last_reported} />)
        </dd>
      </dl>
      <Section id="changes" title="Changes">
        <Table
          caption={`Changes of the reservation ${name}`}
          id="changes"
          columns={columns}
          rows={changes.map((change, index) => ({ change, before: changes[index - 1] ?? null })).reverse()}
          keyOf={({ change }) => change.at}
        />
        <p class="detail">The time of a change is that of the first snapshot that reported it.</p>
      </Section>
    </>
  );
}

function Time({ text }: { text: string }) {
  const ms = parseTime(text);
  return ms === null ? null : <At at={ms} />;
}

function TimeAge({ text }: { text: string }) {
  const ms = parseTime(text);
  return ms === null ? null : <Age at={ms} />;
}

function stateOf({ start_time, end_time }: ReservationChange) {
  if ((parseTime(end_time) ?? 0) <= now.value) return 'ended';
  if ((parseTime(start_time) ?? 0) <= now.value) return 'running';
  return (
    <>
      begins <TimeAge text={start_time} />
    </>
  );
}

type Row = { readonly change: ReservationChange; readonly before: ReservationChange | null };

const columns: readonly Column<Row>[] = [
  {
    key: 'reported',
    title: 'Reported',
    value: ({ change }) => change.at,
    cell: ({ change }) => <Time text={change.at} />,
  },
  { key: 'change', title: 'Change', value: textOf },
  {
    key: 'start',
    title: 'Begins',
    value: ({ change }) => change.start_time,
    cell: ({ change }) => <Time text={change.start_time} />,
    isMinor: true,
  },
  {
    key: 'end',
    title: 'Ends',
    value: ({ change }) => change.end_time,
    cell: ({ change }) => <Time text={change.end_time} />,
    isMinor: true,
  },
  { key: 'nodes', title: 'Nodes', value: ({ change }) => change.node_count },
  { key: 'partition', title: 'Partition', value: ({ change }) => change.partition ?? '', isMinor: true },
];

/** Returns what changed in words, such as `ends 2 h later; 9 nodes instead of 5`. */
function textOf({ change, before }: Row): string {
  if (before === null) return 'First report';
  const parts = [
    ...(change.silent_since === null ? [] : [silenceText(change.silent_since, change.at)]),
    ...(change.start_time === before.start_time ? [] : [`begins ${shift(before.start_time, change.start_time)}`]),
    ...(change.end_time === before.end_time ? [] : [`ends ${shift(before.end_time, change.end_time)}`]),
    ...(change.node_count === before.node_count
      ? []
      : [`${exact(change.node_count)} nodes instead of ${exact(before.node_count)}`]),
    ...(change.partition === before.partition ? [] : [`partition ${change.partition ?? 'none'}`]),
    ...(change.description === before.description ? [] : [`description ${change.description ?? 'none'}`]),
  ];
  return parts.join('; ');
}

function silenceText(since: string, at: string): string {
  const [from, to] = [parseTime(since) ?? 0, parseTime(at) ?? now.value];
  return `not reported for ${duration(to - from)}, since ${dateTime(from)}`;
}

function shift(before: string, after: string): string {
  const ms = (parseTime(after) ?? 0) - (parseTime(before) ?? 0);
  return `${duration(Math.abs(ms))} ${ms > 0 ? 'later' : 'earlier'}`;
}
