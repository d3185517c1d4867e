/** The paths of the facility API, with and without a slash at the end. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { AccessRules } from '../../../src/server/auth/access.ts';
import { createDispatcher } from '../../../src/server/http/routing.ts';
import { iriApi } from '../../../src/server/iri/routes.ts';
import { openStatusStore, type StatusStore } from '../status/stored.ts';
import { ago, settings } from './helper.ts';

let status: StatusStore;
let dispatch: ReturnType<typeof createDispatcher>;
beforeAll(async () => {
  status = await openStatusStore();
  await status.snapshot('derecho', ago(1));
  const client = { account: null, seesNames: false, shownName: () => null };
  const rules = { open: () => Promise.resolve(null), reader: () => Promise.resolve(client) } as unknown as AccessRules;
  const api = iriApi(status.store, settings, rules);
  dispatch = createDispatcher(
    [api],
    { isTls: false, isBehindProxy: true },
    () => undefined,
    () => undefined,
  );
});
afterAll(() => status.close());

async function ask(path: string, method = 'GET') {
  const headers = { Host: 'localhost', 'X-Forwarded-Prefix': '/hpc' };
  const response = await dispatch(new Request(`http://localhost${path}`, { method, headers }), '127.0.0.1');
  const text = await response.text();
  return { status: response.status, location: response.headers.get('location'), body: text && JSON.parse(text) };
}

test.each(['v1', 'v2'])('version %s has each list and object', async (version) => {
  const base = `http://localhost/hpc/api/${version}`;
  for (const path of ['/facility', '/facility/', '/facility/sites/nwsc', '/status/resources/derecho']) {
    expect(await ask(`/api/${version}${path}`)).toMatchObject({
      ...{ status: 200, location: null, body: { self_uri: `${base}${path.replace(/\/$/, '')}` } },
    });
  }
  const [event] = (await ask(`/api/${version}/status/events`)).body;
  expect(event).toMatchObject({ status: 'up', self_uri: `${base}/status/events/${event.id}` });
  expect((await ask(`/api/${version}/status/events/${event.id}`)).body).toMatchObject({ id: event.id });
  expect((await ask(`/api/${version}/facility/sites`)).body).toMatchObject([{ id: 'nwsc' }]);
  const type = version === 'v1' ? 'compute' : 'urn:doe-iri:resource:compute:system';
  expect((await ask(`/api/${version}/status/resources`)).body).toMatchObject([{ id: 'derecho', resource_type: type }]);
  for (const [path, detail] of [
    ['/status/incidents', 'No incidents found'],
    ['/status/incidents/x', 'Item not found'],
    ['/status/x', 'Not Found'],
  ] as const) {
    expect(await ask(`/api/${version}${path}`)).toMatchObject({ status: 404, body: { title: 'Not Found', detail } });
  }
  expect(await ask(`/api/${version}/facility`, 'DELETE')).toMatchObject({
    ...{ status: 405, body: { detail: 'Method Not Allowed' } },
  });
});

test.each([
  ['/api/v1/facility/sites/?a=b', '/hpc/api/v1/facility/sites?a=b'],
  ['/api/v2/status/resources/derecho/', '/hpc/api/v2/status/resources/derecho'],
  ['/api/v2/status/events/', '/hpc/api/v2/status/events'],
])('%s is redirected to %s', async (path, location) => {
  expect(await ask(path)).toEqual({ status: 307, location: `http://localhost${location}`, body: '' });
});

test('version 2 has its OpenAPI document', async () => {
  expect((await ask('/api/v2/openapi.json')).body).toMatchObject({ servers: [{ url: 'http://localhost/hpc' }] });
});
