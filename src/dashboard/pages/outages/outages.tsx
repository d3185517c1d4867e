import { Age, At } from '../../components/age.tsx';
import { WhenLoaded } from '../../components/notice.tsx';
import { Section } from '../../components/section.tsx';
import { StateMark, stateOfSeverity } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { Year } from '../../components/year.tsx';
import { systemPage } from '../../data/addresses.ts';
import { useData } from '../../data/fetching.ts';
import { hasEnded, lengthOf } from '../../data/outages.ts';
import type { Outage, OutageWithUpdates } from '../../data/status.ts';
import { duration, now, parseTime } from '../../format/times.ts';
import { parameter, withParameters } from '../../navigation.ts';
import { Detail } from './detail.tsx';
import { ReportForm } from './report-form.tsx';

/** The answer of `/api/v1/pages/outages`. */
type OutagesData = { readonly outages: readonly Outage[]; readonly chosen: OutageWithUpdates | null };

/** The page with open, planned and past outages. */
export function Outages() {
  const id = parameter('id');
  const loading = useData<OutagesData>(`/api/v1/pages/outages${id === '' ? '' : `?id=${encodeURIComponent(id)}`}`);
  return (
    <>
      <h1>Outages</h1>
      <WhenLoaded loading={loading}>{(data) => <Lists {...data} />}</WhenLoaded>
    </>
  );
}

function Lists({ outages, chosen }: OutagesData) {
  const isPlanned = ({ start_time }: Outage) => (parseTime(start_time) ?? 0) > now.value;
  const current = outages.filter((outage) => !hasEnded(outage));
  const open = current.filter((outage) => !isPlanned(outage));
  const planned = current.filter(isPlanned).reverse();
  const past = outages.filter(hasEnded);
  return (
    <>
      {chosen && <Detail key={chosen.outage_id} outage={chosen} />}
      <Section id="open" title="Open">
        {open.length === 0 ? (
          <p class="empty">
            <StateMark state="up">There is no open outage.</StateMark>
          </p>
        ) : (
          <List outages={open} />
        )}
      </Section>
      {planned.length > 0 && (
        <Section id="planned" title="Planned">
          <List outages={planned} />
        </Section>
      )}
      <Section id="year" title="The last twelve months">
        <Year outages={outages} />
      </Section>
      <Section id="past" title="Past">
        {past.length === 0 ? <p class="empty">No outage has ended yet.</p> : <Past outages={past} />}
      </Section>
      <Section id="report" title="Report">
        <ReportForm />
      </Section>
    </>
  );
}

function List({ outages }: { outages: readonly Outage[] }) {
  return (
    <ul class="problems">
      {outages.map((outage) => (
        <li key={outage.outage_id}>
          <StateMark state={stateOfSeverity(outage.severity)}>
            <a href={withParameters({ id: String(outage.outage_id) })}>
              <strong>
                {outage.system_name}: {outage.title}
              </strong>
            </a>
            <Facts outage={outage} />
          </StateMark>
        </li>
      ))}
    </ul>
  );
}

function Facts({ outage }: { outage: Outage }) {
  const start = parseTime(outage.start_time);
  const expected = parseTime(outage.estimated_resolution);
  const isFuture = start !== null && start > now.value;
  return (
    <span class="detail block">
      {outage.severity}
      {!isFuture && `, ${outage.status}`}
      {outage.component && `, ${outage.component}`}
      {start !== null && (
        <>
          , {isFuture ? 'begins' : 'began'} <At at={start} /> (<Age at={start} />)
        </>
      )}
      {expected !== null && (
        <>
          , expected to end <At at={expected} />
        </>
      )}
    </span>
  );
}

function Past({ outages }: { outages: readonly Outage[] }) {
  const columns: readonly Column<Outage>[] = [
    {
      key: 'title',
      title: 'Outage',
      value: ({ title }) => title,
      cell: ({ title, outage_id }) => <a href={withParameters({ id: String(outage_id) })}>{title}</a>,
    },
    {
      key: 'system',
      title: 'System',
      value: ({ system_name }) => system_name,
      cell: ({ system_name }) => <a href={systemPage(system_name.toLowerCase())}>{system_name}</a>,
    },
    { key: 'component', title: 'Component', value: ({ component }) => component ?? 'all', isMinor: true },
    {
      key: 'severity',
      title: 'Severity',
      value: ({ severity }) => severity,
      cell: ({ severity }) => <StateMark state={stateOfSeverity(severity)}>{severity}</StateMark>,
      isMinor: true,
    },
    {
      key: 'start',
      title: 'Began',
      value: ({ start_time }) => start_time,
      cell: ({ start_time }) => <At at={parseTime(start_time) ?? 0} />,
    },
    {
      key: 'seconds',
      title: 'Lasted',
      value: (outage) => lengthOf(outage) / 1000,
      cell: (outage) => duration(lengthOf(outage)),
    },
  ];
  return (
    <Table
      caption="Past outages"
      id="past"
      columns={columns}
      rows={outages}
      keyOf={({ outage_id }) => String(outage_id)}
    />
  );
}
