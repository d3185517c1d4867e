import type { CollectorStatus, StreamStatus } from '../../server/collectors/collector-status.ts';
import { Age } from '../components/age.tsx';
import { Empty, WhenLoaded } from '../components/notice.tsx';
import { Section } from '../components/section.tsx';
import { type Column, Table } from '../components/table.tsx';
import { systemPage } from '../data/addresses.ts';
import { useData } from '../data/fetching.ts';
import { staleMs } from '../data/status.ts';
import { exact, plural } from '../format/numbers.ts';
import { duration, now, parseTime } from '../format/times.ts';

/** The page for operators: what each collector delivers, and what was refused. */
export function Collectors() {
  const loading = useData<readonly CollectorStatus[]>('/api/v1/collectors');
  return (
    <>
      <h1>Collectors</h1>
      <WhenLoaded loading={loading}>
        {(collectors) =>
          collectors.length === 0 ? (
            <Empty>
              No collector has named itself yet. Collectors of version 0.2.0 and newer send their host and version with
              each request.
            </Empty>
          ) : (
            collectors.map((collector) => <Host key={collector.host} collector={collector} />)
          )
        }
      </WhenLoaded>
    </>
  );
}

function Host({ collector }: { collector: CollectorStatus }) {
  const { host, version, waiting, streams } = collector;
  const last = parseTime(collector.last_delivery);
  const isLate = last === null || now.value - last > staleMs;
  return (
    <Section id={`host-${host}`} title={host} aside={`version ${version}`}>
      <p class={isLate ? 'problem' : ''}>
        {last === null ? (
          'Nothing was delivered yet'
        ) : (
          <>
            Last delivery <Age at={last} />
          </>
        )}
        {waiting !== null && waiting > 0 && `, catching up: ${plural(waiting, 'entry', 'entries')} behind`}
        {waiting === 0 && ', nothing pending'}
      </p>
      <Table
        caption={`Streams of ${host}`}
        id={host}
        columns={columns}
        rows={streams}
        keyOf={({ kind, name }) => `${kind} ${name}`}
      />
    </Section>
  );
}

const columns: readonly Column<StreamStatus>[] = [
  {
    key: 'stream',
    title: 'Stream',
    value: ({ kind, name }) => `${kind} ${name ?? ''}`,
    cell: ({ kind, name }) =>
      name === null || kind === 'jobs' ? (
        `${kind} ${name ?? ''}`
      ) : (
        <>
          {kind} <a href={systemPage(name)}>{name}</a>
        </>
      ),
  },
  {
    key: 'last_delivery',
    title: 'Last delivery',
    value: ({ last_delivery }) => last_delivery,
    cell: ({ last_delivery }) => ageOf(last_delivery),
  },
  {
    key: 'delay_seconds',
    title: 'Delay',
    value: ({ delay }) => delay,
    cell: ({ delay }) => (delay === null ? exact(null) : duration(delay * 1000)),
    isMinor: true,
  },
  {
    key: 'failed_probes',
    title: 'Failed probes',
    value: ({ failed_probes }) => failed_probes.join(', '),
    cell: ({ kind, failed_probes }) => failed_probes.join(', ') || (kind === 'status' ? 'none' : exact(null)),
  },
  {
    key: 'refused',
    title: 'Last refusal',
    value: ({ refused }) => refused?.at ?? null,
    cell: ({ refused }) =>
      refused === null ? (
        'none'
      ) : (
        <>
          {ageOf(refused.at)}: HTTP {refused.status}
          {refused.reason !== null && `, ${refused.reason}`}
        </>
      ),
  },
];

function ageOf(text: string | null) {
  const ms = parseTime(text);
  return ms === null ? 'never' : <Age at={ms} />;
}
