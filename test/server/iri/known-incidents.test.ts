/** Whole incidents of outages and reservations, and the lists that fit a request. */

import { describe, expect, test } from 'bun:test';
import { incidentsFor, shownIncident } from '../../../src/server/iri/incidents.ts';
import {
  incidentOfOutage,
  incidentOfReservation,
  type KnownIncident,
} from '../../../src/server/iri/known-incidents.ts';
import { urisFor } from '../../../src/server/iri/uris.ts';
import type { HistoricOutage } from '../../../src/server/store/outages.ts';
import type { ReservationRow } from '../../../src/server/store/reservations.ts';
import { at, now, outageRow, resourceRow, resourceRows, resourcesOf } from './data.ts';

const resources = resourcesOf([
  ...resourceRows,
  resourceRow('casper', { system: 'casper', name: 'casper' }),
  resourceRow('casper.fs.home', { system: 'casper', kind: 'filesystem', name: 'home' }),
]);

const reservationRow: ReservationRow = {
  ...{ id: 7, system: 'derecho', name: 'R7', description: 'A class', start_time: at('10:00'), end_time: at('14:00') },
  ...{ first_end_time: at('14:00'), node_count: 5, partition: 'main', reported_at: now, created_at: at('08:00') },
  ...{ changed_at: at('09:00'), newest: now, newest_received: now },
};

describe('the incident of an outage', () => {
  test('has its texts and times, its resources and what it does to them', () => {
    const row = outageRow(4, { title: 'Chiller', description: 'No water', component: ' Filesystem HOME ' });
    const of = { incident: 'outage.4', status: 'degraded', from: at('10:00'), until: null } as const;
    expect(incidentOfOutage(row, resources, now)).toEqual({
      id: 'outage.4',
      name: 'Chiller',
      description: 'No water',
      modified: at('10:05'),
      status: 'degraded',
      start: at('10:00'),
      end: null,
      type: 'unplanned',
      resolution: 'unresolved',
      resources: ['derecho', 'derecho.fs.home'],
      effects: [
        { ...of, resource: 'derecho' },
        { ...of, resource: 'derecho.fs.home' },
      ],
    });
  });

  test.each<[component: string | null, parts: readonly string[]]>([
    [null, ['derecho']],
    ['', ['derecho']],
    ['login NODES', ['derecho', 'derecho.login']],
    ['queue main', ['derecho', 'derecho.queue.main']],
    ['main', ['derecho', 'derecho.queue.main']],
    ['filesystem main', ['derecho']],
    ['derecho', ['derecho']],
    ['system derecho', ['derecho']],
  ])('of the component %p is one of %p', (component, parts) => {
    expect(incidentOfOutage(outageRow(1, { component }), resources, now).resources).toEqual([...parts]);
  });

  test('of an unknown system has no resources', () => {
    const row = outageRow(1, { system_name: 'nowhere', component: 'home' });
    expect(incidentOfOutage(row, resources, now)).toMatchObject({ resources: [], effects: [] });
  });

  test.each<[row: Partial<HistoricOutage>, statuses: readonly string[]]>([
    [{ severity: 'critical' }, ['down']],
    [{ severity: 'maintenance' }, ['down']],
    [{ severity: 'minor' }, ['degraded']],
    [{ severity: 'critical', component: 'main' }, ['degraded', 'down']],
    [{ severity: 'minor', component: 'main' }, ['degraded', 'degraded']],
  ])('with %j makes its resources %p', (rest, statuses) => {
    const { effects } = incidentOfOutage(outageRow(1, rest), resources, now);
    expect(effects.map(({ status }) => status)).toEqual([...statuses] as never);
  });

  test.each<[what: string, row: Partial<HistoricOutage>, expected: Partial<KnownIncident>]>([
    ['that ends now', { end_time: now }, { end: now, resolution: 'completed', modified: now }],
    [
      'that ends later',
      { end_time: at('12:01') },
      { end: at('12:01'), resolution: 'unresolved', modified: at('10:05') },
    ],
    ['that starts now', { start_time: now }, { resolution: 'unresolved', modified: now }],
    ['that starts later', { start_time: at('12:01') }, { resolution: 'pending', modified: at('10:05') }],
    ['whose end is before its start', { end_time: at('09:00') }, { end: at('10:00'), resolution: 'completed' }],
    ['that was changed', { updated_at: at('11:00') }, { modified: at('11:00') }],
    [
      'that was resolved when it began',
      { status: 'resolved', end_time: at('10:00') },
      { resolution: 'cancelled', end: at('10:00'), effects: [] },
    ],
    [
      'that was resolved without an end or a change',
      { status: 'resolved' },
      { resolution: 'completed', end: at('10:05'), modified: at('10:05') },
    ],
    [
      'with a later end than at first',
      { end_time: at('15:00'), first_end_time: at('14:00') },
      { resolution: 'extended' },
    ],
    ['with its first end', { end_time: at('15:00'), first_end_time: at('15:00') }, { resolution: 'unresolved' }],
    ['all of whose times are ahead', { start_time: at('13:00'), created_at: at('12:01') }, { modified: now }],
    [
      'that is planned until now',
      { severity: 'maintenance', estimated_resolution: now },
      { type: 'planned', end: null, resolution: 'unresolved' },
    ],
  ])('%s', (_, rest, expected) => expect(incidentOfOutage(outageRow(1, rest), resources, now)).toMatchObject(expected));

  test('affects its resources until its end, but planned maintenance until it is said to be over', () => {
    const until = (rest: Partial<HistoricOutage>) =>
      incidentOfOutage(outageRow(1, rest), resources, now).effects.map((effect) => effect.until);
    expect(until({ end_time: at('15:00') })).toEqual([at('15:00')]);
    expect(until({ severity: 'maintenance', estimated_resolution: at('15:00') })).toEqual([null]);
  });
});

describe('the incident of a reservation', () => {
  test('has its texts and times, and its queue', () => {
    expect(incidentOfReservation(reservationRow, resources, now)).toEqual({
      id: 'reservation.7',
      name: 'R7',
      description: 'A class',
      modified: at('10:00'),
      status: 'up',
      start: at('10:00'),
      end: at('14:00'),
      type: 'reservation',
      resolution: 'unresolved',
      resources: ['derecho.queue.main'],
      effects: [],
    });
  });

  test.each<[what: string, row: Partial<ReservationRow>, expected: Partial<KnownIncident>]>([
    ['without a queue is one of its system', { partition: null }, { resources: ['derecho'] }],
    ['of an unknown queue is one of its system', { partition: 'gone' }, { resources: ['derecho'] }],
    ['of an unknown system has no resources', { system: 'nowhere' }, { resources: [] }],
    ['that ends now', { end_time: now, first_end_time: now }, { resolution: 'completed', modified: now }],
    ['that starts now', { start_time: now }, { resolution: 'unresolved', modified: now }],
    ['that starts later', { start_time: at('12:01') }, { resolution: 'pending', modified: at('09:00') }],
    ['that ends sooner than at first', { end_time: at('13:00') }, { resolution: 'unresolved' }],
    [
      'no longer reported since its start',
      { reported_at: at('10:00') },
      { resolution: 'completed', end: at('10:00'), modified: at('10:00') },
    ],
    [
      'no longer reported for the last half-hour',
      { reported_at: at('11:29') },
      { resolution: 'completed', end: at('11:29'), modified: at('11:29') },
    ],
    ['reported half an hour ago', { reported_at: at('11:30') }, { resolution: 'unresolved', end: at('14:00') }],
    [
      'no longer reported since its end',
      { end_time: at('11:00'), reported_at: at('11:00') },
      { resolution: 'completed', end: at('11:00'), modified: at('11:00') },
    ],
    [
      'cancelled before its start',
      { start_time: at('11:00'), reported_at: at('10:30') },
      { resolution: 'cancelled', end: at('11:00'), modified: at('11:00') },
    ],
  ])('%s', (_, rest, expected) => {
    expect(incidentOfReservation({ ...reservationRow, ...rest }, resources, now)).toMatchObject(expected);
  });
});

describe('a list of incidents', () => {
  const incidents = [
    incidentOfOutage(outageRow(3, { start_time: at('11:00'), description: 'Power and water' }), resources, now),
    incidentOfReservation(reservationRow, resources, now),
    incidentOfOutage(
      outageRow(2, { severity: 'critical', end_time: at('11:00'), updated_at: at('11:01') }),
      resources,
      now,
    ),
  ];
  const ids = (query: Parameters<typeof incidentsFor>[1]) => incidentsFor(incidents, query).map(({ id }) => id);

  test.each<[Parameters<typeof incidentsFor>[1], readonly string[]]>([
    [{}, ['outage.3', 'reservation.7', 'outage.2']],
    [{ name: 'Outage 2' }, ['outage.2']],
    [{ description: 'water' }, ['outage.3']],
    [{ status: 'down' }, ['outage.2']],
    [{ type: 'unplanned' }, ['outage.3', 'outage.2']],
    [{ resolution: 'completed' }, ['outage.2']],
    [{ resource_id: 'derecho' }, ['outage.3', 'outage.2']],
    [{ from: at('11:00') }, ['outage.3']],
    [{ modified_since: at('11:01') }, ['outage.2']],
    [{ modified_since: at('11:00') }, ['outage.3', 'outage.2']],
    [{ to: at('11:00') }, []],
    [{ to: at('11:01') }, ['outage.2']],
    [{ to: at('14:01') }, ['reservation.7', 'outage.2']],
    [{ time: at('10:00') }, ['reservation.7', 'outage.2']],
    [{ time: at('11:00') }, ['outage.3', 'reservation.7']],
    [{ time: at('14:00') }, ['outage.3']],
  ])('that fit %j', (query, expected) => expect(ids(query)).toEqual([...expected]));

  test('shows each with its URIs and those of its events and resources', () => {
    const uris = urisFor({ address: '', isLocal: false, origin: 'https://x.org', prefix: '' }, 'v2');
    const event = { resource: 'derecho', at: at('10:00'), status: 'down', incident: 'outage.2' } as const;
    const events = [
      { id: 'outage.2.start.derecho', ...event },
      { id: 'a b', ...event },
    ];
    const [, , outage] = incidents;
    expect(outage && shownIncident(outage, events, uris)).toEqual({
      id: 'outage.2',
      name: 'Outage 2',
      description: null,
      last_modified: '2026-03-01T11:01:00Z',
      status: 'down',
      start: '2026-03-01T10:00:00Z',
      end: '2026-03-01T11:00:00Z',
      type: 'unplanned',
      resolution: 'completed',
      self_uri: 'https://x.org/api/v2/status/incidents/outage.2',
      event_uris: [
        'https://x.org/api/v2/status/events/outage.2.start.derecho',
        'https://x.org/api/v2/status/events/a%20b',
      ],
      resource_uris: ['https://x.org/api/v2/status/resources/derecho'],
    });
    expect(incidents[0] && shownIncident(incidents[0], [], uris).end).toBeNull();
  });
});
