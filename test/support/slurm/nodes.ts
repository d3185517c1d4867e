import type { Cluster } from './cluster.ts';

/** What operators write as the reason why a node does not work. */
export const awkwardReason = 'bad "disk" | sda,\nsee ticket #12 (it\'s old)';

/** How each node is at the end, in sinfo's short form with its mark; `later01` is not shown before it is there. */
export const nodeStates = {
  c001: 'mix',
  c002: 'mix',
  c003: 'mix',
  c004: 'drng',
  c005: 'drain',
  c006: 'maint',
  c007: 'down*',
  c008: 'resv',
  g01: 'mix',
  g02: 'mix',
  g03: 'mix',
  g04: 'mix',
  gone01: 'down*',
  cloud01: 'mix#',
  cloud02: 'idle~',
} as const;

/** Names of the reservations: two that are active, one of next week. */
export const reservations = {
  maintenance: 'kernel-update',
  course: 'course_2026',
  upgrade: 'upgrade-next-week',
} as const;

/** One node goes away with its jobs. */
export function losePower(cluster: Cluster): void {
  cluster.cutPower('c007');
  cluster.run(['scontrol', 'update', 'NodeName=c007', 'State=DOWN', `Reason=${awkwardReason}`]);
}

/** Takes nodes out of service, and reserves others. */
export function troubleNodes(cluster: Cluster): void {
  const change = (...words: string[]) => cluster.run(['scontrol', ...words]);
  change('update', 'NodeName=c004', 'State=DRAIN', `Reason=${awkwardReason}`);
  change('update', 'NodeName=c005', 'State=DRAIN', 'Reason=fan');
  const reserve = (name: string, start: string, ...words: string[]) =>
    change('create', 'reservation', `Reservation=${name}`, `StartTime=${start}`, 'Duration=1-00:00:00', ...words);
  reserve(reservations.maintenance, 'now', 'Users=root', 'Nodes=c006', 'Flags=MAINT');
  reserve(reservations.course, 'now', 'Accounts=physics', 'Nodes=c008');
  reserve(reservations.upgrade, 'now+7days', 'Users=root,mail', 'Nodes=ALL', 'Flags=MAINT,IGNORE_JOBS');
}
