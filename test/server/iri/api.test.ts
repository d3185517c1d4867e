/** The handlers of the facility API: pages, filters and times of lists, and what is missing. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';
import * as api from '../../../src/server/iri/api.ts';
import type { Json } from '../helper.ts';
import { openStatusStore, type StatusStore } from '../status/stored.ts';
import { ago, settings } from './helper.ts';

let status: StatusStore;
const outages: number[] = [];

beforeAll(async () => {
  status = await openStatusStore();
  for (const minutes of [30, 25, 20, 15, 10, 5, 0]) {
    const filesystems = [{ filesystem_name: 'home', degraded: minutes === 20, available: minutes !== 10 }];
    await status.snapshot('derecho', ago(minutes), { filesystems });
  }
  const report = (minutes: number, rest: Json) =>
    status.outage(ago(minutes), { system_name: 'derecho', severity: 'minor', start_time: ago(minutes), ...rest });
  outages.push(
    await report(28, { title: 'First', end_time: ago(26), description: 'Cold water' }),
    await report(12, { title: 'Second', component: 'home' }),
    await report(8, { title: 'Third', end_time: ago(7) }),
  );
});
afterAll(() => status.close());

type Handler = ReturnType<typeof api.getEvents>;

async function ask(make: (parts: api.IriParts) => Handler, query = '', name?: string): Promise<unknown> {
  const url = new URL(`http://localhost/?${query}`);
  const client = { address: '', isLocal: true, origin: 'http://localhost', prefix: '' };
  const call: Call = { request: new Request(url.href), url, client, parameters: name === undefined ? {} : { name } };
  try {
    const { response } = await make({ store: status.store, settings, version: 'v2' })(call);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    return await response.json();
  } catch (error) {
    if (!(error instanceof RequestProblem)) throw error;
    return [error.status, error.message];
  }
}

async function ids(make: (parts: api.IriParts) => Handler, query = ''): Promise<unknown> {
  const found = await ask(make, query);
  return (found as Json[]).map((one) => (typeof one === 'object' ? one.id : one));
}

const base = 'http://localhost/api/v2';
const site = {
  ...{ id: 'nwsc', name: 'Wyoming Supercomputing Center', operating_organization: 'UCAR', latitude: 41.1 },
  ...{ last_modified: `${ago(30)}Z`, self_uri: `${base}/facility/sites/nwsc` },
  resource_uris: [`${base}/status/resources/derecho`, `${base}/status/resources/derecho.fs.home`],
};

describe('the facility and its site', () => {
  test.each([
    ['', true],
    ['modified_since=2026-02-21T12:00:00', true],
    ['modified_since=2026-02-21T12:00:01', false],
  ])('the facility with %p: %p', async (query, isShown) => {
    const facility = {
      ...{ ...settings.facility, last_modified: '2026-02-21T12:00:00Z' },
      ...{ self_uri: `${base}/facility`, site_uris: [`${base}/facility/sites/nwsc`] },
    };
    expect(await ask(api.getFacility, query)).toEqual(isShown ? facility : [404, 'Facility not found']);
  });

  test.each([
    ['', true],
    ['name=Wyoming Supercomputing Center', true],
    ['name=Another', false],
    ['short_name=NWSC', false],
    ['limit=1', true],
    ['limit=0', false],
    ['offset=1', false],
    [`modified_since=${ago(30)}`, true],
    [`modified_since=${ago(29)}`, false],
  ])('the sites with %p: %p', async (query, isShown) => {
    expect(await ask(api.getSites, query)).toEqual(isShown ? [site] : [404, 'No sites found']);
  });

  test.each([
    ['nwsc', '', true],
    ['other', '', false],
    ['nwsc', `modified_since=${ago(29)}`, false],
  ])('the site %p with %p: %p', async (name, query, isShown) => {
    expect(await ask(api.getSite, query, name)).toEqual(isShown ? site : [404, 'Site not found']);
  });
});

test.each([
  ['', ['derecho', 'derecho.fs.home']],
  ['limit=1', ['derecho']],
  ['offset=1&limit=1', ['derecho.fs.home']],
  ['offset=2', []],
  [`modified_since=${ago(4)}`, []],
  [`modified_since=${ago(5)}`, ['derecho', 'derecho.fs.home']],
  ['group=derecho', ['derecho.fs.home']],
])('the resources with %p are %p', async (query, expected) => {
  expect(await ids(api.getResources, query)).toEqual(expected);
});

test('a resource in a list has no members that are null', async () => {
  const [derecho] = (await ask(api.getResources)) as Json[];
  expect(derecho).not.toHaveProperty('group');
  expect(await ask(api.getResource, '', 'derecho')).toEqual({ ...derecho, group: null });
  expect(await ask(api.getResource, '', 'none')).toEqual([404, 'Item not found']);
  expect(await ask(api.getResource)).toEqual([404, 'Item not found']);
});

describe('incidents', () => {
  const named = (...positions: number[]) => positions.map((position) => `outage.${outages[position]}`);

  test.each<[query: string, positions: number[] | null]>([
    ['', [2, 1, 0]],
    ['limit=2', [2, 1]],
    ['limit=2&offset=1', [1, 0]],
    ['offset=3', null],
    ['resource_id=derecho.fs.home', [1]],
    ['description=water', [0]],
  ])('with %p are %p', async (query, positions) => {
    expect(await ids(api.getIncidents, query)).toEqual(
      positions === null ? [404, 'No incidents found'] : named(...positions),
    );
  });

  test('are shown with their events, the oldest first', async () => {
    const [, second] = (await ask(api.getIncidents)) as Json[];
    expect(((second?.event_uris ?? []) as string[]).map((uri) => uri.replace(/.*events\/(outage\.\d+)?/, ''))).toEqual([
      '.start.derecho',
      '.start.derecho.fs.home',
      ...[10, 5].flatMap((minutes) =>
        ['derecho', 'derecho.fs.home'].map((id) => `${id}.${ago(minutes).replace(/[-:]/g, '')}Z`),
      ),
    ]);
    expect(await ask(api.getIncident, '', named(1)[0])).toEqual(second);
    expect(await ask(api.getIncident, '', 'outage.0')).toEqual([404, 'Item not found']);
  });
});

describe('events', () => {
  const home = 'resource_id=derecho.fs.home';
  const times = async (query: string) => {
    const found = (await ask(api.getEvents, query)) as (Json | string | number)[];
    return found.map((one) => (typeof one === 'object' ? `${one.occurred_at} ${one.status}` : one));
  };
  const at = (minutes: number, state: string) => `${ago(minutes)}Z ${state}`;

  test.each<[query: string, expected: unknown[]]>([
    [home, [at(5, 'degraded'), at(10, 'down'), at(12, 'degraded'), at(15, 'up'), at(20, 'degraded'), at(30, 'up')]],
    [`${home}&limit=2`, [at(5, 'degraded'), at(10, 'down')]],
    [`${home}&offset=4&limit=1`, [at(20, 'degraded')]],
    [`${home}&offset=5`, [at(30, 'up')]],
    [`${home}&offset=6`, [404, 'No events found']],
    [`${home}&limit=0`, [404, 'No events found']],
    [`${home}&status=up`, [at(15, 'up'), at(30, 'up')]],
    [`${home}&status=up&offset=1`, [at(30, 'up')]],
    [`${home}&from=${ago(12)}`, [at(5, 'degraded'), at(10, 'down'), at(12, 'degraded')]],
    [`${home}&from=${ago(30)}&modified_since=${ago(10)}`, [at(5, 'degraded'), at(10, 'down')]],
    [`${home}&from=${ago(10)}&modified_since=${ago(30)}`, [at(5, 'degraded'), at(10, 'down')]],
    [`${home}&to=${ago(20)}`, [at(30, 'up')]],
    [`${home}&time=${ago(20)}`, [at(20, 'degraded')]],
    [`${home}&time=${ago(20)}&to=${ago(5)}`, [at(20, 'degraded')]],
    [`${home}&time=${ago(20)}&to=${ago(20)}`, [404, 'No events found']],
    [`${home}&time=${ago(20)}&from=${ago(19)}`, [404, 'No events found']],
    [`${home}&name=Second`, [at(5, 'degraded'), at(10, 'down'), at(12, 'degraded')]],
    ['name=First', [at(26, 'up'), at(28, 'degraded')]],
    ['description=x', [404, 'No events found']],
  ])('with %s are %j', async (query, expected) => expect(await times(query)).toEqual(expected as never));

  test('of an incident are those that name it, and each is found by its id', async () => {
    expect(await ids(api.getEvents, `incident_id=outage.${outages[2]}`)).toEqual([
      `outage.${outages[2]}.end.derecho`,
      `outage.${outages[2]}.start.derecho`,
    ]);
    const [event] = (await ask(api.getEvents, 'limit=1')) as Json[];
    expect(await ask(api.getEvent, '', String(event?.id))).toEqual(event);
    expect(await ask(api.getEvent, '', 'none')).toEqual([404, 'Item not found']);
  });
});
