/** Three systems at noon, with outages and reservations that are over, open, ahead or those of others. */

import type { Json } from '../helper.ts';
import { openStatusStore } from './stored.ts';

export const now = new Date('2026-03-01T12:00:00Z');
export const at = (time: string) => `2026-03-01T${time}:00`;
export const user = { username: 'ada', project_code: 'P1', queue_name: 'main', running_jobs: 2, cores_allocated: 8 };

const reservation = (reservation_name: string, start: string, end: string, rest: Json = {}) => ({
  ...{ reservation_name, start_time: at(start), end_time: at(end) },
  ...rest,
});

/** The store, the ids of the outages by their titles, and the answer to the first snapshot of derecho. */
export async function openCurrent() {
  const status = await openStatusStore();
  const ids: Record<string, number> = {};
  const outage = async (name: string, received: string, rest: Json) => {
    ids[name] = await status.outage(at(received), { system_name: 'Derecho', title: name, severity: 'minor', ...rest });
  };
  await outage('over', '09:05', { start_time: at('09:00'), end_time: at('09:30') });
  await outage('long over', '07:05', { start_time: at('07:00'), end_time: at('07:30'), status: 'resolved' });
  await outage('open', '11:30', { start_time: at('11:30'), component: 'GPU nodes', description: 'Hot' });
  await outage('planned', '11:00', { severity: 'maintenance', start_time: at('13:00'), end_time: at('15:00') });
  await outage('elsewhere', '11:45', { system_name: 'cheyenne', severity: 'critical', start_time: at('11:45') });
  const first = await status.snapshot('derecho', at('11:20'), {
    running_jobs: 3,
    user_project_queues: [user],
    reservations: [reservation('later', '18:00', '19:00'), reservation('sooner', '13:00', '14:00')],
  });
  const rest = { node_count: 5, partition: 'main', description: 'R1' };
  await status.snapshot(
    'derecho',
    at('11:56'),
    {
      ...{ running_jobs: 21, pending_jobs: 34, held_jobs: 5, cpu_utilization_percent: 54.5, cpu_nodes_down: 1 },
      ...{ filesystems: [{ filesystem_name: 'f', degraded: true }], user_project_queues: [user] },
      reservations: [
        reservation('over', '09:00', '10:00'),
        reservation('later', '18:00', '19:00'),
        reservation('sooner', '13:00', '14:00', rest),
      ],
    },
    ' nodes , jobs,',
  );
  await status.snapshot('cheyenne', at('11:58'), { reservations: [reservation('other', '12:00', '13:00')] });
  await status.snapshot('jupyterhub', at('11:30'), {
    ...{ available: true, active_users: 8, active_sessions: 9, nodes_total: 4, nodes_free: 3 },
  });
  await status.snapshot('jupyterhub', at('11:49'), { available: true, active_users: 6, active_sessions: 7 });
  return { status, ids, first };
}

export type Current = Awaited<ReturnType<typeof openCurrent>>;
