import { Damages, type Reading, type ReservationRecord } from '../lib/records.ts';
import { timesInZone } from '../lib/time.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** States (pbs_rstat(1B)) of reservations that have no nodes yet or no longer. They are not reported. */
const notReported = /^RESV_(NONE|UNCONFIRMED|FINISHED|BEING_DELETED|DELETED|DELETING_JOBS)$/;

/**
 * Parses the reservations of `pbs_rstat -f`. Each is a block of `name = value` lines after `Resv ID: …`. The times have no
 * zone: they are read in `timeZone`, the IANA zone of the machine that ran the command.
 */
export function parseReservations(text: string, timeZone: string): Reading<ReservationRecord[]> {
  const damaged = new Damages();
  const value: ReservationRecord[] = [];
  for (const match of text.matchAll(/^Resv ID:[ \t]*(.*)\n((?:(?!Resv ID:).*\n?)*)/gm)) {
    const id = match[1]?.trim() ?? '';
    const fields = fieldsOf(match[2] ?? '');
    if (notReported.test(fields.get('reserve_state') ?? '')) continue;
    const reservation = parseReservation(id, fields, timeZone);
    if (typeof reservation === 'string') damaged.add({ record: id, byte: match.index, problem: reservation });
    else value.push(reservation);
  }
  return { value, damaged };
}

function fieldsOf(block: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.replaceAll('\n\t', '').split('\n')) {
    const equals = line.indexOf(' = ');
    if (equals > 0) fields.set(line.slice(0, equals).trim(), line.slice(equals + 3).trim());
  }
  return fields;
}

function parseReservation(
  id: string,
  fields: ReadonlyMap<string, string>,
  timeZone: string,
): ReservationRecord | string {
  const starts = timesIn(fields.get('reserve_start'), timeZone);
  const ends = timesIn(fields.get('reserve_end'), timeZone);
  if (!id) return 'has no id';
  const times = timesOf(starts, ends, fields.get('reserve_duration'));
  if (times === null) return 'reserve_start or reserve_end is not a time';
  if (times.end < times.start) return 'reserve_end is before reserve_start';
  const named = fields.get('Reserve_Name');
  return {
    id,
    // PBS prints NULL if there is no name. A reservation may have the name `null`.
    name: named && named !== 'NULL' ? named : (fields.get('queue') ?? id),
    ...times,
    nodes: nodeCountOf(fields),
    partition: fields.get('partition') ?? null,
  };
}

/**
 * Returns the start and the end. A time occurs twice when the clocks go back: chooses the pair that is `duration` seconds
 * apart, else the first pair in order.
 */
function timesOf(
  starts: readonly Date[],
  ends: readonly Date[],
  duration: string | undefined,
): { readonly start: Date; readonly end: Date } | null {
  const seconds = /^\d{1,9}$/.test(duration ?? '') ? Number(duration) : null;
  const pairs = starts.flatMap((start) => ends.map((end) => ({ start, end })));
  const apart = pairs.find(({ start, end }) => end.getTime() - start.getTime() === (seconds ?? -1) * 1000);
  return apart ?? pairs.find(({ start, end }) => end >= start) ?? pairs[0] ?? null;
}

/**
 * Returns `Resource_List.nodect`, else the number of hosts in `resv_nodes`: `(dec0001:ncpus=128)+(dec0002:ncpus=128)`. Returns
 * null if neither is known.
 */
function nodeCountOf(fields: ReadonlyMap<string, string>): number | null {
  const count = fields.get('Resource_List.nodect') ?? '';
  if (/^\d{1,9}$/.test(count)) return Number(count);
  const vnodes = fields.get('resv_nodes')?.match(/(?<=^|[(+])[^():+]+/g) ?? [];
  const hosts = new Set(vnodes.map((vnode) => vnode.replace(/\[\d+\]$/, '')));
  return hosts.size > 0 ? hosts.size : null;
}

/** Parses ctime(3) text: `Sat Nov 21 00:39:03 2026`. Returns two times if the clocks show that time twice. */
function timesIn(text: string | undefined, timeZone: string): readonly Date[] {
  const parts = /^\w{3} (\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/.exec(text ?? '');
  const month = months.indexOf(parts?.[1] ?? '') + 1;
  if (!parts || month === 0) return [];
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = parts.slice(2).map(Number);
  return timesInZone({ year, month, day, hour, minute, second }, timeZone);
}
