import { printable } from '../../lib/text.ts';
import type { SystemOverview } from '../status/overview.ts';
import type { FeedEvent } from './events.ts';

const width = 79;
const count = new Intl.NumberFormat('en-US');

/**
 * Returns the state of a system as plain text for `/etc/motd`, in lines of at most 79 characters: the state, what is in
 * use, open outages, and what is planned.
 * @param timeZone the IANA zone of the times
 */
export function motd(system: SystemOverview, events: readonly FeedEvent[], timeZone: string, now: Date): string {
  const { name, state, age, figures } = system;
  const mine = events.filter((event) => event.system.toLowerCase() === name.toLowerCase());
  const isOpen = ({ start, end }: FeedEvent) => start <= now.getTime() && (end === null || end > now.getTime());
  const open = mine.filter((event) => event.kind !== 'reservation' && isOpen(event));
  const planned = mine
    .filter(({ start }) => start > now.getTime())
    .sort((one, other) => one.start - other.start)
    .slice(0, 3);
  const time = timeFormat(timeZone);
  const lines = [
    `${name} is ${state} (data of ${Math.round(age / 60)} min ago)`,
    ...use('cores', figures.cpu_cores_allocated, figures.cpu_cores_total),
    ...use('GPUs', figures.gpu_count_allocated, figures.gpu_count_total),
    ...(figures.running_jobs == null
      ? []
      : [`${count.format(figures.running_jobs)} jobs running, ${count.format(figures.pending_jobs ?? 0)} pending`]),
    ...open.map(({ title, end }) => `Now: ${title}${end === null ? '' : `, expected to end ${time(end)}`}`),
    ...planned.map(({ title, start, end }) => `${time(start)}${end === null ? '' : ` to ${time(end)}`}: ${title}`),
  ];
  if (open.length + planned.length > 0) lines.push(`Times are in ${timeZone}.`);
  // A terminal interprets control characters.
  return lines.map((line) => `${printable(line, width)}\n`).join('');
}

function use(unit: string, used: number | null | undefined, total: number | null | undefined): string[] {
  if (used == null || total == null || total === 0) return [];
  return [`${count.format(used)} of ${count.format(total)} ${unit} in use (${Math.round((100 * used) / total)} %)`];
}

function timeFormat(timeZone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  return (ms) => format.format(ms).replace(',', '');
}
