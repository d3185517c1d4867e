import type { QueueRecord } from '../lib/records.ts';
import type { PbsRecord } from './values.ts';
import { countOf, textOf } from './values.ts';

/** The fields of `qstat -Q -f -F json` that are used. */
export const queueFields: ReadonlySet<string> = new Set(['queue_type', 'enabled', 'started', 'total_jobs']);

/** Parses one queue. Returns a string with the error if the record is wrong. */
export function parseQueue(record: PbsRecord): QueueRecord | string {
  const { fields } = record;
  const type = textOf(fields.get('queue_type'));
  const jobs = countOf(fields.get('total_jobs'));
  if (!type) return 'has no queue_type';
  if (jobs === null) return 'total_jobs is not a count';
  const isTrue = (name: string) => textOf(fields.get(name))?.toLowerCase() === 'true';
  return { name: record.id, type, enabled: isTrue('enabled'), started: isTrue('started'), jobs };
}

const types: ReadonlyMap<string, string> = new Map([
  ['Exe', 'Execution'],
  ['Rou', 'Route'],
]);

/** Parses the table of `qstat -Qa`. Skips lines that are not queues (a server comment, rules). */
export function parseQueueTable(text: string): QueueRecord[] {
  return text.split('\n').flatMap((line) => {
    const [name, , total, enabled, started, ...rest] = line.trim().split(/\s+/);
    const type = rest.at(-1)?.replace('*', '');
    if (!name || rest.length !== 7 || !/^\d+$/.test(total ?? '') || !/^(yes|no)$/.test(enabled ?? '')) return [];
    return [
      {
        name,
        type: types.get(type ?? '') ?? type ?? '',
        enabled: enabled === 'yes',
        started: started === 'yes',
        jobs: Number(total),
      },
    ];
  });
}
