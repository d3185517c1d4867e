import { afterAll, beforeAll, expect, test } from 'bun:test';
import {
  incidentOfOutage,
  incidentOfReservation,
  type KnownIncident,
} from '../../../src/server/iri/known-incidents.ts';
import type { HistoricOutage } from '../../../src/server/store/outages.ts';
import type { ReservationRow } from '../../../src/server/store/reservations.ts';
import { type Json, overEngines } from '../helper.ts';
import { ago, filesystem, type IriReceiver, startIri } from './helper.ts';

const noon = '2026-03-01T12:00:00';
const [before, after, later] = ['2026-03-01T10:00:00', '2026-03-01T14:00:00', '2026-03-01T16:00:00'];

const outage: HistoricOutage = {
  outage_id: 1,
  system_name: 'derecho',
  title: 'Outage',
  severity: 'major',
  status: 'investigating',
  component: null,
  description: null,
  start_time: before,
  end_time: null,
  estimated_resolution: null,
  created_at: before,
  updated_at: null,
  first_end_time: null,
};
const maintenance = { ...outage, severity: 'maintenance' };
const reservation: ReservationRow = {
  id: 1,
  system: 'derecho',
  name: 'R1',
  description: null,
  start_time: before,
  end_time: after,
  first_end_time: after,
  node_count: null,
  partition: null,
  reported_at: noon,
  created_at: before,
  changed_at: before,
  newest: noon,
  newest_received: noon,
};

const shown = ({ type, status, resolution, end }: KnownIncident): unknown[] => [type, status, resolution, end];

test.each<[what: string, row: HistoricOutage, incident: readonly unknown[]]>([
  ['open', outage, ['unplanned', 'degraded', 'unresolved', null]],
  ['critical', { ...outage, severity: 'critical' }, ['unplanned', 'down', 'unresolved', null]],
  [
    'with a past end',
    { ...outage, end_time: '2026-03-01T11:00:00' },
    ['unplanned', 'degraded', 'completed', '2026-03-01T11:00:00'],
  ],
  [
    'resolved without an end',
    { ...outage, status: 'resolved', updated_at: noon },
    ['unplanned', 'degraded', 'completed', noon],
  ],
  ['with an estimate', { ...outage, estimated_resolution: after }, ['unplanned', 'degraded', 'unresolved', null]],
  ['planned', { ...maintenance, start_time: after }, ['planned', 'down', 'pending', null]],
  [
    'planned with an estimate',
    { ...maintenance, start_time: after, estimated_resolution: later, first_end_time: later },
    ['planned', 'down', 'pending', later],
  ],
  [
    'planned and begun',
    { ...maintenance, estimated_resolution: after, first_end_time: after },
    ['planned', 'down', 'unresolved', after],
  ],
  [
    'planned and not over when estimated',
    { ...maintenance, estimated_resolution: before, first_end_time: before },
    ['planned', 'down', 'unresolved', null],
  ],
  [
    'planned and moved',
    { ...maintenance, estimated_resolution: later, first_end_time: after },
    ['planned', 'down', 'extended', later],
  ],
  [
    'resolved before its start',
    { ...maintenance, start_time: after, status: 'resolved', end_time: noon },
    ['planned', 'down', 'cancelled', after],
  ],
])('an outage that is %s', (_, row, incident) => {
  expect(shown(incidentOfOutage(row, new Map(), noon))).toEqual([...incident]);
});

test.each<[what: string, row: ReservationRow, incident: readonly unknown[]]>([
  ['current', reservation, ['reservation', 'up', 'unresolved', after]],
  [
    'ahead',
    { ...reservation, start_time: after, end_time: later, first_end_time: later },
    ['reservation', 'up', 'pending', later],
  ],
  ['over', { ...reservation, end_time: before }, ['reservation', 'up', 'completed', before]],
  ['moved', { ...reservation, end_time: later }, ['reservation', 'up', 'extended', later]],
  [
    'no longer reported before its start',
    { ...reservation, start_time: after, end_time: later, reported_at: before },
    ['reservation', 'up', 'cancelled', after],
  ],
  [
    'no longer reported after its start',
    { ...reservation, reported_at: '2026-03-01T11:00:00' },
    ['reservation', 'up', 'completed', '2026-03-01T11:00:00'],
  ],
  [
    'of a system whose snapshots were deleted',
    { ...reservation, newest: null },
    ['reservation', 'up', 'completed', noon],
  ],
])('a reservation that is %s', (_, row, incident) => {
  expect(shown(incidentOfReservation(row, new Map(), noon))).toEqual([...incident]);
});

overEngines((engine) => {
  let receiver: IriReceiver;
  beforeAll(async () => {
    receiver = await startIri(engine);
  });
  afterAll(() => receiver.remove());

  const incident = (id: string): Promise<Json> => receiver.shown(`status/incidents/${id}`);
  const ending = (uris: unknown) => (uris as string[]).map((uri) => uri.replace(/.*\//, ''));

  /** The statuses in the events of a resource, oldest first. */
  async function events(resource: string): Promise<unknown[]> {
    const found = await receiver.listed(`status/events?resource_id=${resource}`);
    return found.reverse().map(({ occurred_at: at, status }) => [String(at).slice(0, -1), status]);
  }

  test('an outage is an incident of its system', async () => {
    await receiver.snapshot('whole', 5);
    await receiver.snapshot('whole', 0);
    const outage = { system_name: 'Whole', title: 'Power', severity: 'critical', description: 'No power in row 3' };
    const id = await receiver.outage({ ...outage, start_time: ago(3) });
    expect(await incident(id)).toMatchObject({ id, name: 'Power', description: 'No power in row 3', status: 'down' });
    expect(ending((await incident(id)).resource_uris)).toEqual(['whole']);
    expect(ending((await incident(id)).event_uris)).toEqual([`${id}.start.whole`]);
    expect(await events('whole')).toEqual([
      [ago(5), 'up'],
      [ago(3), 'down'],
    ]);
    expect(await receiver.shown('status/resources/whole')).toMatchObject({ current_status: 'down' });
  });

  test.each([
    ['Login nodes', 'parts.login'],
    ['Filesystem scratch', 'parts.fs.scratch'],
    ['SCRATCH', 'parts.fs.scratch'],
    ['Queue main', 'parts.queue.main'],
    ['Compute nodes', null],
  ])('an outage of the component %p is one of %p and its system', async (component, part) => {
    await receiver.snapshot('parts', 0, {
      login_nodes: [{ node_name: 'parts1' }],
      filesystems: [filesystem('scratch')],
      queues: [{ queue_name: 'main' }],
      queue_definitions: [{ queue_name: 'main', enabled: true, started: true }],
      timestamp: `${ago(0)}.${(component.length + 100).toString()}`,
    });
    const id = await receiver.outage({ system_name: 'parts', component, severity: 'critical' });
    expect(ending((await incident(id)).resource_uris)).toEqual(['parts', ...(part === null ? [] : [part])]);
    expect(await receiver.shown('status/resources/parts')).toMatchObject({ current_status: 'degraded' });
    if (part === null) return;
    expect(await receiver.shown(`status/resources/${part}`)).toMatchObject({ current_status: 'down' });
  });

  test('after the end of an outage the status is that of the snapshots', async () => {
    for (const minutes of [20, 15, 10, 5, 0]) {
      await receiver.snapshot('ended', minutes, { filesystems: [filesystem('scratch', { degraded: minutes < 10 })] });
    }
    const about = { system_name: 'ended', severity: 'critical', component: 'scratch' };
    const id = await receiver.outage({ ...about, start_time: ago(18), end_time: ago(2), status: 'resolved' });
    expect(await events('ended.fs.scratch')).toEqual([
      [ago(20), 'up'],
      [ago(18), 'down'],
      [ago(5), 'down'],
      [ago(2), 'degraded'],
    ]);
    expect(ending((await incident(id)).event_uris)).toHaveLength(6);
  });

  test('the recovery with which an outage ends is an event of it', async () => {
    for (const minutes of [20, 15, 10]) {
      await receiver.snapshot('recovers', minutes, {
        filesystems: [filesystem('home', { available: minutes !== 15 })],
      });
    }
    const about = { system_name: 'recovers', component: 'home', start_time: ago(15), end_time: ago(10) };
    const id = await receiver.outage({ ...about, status: 'resolved' });
    const [last] = await receiver.listed(`status/events?resource_id=recovers.fs.home&time=${ago(10)}`);
    expect(last).toMatchObject({ status: 'up', incident_uri: expect.stringContaining(id) });
    expect((await incident(id)).event_uris).toContain(last?.self_uri);
  });

  test('an outage that degrades a silent system does not make its status known', async () => {
    await receiver.snapshot('mute', 60);
    await receiver.outage({ system_name: 'mute', start_time: ago(40), end_time: ago(20) });
    expect(await events('mute')).toEqual([
      [ago(60), 'up'],
      [ago(50), 'unknown'],
      [ago(40), 'unknown'],
      [ago(20), 'unknown'],
    ]);
  });

  test('an outage that has not begun, or was cancelled, has no events', async () => {
    await receiver.snapshot('ahead', 0);
    const planned = { system_name: 'ahead', severity: 'maintenance', start_time: ago(-60) };
    const ids = [
      await receiver.outage(planned),
      await receiver.outage({ ...planned, status: 'resolved', end_time: ago(1) }),
    ];
    for (const id of ids) expect(await incident(id)).toMatchObject({ event_uris: [] });
    expect(await receiver.shown('status/resources/ahead')).toMatchObject({ current_status: 'up' });
  });

  test('a later end of an outage or reservation extends it, and sets last_modified', async () => {
    const about = { system_name: 'moved', outage_key: 'moved', severity: 'maintenance', start_time: ago(10) };
    await receiver.outage({ ...about, estimated_resolution: ago(-10), outage_reported_at: ago(9) });
    const id = await receiver.outage({ ...about, estimated_resolution: ago(-30), outage_reported_at: ago(8) });
    expect(await incident(id)).toMatchObject({ resolution: 'extended', end: `${ago(-30)}Z` });

    const reserved = (minutes: number, start: number, end: number) =>
      receiver.snapshot('moved', minutes, {
        reservations: [{ reservation_name: 'weekly', start_time: ago(start), end_time: ago(end) }],
      });
    const shownNow = async () => {
      const [found] = await receiver.listed('status/incidents?name=weekly');
      return [found?.resolution, found?.end, found?.last_modified];
    };
    await reserved(15, 20, -10);
    await reserved(10, 20, -10);
    expect(await shownNow()).toEqual(['unresolved', `${ago(-10)}Z`, `${ago(15)}Z`]);
    await reserved(5, 20, -20);
    expect(await shownNow()).toEqual(['extended', `${ago(-20)}Z`, `${ago(5)}Z`]);
    // The next one with the name begins after the end of the last.
    await reserved(0, -60, -90);
    expect(await shownNow()).toEqual(['pending', `${ago(-90)}Z`, `${ago(0)}Z`]);
  });

  test('the status of a resource is that of its last event', async () => {
    for (const { id, current_status: status, last_modified: at } of await receiver.listed('status/resources')) {
      const [last] = await receiver.listed(`status/events?limit=1&resource_id=${id}`);
      expect({ id, status, at }).toEqual({ id, status: last?.status, at: last?.occurred_at });
    }
  });

  test('the system has the state that /api/v1/systems shows', async () => {
    const response = await fetch(`${receiver.url}/api/v1/systems`);
    const systems = (await response.json()) as Json[];
    expect(systems.length).toBeGreaterThan(4);
    for (const { name, state } of systems) {
      expect(await receiver.shown(`status/resources/${name}`)).toMatchObject({ id: name, current_status: state });
    }
  });

  test('a resource is listed until 30 days after it was last seen, and stays an object', async () => {
    const day = 24 * 60;
    await receiver.snapshot('old', 31 * day, { filesystems: [filesystem('scratch')] });
    await receiver.snapshot('older-part', 32 * day, { filesystems: [filesystem('a'), filesystem('b')] });
    await receiver.snapshot('older-part', 31 * day, { filesystems: [filesystem('b')] });
    await receiver.snapshot('older-part', 0, { filesystems: [filesystem('b')] });
    const listed = (await receiver.ids('status/resources')).filter((id) => String(id).startsWith('old'));
    expect(listed).toEqual(['older-part', 'older-part.fs.b']);
    for (const id of ['old.fs.scratch', 'older-part.fs.a']) {
      expect(await receiver.shown(`status/resources/${id}`)).toMatchObject({ id, current_status: 'unknown' });
    }
  });
});
