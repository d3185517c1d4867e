import { Section } from '../../components/section.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { historyPage } from '../../data/addresses.ts';
import type { JobCounters, UserHistory, UserProjectQueue } from '../../data/status.ts';
import { parameter, setParameters } from '../../navigation.ts';
import { UserHistoryChart } from '../user-history.tsx';

const groupings = [
  ['project', 'Projects'],
  ['user', 'Users'],
] as const;

type Row = Pick<JobCounters, 'running_jobs' | 'pending_jobs' | 'held_jobs' | 'cores_allocated' | 'gpus_allocated'> & {
  readonly name: string;
};

type Props = {
  system: string;
  rows: readonly UserProjectQueue[] | undefined;
  history: UserHistory | null;
  isOld: boolean;
};

/** The users or projects of a system with their jobs, all queues together. A view without names has only projects. */
export function Users({ system, rows, history, isOld }: Props) {
  if (!rows || rows.length === 0) return null;
  const seesNames = rows.every(({ username }) => username !== null);
  const by = seesNames && parameter('by') === 'user' ? 'user' : 'project';
  const columns: readonly Column<Row>[] = [
    {
      key: by,
      title: by === 'user' ? 'User' : 'Project',
      value: ({ name }) => name,
      cell: ({ name }) => <a href={historyPage(system, `${by}s`, name)}>{name}</a>,
    },
    { key: 'running', title: 'Running', value: ({ running_jobs }) => running_jobs },
    { key: 'pending', title: 'Pending', value: ({ pending_jobs }) => pending_jobs },
    { key: 'held', title: 'Held', value: ({ held_jobs }) => held_jobs, isMinor: true },
    { key: 'cores', title: 'Cores used', value: ({ cores_allocated }) => cores_allocated },
    { key: 'gpus', title: 'GPUs used', value: ({ gpus_allocated }) => gpus_allocated, isMinor: true },
  ];
  const summed = sumBy(rows, by === 'user' ? ({ username }) => username ?? '' : ({ project_code }) => project_code);
  return (
    <Section
      id="users"
      title={seesNames ? 'Users and projects' : 'Projects'}
      aside={
        seesNames && (
          <span class="choice">
            {groupings.map(([key, name]) => (
              <button
                key={key}
                type="button"
                class="quiet"
                aria-pressed={by === key}
                onClick={() => setParameters({ by: key === 'project' ? '' : key }, 'replace')}
              >
                {name}
              </button>
            ))}
          </span>
        )
      }
    >
      {history && (
        <div class={isOld ? 'old' : ''} aria-busy={isOld}>
          <UserHistoryChart history={history} />
        </div>
      )}
      <p class="detail gap on-screen">
        <a href={historyPage(system, by === 'user' ? 'users' : 'projects', '')}>
          {by === 'user' ? 'Users' : 'Projects'} over other periods
        </a>
      </p>
      <Table
        caption={`Jobs of ${system} by ${by}`}
        id="users"
        columns={columns}
        rows={summed}
        keyOf={({ name }) => name}
      />
    </Section>
  );
}

function sumBy(rows: readonly UserProjectQueue[], nameOf: (row: UserProjectQueue) => string): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const name = nameOf(row);
    const before = sums.get(name);
    sums.set(name, {
      name,
      running_jobs: row.running_jobs + (before?.running_jobs ?? 0),
      pending_jobs: row.pending_jobs + (before?.pending_jobs ?? 0),
      held_jobs: row.held_jobs + (before?.held_jobs ?? 0),
      cores_allocated: row.cores_allocated + (before?.cores_allocated ?? 0),
      gpus_allocated: row.gpus_allocated + (before?.gpus_allocated ?? 0),
    });
  }
  return [...sums.values()].sort((one, other) => other.cores_allocated - one.cores_allocated);
}
