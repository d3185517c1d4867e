import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { lostSchema, outageCostsSchema } from '../../../server/usage/answers.ts';
import { At } from '../../components/age.tsx';
import { Section } from '../../components/section.tsx';
import { StateMark, stateOfSeverity } from '../../components/state.tsx';
import { systemPage } from '../../data/addresses.ts';
import { RequestFailed, reloadAll, request, useData } from '../../data/fetching.ts';
import { endOf, hasEnded, lengthOf } from '../../data/outages.ts';
import { mayReportOutages, useSession } from '../../data/session.ts';
import type { Outage, OutageUpdate, OutageWithUpdates } from '../../data/status.ts';
import { plural, short } from '../../format/numbers.ts';
import { commandLine } from '../../format/shell.ts';
import { duration, parseTime } from '../../format/times.ts';
import { withParameters } from '../../navigation.ts';
import { refusalOf, textOf, timeOf } from './report-form.tsx';

/** One outage in full. */
export function Detail({ outage }: { outage: OutageWithUpdates }) {
  const session = useSession();
  const start = parseTime(outage.start_time);
  const end = parseTime(outage.end_time);
  const expected = parseTime(outage.estimated_resolution);
  return (
    <Section
      id="outage"
      title={`${outage.system_name}: ${outage.title}`}
      aside={<a href={withParameters({ id: '' })}>Close</a>}
    >
      <dl class="pairs">
        <dt>Severity</dt>
        <dd>
          <StateMark state={stateOfSeverity(outage.severity)}>{outage.severity}</StateMark>
        </dd>
        <dt>Status</dt>
        <dd>{outage.status}</dd>
        <dt>Affected</dt>
        <dd>
          <a href={systemPage(outage.system_name.toLowerCase())}>{outage.system_name}</a>
          {outage.component && `, ${outage.component}`}
        </dd>
        <dt>Time</dt>
        <dd>
          {start !== null && <At at={start} />}
          {end !== null && (
            <>
              {' '}
              to <At at={end} />
            </>
          )}
          {start !== null && ` (${duration(lengthOf(outage))}${end === null ? ' so far' : ''})`}
        </dd>
        {expected !== null && (
          <>
            <dt>Expected end</dt>
            <dd>
              <At at={expected} />
            </dd>
          </>
        )}
        {outage.description && (
          <>
            <dt>Description</dt>
            <dd class="lines-kept">{outage.description}</dd>
          </>
        )}
      </dl>
      <Cost outage={outage} />
      <Updates updates={outage.updates} />
      {!hasEnded(outage) && mayReportOutages(session) && <UpdateForm outage={outage} />}
    </Section>
  );
}

type Costs = z.infer<typeof outageCostsSchema>;
type Lost = z.infer<typeof lostSchema>;

/** What jobs lost in the outage, if the receiver has the finished jobs of the system. */
function Cost({ outage }: { outage: Outage }) {
  const start = parseTime(outage.start_time) ?? 0;
  const dates = [start, Math.max(start, endOf(outage))].map((at) => new Date(at).toISOString().slice(0, 10));
  const query = new URLSearchParams({ cluster: outage.system_name, from: dates[0] ?? '', to: dates[1] ?? '' });
  const { data } = useData<Costs>(`/api/v1/usage/outages?${query}`);
  const cost = data?.outages.find(({ outage_id }) => outage_id === outage.outage_id)?.cost;
  if (!cost) return null;
  if (cost.node_fail.jobs + cost.failed_or_cancelled.jobs === 0) {
    return <p class="gap">No finished job failed or was cancelled meanwhile.</p>;
  }
  return (
    <p class="gap">
      Jobs that ended meanwhile: {lostText(cost.node_fail)} because a node failed, and{' '}
      {lostText(cost.failed_or_cancelled)} as failed or cancelled, some of which without the outage too.
    </p>
  );
}

function lostText({ jobs, cpu_hours, gpu_hours }: Lost): string {
  if (jobs === 0) return 'none';
  const gpus = gpu_hours > 0 ? ` and ${short(gpu_hours)} GPU hours` : '';
  return `${plural(jobs, 'job')} with ${short(cpu_hours)} CPU hours${gpus}`;
}

/** What was reported when, the newest first. */
function Updates({ updates }: { updates: readonly OutageUpdate[] }) {
  const later = updates.slice(1).reverse();
  if (later.length === 0) return null;
  return (
    <>
      <h3 class="gap">Updates</h3>
      <ol class="updates">
        {later.map(({ at, by, changes }) => (
          <li key={at}>
            <At at={parseTime(at) ?? 0} /> {by !== undefined && <span class="muted">by {by}</span>}
            <ul class="bullets">
              {Object.entries(changes).map(([field, value]) => (
                <li key={field}>
                  {field.replaceAll('_', ' ')}: {shownValue(field, value)}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </>
  );
}

function shownValue(field: string, value: string | null) {
  if (value === null) return 'none';
  const ms = field.endsWith('_time') || field === 'estimated_resolution' ? parseTime(value) : null;
  return ms === null ? value : <At at={ms} />;
}

const statuses = ['investigating', 'identified', 'monitoring'] as const;

function UpdateForm({ outage }: { outage: Outage }) {
  const [problem, setProblem] = useState<string | null>(null);
  const change = async (changes: Readonly<Record<string, unknown>>) => {
    try {
      await request(`/api/v1/status/outages/${outage.outage_id}`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(changes),
      });
      setProblem(null);
      reloadAll();
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      setProblem(refusalOf(error));
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = new FormData(event.currentTarget);
    const expected = timeOf(form, 'end');
    void change({
      status: textOf(form, 'status'),
      description: textOf(form, 'description'),
      ...(expected === null ? {} : { estimated_resolution: expected }),
    });
  };
  return (
    <details>
      <summary>Update or resolve</summary>
      <form class="form" onSubmit={submit}>
        <label>
          Status
          <select name="status">
            {statuses.map((status) => (
              <option key={status} value={status} selected={status === outage.status}>
                {status}
              </option>
            ))}
          </select>
        </label>
        <label>
          Expected end (in the time zone of this browser)
          <input name="end" type="datetime-local" />
        </label>
        <label class="wide">
          Description
          <textarea name="description" defaultValue={outage.description ?? ''} />
        </label>
        <div class="wide">
          <button type="submit" class="primary">
            Update
          </button>{' '}
          <button type="button" onClick={() => void change({ status: 'resolved' })}>
            Resolve
          </button>{' '}
          {problem && (
            <span class="problem" role="alert">
              {problem}
            </span>
          )}
        </div>
        <div class="wide">
          <p class="detail">
            The same from the collector's host that reported it, where <code>hpc-collector outage ls</code> shows the
            key:
          </p>
          <pre tabIndex={0}>
            {commandLine(['hpc-collector', 'outage', 'update', 'KEY', '--status', 'identified'])}
            {'\n'}
            {commandLine(['hpc-collector', 'outage', 'resolve', 'KEY'])}
          </pre>
        </div>
      </form>
    </details>
  );
}
