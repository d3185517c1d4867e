import { Damages, type Reading, type ReservationRecord } from '../lib/records.ts';
import { momentInZone } from '../lib/time.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The reservations that `pbs_rstat -f` prints: one block of `name = value` lines each, behind `Resv ID: …`.
 * Its times have no zone: they are read in `timeZone`, the IANA zone of the machine it ran on.
 */
export function parseReservations(text: string, timeZone: string): Reading<ReservationRecord[]> {
  const damaged = new Damages();
  const value: ReservationRecord[] = [];
  for (const match of text.matchAll(/^Resv ID:[ \t]*(.*)\n((?:(?!Resv ID:).*\n?)*)/gm)) {
    const id = match[1]?.trim() ?? '';
    const reservation = parseReservation(id, match[2] ?? '', timeZone);
    if (typeof reservation === 'string') damaged.add({ record: id, byte: match.index, problem: reservation });
    else value.push(reservation);
  }
  return { value, damaged };
}

function parseReservation(id: string, block: string, timeZone: string): ReservationRecord | string {
  const fields = new Map<string, string>();
  for (const line of block.replaceAll('\n\t', '').split('\n')) {
    const equals = line.indexOf(' = ');
    if (equals > 0) fields.set(line.slice(0, equals).trim(), line.slice(equals + 3).trim());
  }
  const start = momentOf(fields.get('reserve_start'), timeZone);
  const end = momentOf(fields.get('reserve_end'), timeZone);
  if (!id) return 'has no id';
  if (!start || !end) return 'reserve_start or reserve_end is no time';
  const named = fields.get('Reserve_Name');
  const count = fields.get('Resource_List.nodect') ?? '';
  return {
    id,
    // PBS prints NULL where none was given; a reservation may really be called `null`.
    name: named && named !== 'NULL' ? named : (fields.get('queue') ?? id),
    start,
    end,
    nodes: /^\d{1,9}$/.test(count) ? Number(count) : null,
    partition: fields.get('partition') ?? null,
  };
}

/** Reads ctime(3) text: `Sat Nov 21 00:39:03 2026`. */
function momentOf(text: string | undefined, timeZone: string): Date | null {
  const parts = /^\w{3} (\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/.exec(text ?? '');
  const month = months.indexOf(parts?.[1] ?? '') + 1;
  if (!parts || month === 0) return null;
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = parts.slice(2).map(Number);
  return momentInZone({ year, month, day, hour, minute, second }, timeZone);
}
