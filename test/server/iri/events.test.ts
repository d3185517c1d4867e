/** Events, their order and their ids, of stored changes of status. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  eventById,
  eventsOf,
  eventsOfIncident,
  justAfter,
  type KnownEvent,
  shownEvent,
} from '../../../src/server/iri/events.ts';
import { urisFor } from '../../../src/server/iri/uris.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { type StateFilter, storeResources, storeStates } from '../../../src/server/store/resources.ts';
import { freshDatabasePath } from '../helper.ts';
import { at, outageRow, resourceRow, resourceRows, shownData } from './data.ts';

/** Of derecho alone until 9:00; the filesystem goes down with the second outage, and the hub falls silent. */
const data = shownData(
  [
    ...resourceRows,
    resourceRow('silent', { system: 'silent', at: at('09:00'), newest: at('10:50') }),
    resourceRow('mute', { system: 'mute', at: at('08:00'), newest: at('08:50') }),
  ],
  [
    outageRow(9, { start_time: at('13:00') }),
    outageRow(2, { severity: 'critical', component: 'home', start_time: at('10:00'), end_time: at('11:00') }),
    outageRow(1, { system_name: 'silent', start_time: at('11:00') }),
  ],
);
const all: StateFilter = { resource: null, from: null, before: null };
const { path, remove } = freshDatabasePath();
let store: Store;

beforeAll(async () => {
  store = await openStore(path);
  await store.transaction(async (writer) => {
    await storeResources(writer, [...data.resources.values()]);
    await storeStates(writer, [
      { resource: 'derecho', at: at('09:00'), status: 'up' },
      { resource: 'derecho.fs.home', at: at('09:00'), status: 'degraded' },
      { resource: 'derecho.fs.home', at: `${at('10:30')}.500000`, status: 'up' },
      { resource: 'derecho.fs.home', at: at('11:00'), status: 'gone' },
      { resource: 'silent', at: at('09:00'), status: 'up' },
    ]);
  });
});
afterAll(async () => {
  await store.close();
  remove();
});

const line = ({ id, at: time, status, incident }: KnownEvent) => [id, time.slice(11), status, incident].join(' ');
async function lines(filter: Partial<StateFilter> = {}): Promise<string[]> {
  return (await Array.fromAsync(eventsOf(store, data, { ...all, ...filter }))).map(line);
}

describe('events', () => {
  test('are changes of status, silences, and starts and ends of outages, the newest first', async () => {
    expect(await lines()).toEqual([
      'silent.20260301T110000Z 11:00:00 unknown outage.1',
      'outage.1.start.silent 11:00:00 unknown outage.1',
      'outage.2.end.derecho.fs.home 11:00:00 unknown outage.2',
      'derecho.fs.home.20260301T110000Z 11:00:00 unknown outage.2',
      'outage.2.end.derecho 11:00:00 up outage.2',
      'derecho.fs.home.20260301T103000500000Z 10:30:00.500000 down outage.2',
      'outage.2.start.derecho.fs.home 10:00:00 down outage.2',
      'outage.2.start.derecho 10:00:00 degraded outage.2',
      'silent.20260301T090000Z 09:00:00 up ',
      'mute.20260301T090000Z 09:00:00 unknown ',
      'derecho.fs.home.20260301T090000Z 09:00:00 degraded ',
      'derecho.20260301T090000Z 09:00:00 up ',
    ]);
  });

  test('of a resource and a period are those from its start to before its end', async () => {
    expect(await lines({ resource: 'derecho', from: at('10:00') })).toEqual([
      'outage.2.end.derecho 11:00:00 up outage.2',
      'outage.2.start.derecho 10:00:00 degraded outage.2',
    ]);
    expect(await lines({ from: at('09:00'), before: at('10:00'), resource: 'silent' })).toEqual([
      'silent.20260301T090000Z 09:00:00 up ',
    ]);
    expect(await lines({ resource: 'silent', before: at('11:00') })).toHaveLength(1);
    expect(await lines({ resource: 'silent', before: justAfter(at('11:00')) })).toHaveLength(3);
  });

  test('of an incident are its own, the oldest first', async () => {
    const events = await Promise.all(data.outages.map((outage) => eventsOfIncident(store, data, outage)));
    expect(events.map((list) => list.map(({ id }) => id))).toEqual([
      [],
      [
        'outage.2.start.derecho',
        'outage.2.start.derecho.fs.home',
        'derecho.fs.home.20260301T103000500000Z',
        'outage.2.end.derecho',
        'derecho.fs.home.20260301T110000Z',
        'outage.2.end.derecho.fs.home',
      ],
      ['outage.1.start.silent', 'silent.20260301T110000Z'],
    ]);
  });

  test('are each found by their id', async () => {
    for await (const event of eventsOf(store, data, all)) {
      expect(await eventById(store, data, event.id)).toEqual(event);
    }
  });

  test.each([
    'outage.9.start.derecho',
    'outage.1.end.silent',
    'outage.1.start.derecho',
    'outage.2.middle.derecho',
    'xoutage.2.start.derecho',
    'derecho.20260301T090001Z',
    'derecho.20260301T0900Z',
    'derecho.20260230T090000Z',
    'silent.20260301T105959Z',
    'derecho',
  ])('have not the id %s', async (id) => expect(await eventById(store, data, id)).toBeNull());

  test('more than a slice of them are listed once each', async () => {
    const big = freshDatabasePath();
    const other = await openStore(big.path);
    const times = Array.from({ length: 501 }, (_, index) => new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString());
    const rows = times.map((time) => ({ resource: 'derecho', at: time.slice(0, 19), status: 'up' }));
    await other.transaction(async (writer) => {
      await storeResources(writer, [resourceRow('derecho')]);
      await storeStates(writer, rows);
    });
    const events = await Array.fromAsync(eventsOf(other, shownData([]), all));
    await other.close();
    big.remove();
    expect(events.map((event) => event.at)).toEqual(rows.map((row) => row.at).reverse());
  });
});

test('an event is shown with its times, its incident and its URIs', async () => {
  const uris = urisFor({ address: '', isLocal: false, origin: 'https://x.org', prefix: '' }, 'v2');
  const shown = async (id: string) => {
    const event = await eventById(store, data, id);
    return event && shownEvent(event, data, uris);
  };
  const base = 'https://x.org/api/v2/status';
  expect(await shown('outage.2.start.derecho')).toEqual({
    id: 'outage.2.start.derecho',
    name: 'Outage 2',
    description: null,
    last_modified: '2026-03-01T10:00:00Z',
    occurred_at: '2026-03-01T10:00:00Z',
    status: 'degraded',
    self_uri: `${base}/events/outage.2.start.derecho`,
    resource_uri: `${base}/resources/derecho`,
    incident_uri: `${base}/incidents/outage.2`,
  });
  expect(await shown('derecho.20260301T090000Z')).toMatchObject({ name: null, incident_uri: null });
});
