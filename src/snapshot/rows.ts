import type { BatchSystem } from '../config/system.ts';
import type {
  FilesystemRecord,
  LoginNodeRecord,
  QueueRecord,
  ReservationRecord,
  UnavailablePart,
} from '../lib/records.ts';
import { naiveUtc } from '../lib/time.ts';
import { cutName, type nameLimits, withoutControls } from './limits.ts';
import { rounded } from './numbers.ts';

type Row = Record<string, unknown>;

/** Returns the row of a login node. `load_*` is raw or in percent of its CPUs, with two decimals. */
export function loginNodeRow(
  node: BatchSystem['login_nodes'][number],
  found: LoginNodeRecord | UnavailablePart,
  loadAs: BatchSystem['load_as'],
): Row {
  const name = { node_name: node.name, ...(node.type === undefined ? {} : { node_type: node.type }) };
  if ('unavailable' in found) {
    return {
      ...name,
      available: false,
      degraded: true,
      user_count: null,
      load_1min: null,
      load_5min: null,
      load_15min: null,
    };
  }
  const [load1, load5, load15] = found.load.map((load) =>
    rounded(loadAs === 'percent' ? (load / found.cpus) * 100 : load, 2),
  );
  return {
    ...name,
    available: true,
    degraded: false,
    user_count: found.users,
    num_cpus: found.cpus,
    load_1min: load1,
    load_5min: load5,
    load_15min: load15,
  };
}

const tebibyte = 1024 ** 4;

/** Returns the row of a filesystem: sizes in TiB with six decimals (1 MiB), percent of size and of inodes with two decimals. */
export function filesystemRow(name: string, found: FilesystemRecord | UnavailablePart, degradedAbove: number): Row {
  if ('unavailable' in found) {
    return {
      filesystem_name: name,
      available: false,
      degraded: false,
      capacity_tb: null,
      used_tb: null,
      utilization_percent: null,
    };
  }
  const used = (found.usedBytes / found.sizeBytes) * 100;
  return {
    filesystem_name: name,
    available: true,
    degraded: used > degradedAbove,
    capacity_tb: rounded(found.sizeBytes / tebibyte, 6),
    used_tb: rounded(found.usedBytes / tebibyte, 6),
    utilization_percent: rounded(used, 2),
    ...(found.inodes === null || found.inodesUsed === null
      ? {}
      : {
          capacity_inodes: found.inodes,
          used_inodes: found.inodesUsed,
          inodes_utilization_percent: rounded((found.inodesUsed / found.inodes) * 100, 2),
        }),
  };
}

/** Returns the row of a queue's definition with its number of jobs. */
export function queueDefinitionRow(queue: QueueRecord, jobs: number): Row {
  return {
    queue_name: cutName(queue.name, 'queue_name'),
    queue_type: cutName(queue.type, 'queue_type'),
    enabled: queue.enabled,
    started: queue.started,
    total_jobs: jobs,
  };
}

/**
 * Returns the rows of reservations. The API keeps one reservation for each name, so only the earliest of several with
 * the same name is sent.
 */
export function reservationRows(reservations: readonly ReservationRecord[], systemName: string): Row[] {
  const byName = new Map<string, ReservationRecord>();
  for (const reservation of reservations) {
    const name = cutName(reservation.name, 'reservation_name');
    const other = byName.get(name);
    if (!other || reservation.start < other.start) byName.set(name, reservation);
  }
  return [...byName].map(([name, reservation]) => ({
    system_name: systemName,
    reservation_name: name,
    description: withoutControls(reservation.id),
    start_time: naiveUtc(reservation.start),
    end_time: naiveUtc(reservation.end),
    node_count: reservation.nodes,
    partition: reservation.partition === null ? null : cutName(reservation.partition, 'partition'),
  }));
}

/** Truncates the names in rows to the API's lengths and adds up the counters of rows that then have the same names. */
export function withCutNames<R extends object>(
  rows: readonly R[],
  keys: readonly (keyof R & keyof typeof nameLimits)[],
): R[] {
  const merged = new Map<string, R>();
  for (const row of rows) {
    const cut = { ...row };
    for (const key of keys) Object.assign(cut, { [key]: cutName(String(row[key]), key) });
    const id = keys.map((key) => cut[key]).join('\n');
    const other = merged.get(id);
    merged.set(id, other ? added(other, cut) : cut);
  }
  return [...merged.values()];
}

function added<R extends object>(one: R, other: R): R {
  const sum = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before: unknown = Reflect.get(one, key);
    if (typeof value === 'number' && typeof before === 'number') Object.assign(sum, { [key]: before + value });
  }
  return sum;
}
