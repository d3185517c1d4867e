/** Resources, the facility and its site, as both versions of the API show them. */

import { describe, expect, test } from 'bun:test';
import { shownFacility, shownSite } from '../../../src/server/iri/facility.ts';
import { knownResource } from '../../../src/server/iri/known-resources.ts';
import { resourcesFor, shownResource } from '../../../src/server/iri/resources.ts';
import { currentStatus, incidentAt, withEffects } from '../../../src/server/iri/shown-data.ts';
import { urisFor } from '../../../src/server/iri/uris.ts';
import type { SystemState } from '../../../src/server/status/state.ts';
import type { ResourceRow } from '../../../src/server/store/resources.ts';
import { at, now, outageRow, resourceRow, resourceRows, shownData } from './data.ts';
import { settings } from './helper.ts';

const client = { address: '203.0.113.7', isLocal: false, origin: 'https://x.org', prefix: '/hpc' };
const uris = urisFor(client, 'v2');
const base = 'https://x.org/hpc/api/v2';

describe('a resource', () => {
  test.each([
    ['derecho', 'derecho', 'Batch system derecho', null, 'compute', 'compute:system'],
    ['derecho.fs.home', 'home', 'Filesystem home of derecho', 'derecho', 'storage', 'storage:filesystem'],
    ['derecho.login', 'derecho login nodes', 'Login nodes of derecho', 'frontend', 'service', 'service'],
    ['derecho.queue.main', 'main', 'Queue main of derecho', 'derecho', 'compute', 'compute'],
    ['hub', 'hub', 'JupyterHub hub', null, 'service', 'service'],
  ])('%s has its texts, its type and its URIs', (id, name, description, group, v1, v2) => {
    const isQueue = id === 'derecho.queue.main';
    const shown = {
      ...{ id, name, description, group, last_modified: isQueue ? '2026-03-01T09:30:00Z' : '2026-03-01T09:00:00Z' },
      ...{ current_status: isQueue ? 'degraded' : 'up', resource_type: `urn:doe-iri:resource:${v2}` },
      ...{ supported_endpoints: [], self_uri: `${base}/status/resources/${id}` },
      ...{ site_uri: `${base}/facility/sites/nwsc`, capability_uris: [] },
    };
    expect(shownResource(shownData(), id, uris, 'v2') as unknown).toEqual(shown);
    expect(shownResource(shownData(), id, uris, 'v1') as unknown).toEqual({ ...shown, resource_type: v1 });
  });

  test('that is unknown is not shown', () => expect(shownResource(shownData(), 'none', uris, 'v2')).toBeNull());

  const seen = { at: at('11:40'), newest: at('11:49') };
  test.each<[what: string, row: Partial<ResourceRow>, expected: (string | boolean)[]]>([
    ['whose system sends snapshots', { newest: at('11:50') }, ['up', false, true, at('11:40')]],
    ['of a system without a snapshot for 10 minutes', {}, ['unknown', true, true, at('11:59')]],
    ['of a system whose snapshots were deleted', { newest: null }, ['unknown', true, true, at('11:50')]],
    ['whose status is unknown', { status: 'unknown' }, ['unknown', false, true, at('11:40')]],
    ['that is gone', { status: 'gone' }, ['unknown', false, true, at('11:40')]],
    ['with a status of a newer version', { status: 'sleeping' }, ['unknown', false, true, at('11:40')]],
    ['seen 30 days ago', { newest: '2026-01-30T12:00:00' }, ['unknown', true, false, '2026-01-30T12:10:00']],
    ['seen within 30 days', { newest: '2026-01-30T12:00:01' }, ['unknown', true, true, '2026-01-30T12:10:01']],
    [
      'gone for 30 days',
      { status: 'gone', at: '2026-01-30T12:00:00' },
      ['unknown', false, false, '2026-01-30T12:00:00'],
    ],
  ])('%s has its status, and is listed or not', (_, rest, expected) => {
    const { status, isSilent, isListed, at: since } = knownResource(resourceRow('r', { ...seen, ...rest }), now);
    expect([status, isSilent, isListed, since]).toEqual(expected);
  });

  test('of a kind of a newer version is shown as a system', () => {
    expect(knownResource(resourceRow('r', { kind: 'satellite' }), now).kind).toBe('system');
  });
});

describe('a list of resources', () => {
  const data = shownData([...resourceRows, resourceRow('retired', { newest: '2026-01-30T12:00:00' })]);
  const ids = (query: Parameters<typeof resourcesFor>[3], version: 'v1' | 'v2' = 'v2') =>
    resourcesFor(data, uris, version, query).map(({ id }) => id);

  test('has all that were seen in the last 30 days', () => {
    expect(ids({})).toEqual(['derecho', 'derecho.fs.home', 'derecho.login', 'derecho.queue.main', 'hub']);
  });

  test.each([
    [{ name: 'home' }, ['derecho.fs.home']],
    [{ description: 'of derecho' }, ['derecho.fs.home', 'derecho.login', 'derecho.queue.main']],
    [{ group: 'frontend' }, ['derecho.login']],
    [{ current_status: 'degraded' }, ['derecho.queue.main']],
    [{ resource_type: 'urn:doe-iri:resource:compute' }, ['derecho', 'derecho.queue.main']],
    [{ resource_type: 'urn:doe-iri:resource:compute:system' }, ['derecho']],
    [{ capability: [] }, []],
  ])('that fit %j', (query, expected) => expect(ids(query)).toEqual(expected));

  test('of version 1 has no types below a type', () => {
    expect(ids({ resource_type: 'compute' }, 'v1')).toEqual(['derecho', 'derecho.queue.main']);
    expect(ids({ resource_type: 'urn:doe-iri:resource:compute' }, 'v1')).toEqual([]);
  });
});

describe('the facility and its site', () => {
  const rows = [
    ...resourceRows.map((row) => ({ ...row, first_seen: `2026-02-2${row.first_seen.slice(12, 13)}T00:00:00` })),
    resourceRow('retired', { newest: '2026-01-30T12:00:00', first_seen: '2026-02-25T00:00:00' }),
  ];
  const place = { country_name: 'USA', locality_name: 'Cheyenne', altitude: 1848 };
  const described = {
    ...settings,
    facility: { ...settings.facility, description: 'A facility' },
    site: { ...settings.site, description: 'A site', short_name: 'NWSC', ...place },
  };

  test('have the members of receiver.yaml', () => {
    const data = { ...shownData(rows), settings: described };
    expect(shownFacility(data, uris) as unknown).toEqual({
      ...described.facility,
      last_modified: '2026-02-21T12:00:00Z',
      self_uri: `${base}/facility`,
      site_uris: [`${base}/facility/sites/nwsc`],
    });
    expect(shownSite(data, uris) as unknown).toEqual({
      ...described.site,
      // The newest resource that is listed.
      last_modified: '2026-02-23T00:00:00Z',
      self_uri: `${base}/facility/sites/nwsc`,
      resource_uris: resourceRows.map(({ resource }) => `${base}/status/resources/${resource}`),
    });
  });

  test('a site changes with the file, and without a file with its resources alone', () => {
    const modified = (changedAt: Date | null, list = rows) =>
      shownSite({ ...shownData(list), settings: { ...described, changedAt } }, uris).last_modified;
    expect(modified(new Date('2026-02-24T00:00:00Z'))).toBe('2026-02-24T00:00:00Z');
    expect(modified(null)).toBe('2026-02-23T00:00:00Z');
    expect(modified(null, [])).toBe('1970-01-01T00:00:00Z');
  });
});

describe('outages of a resource', () => {
  /** Of the whole system, the newest start first: from 11:00 on, from 9:40 to 10:20, and one that is ahead. */
  const data = shownData(resourceRows, [
    outageRow(3, { severity: 'critical', start_time: at('13:00') }),
    outageRow(2, { start_time: at('11:00'), component: 'main' }),
    outageRow(1, { severity: 'critical', start_time: at('09:40'), end_time: at('10:20') }),
  ]);

  test.each<[string, SystemState, string, SystemState, string | null]>([
    ['before the first one', 'up', at('09:39'), 'up', null],
    ['at its start', 'up', at('09:40'), 'down', 'outage.1'],
    ['at its end, which is an event of it', 'up', at('10:20'), 'up', 'outage.1'],
    ['between them', 'degraded', at('10:30'), 'degraded', null],
    ['in an open one', 'up', at('11:00'), 'degraded', 'outage.2'],
    ['in an open one with a worse status', 'unknown', at('11:00'), 'unknown', 'outage.2'],
    ['in one that is ahead', 'up', at('13:00'), 'down', 'outage.3'],
  ])('%s decide its status', (_, status, time, expected, incident) => {
    expect(withEffects(data, 'derecho', status, time)).toBe(expected);
    expect(incidentAt(data, 'derecho', time)).toBe(incident);
    expect(withEffects(data, 'hub', status, time)).toBe(status);
    expect(incidentAt(data, 'hub', time)).toBeNull();
  });

  test.each([
    ['derecho', { status: 'degraded', since: at('11:00') }],
    ['derecho.queue.main', { status: 'degraded', since: at('11:00') }],
    ['derecho.login', { status: 'up', since: at('09:00') }],
    ['hub', { status: 'up', since: at('09:00') }],
  ])('%s has its status since its last change', (id, expected) => {
    const known = data.resources.get(id);
    expect(known && currentStatus(data, known)).toEqual(expected as never);
  });
});
