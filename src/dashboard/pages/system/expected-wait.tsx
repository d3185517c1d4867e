import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { expectedWaitSchema } from '../../../server/usage/answers.ts';
import { useData } from '../../data/fetching.ts';
import type { Queue } from '../../data/status.ts';
import { plural } from '../../format/numbers.ts';
import { hoursText } from '../usage/charts.ts';

type Wait = z.infer<typeof expectedWaitSchema>;

const cpuChoices = [1, 8, 32, 128, 512, 2048];

/** The wait that a new job can expect, by queue and size. Nothing is shown for a system without queues. */
export function ExpectedWaitSection({ system, queues }: { system: string; queues: readonly Queue[] }) {
  return queues.length === 0 ? null : <ByQueue system={system} queues={queues} />;
}

function ByQueue({ system, queues }: { system: string; queues: readonly Queue[] }) {
  const busiest = [...queues].sort((one, other) => other.running_jobs - one.running_jobs)[0]?.queue_name ?? '';
  const [queue, setQueue] = useState(busiest);
  const [cpus, setCpus] = useState(1);
  const query = new URLSearchParams({ cluster: system, partition: queue, cpus: String(cpus) });
  const { data, failure } = useData<Wait>(`/api/v1/usage/expected-wait?${query}`);
  return (
    <div class="toolbar wait">
      <strong>Expected wait</strong>
      <label>
        Queue{' '}
        <select value={queue} onChange={(event) => setQueue(event.currentTarget.value)}>
          {queues.map(({ queue_name }) => (
            <option key={queue_name}>{queue_name}</option>
          ))}
        </select>
      </label>
      <label>
        CPUs{' '}
        <select value={cpus} onChange={(event) => setCpus(Number(event.currentTarget.value))}>
          {cpuChoices.map((count) => (
            <option key={count}>{count}</option>
          ))}
        </select>
      </label>
      <span role="status">{data === null ? (failure?.message ?? 'Loading…') : textOf(data)}</span>
    </div>
  );
}

function textOf({ median_hours, p90_hours, jobs, days, size, queued, reason }: Wait): string {
  const alike = `${plural(jobs, 'job')} of ${size} CPUs in the last ${days} days${queued === null ? '' : `, with about ${plural(queued, 'job')} waiting`}`;
  if (median_hours === null || p90_hours === null) return reason ?? `Not enough data: ${alike}.`;
  return `half under ${hoursText(median_hours)}, 90 % under ${hoursText(p90_hours)} (${alike})`;
}
