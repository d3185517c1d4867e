import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { login, overEngines } from '../helper.ts';
import { expectModel, fill, type IriReceiver, type Model, operations, settings, startIri } from './helper.ts';

const lists: readonly (readonly [path: string, model: Model])[] = [
  ['facility', 'Facility'],
  ['facility/sites', 'Site'],
  ['status/resources?limit=1000', 'Resource'],
  ['status/incidents?limit=1000', 'Incident'],
  ['status/events?limit=1000', 'Event'],
];

/** Every URI of an object in an answer. */
function urisIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (/_uris?$/.test(key) && key !== 'support_uri') return [member].flat().filter((uri) => uri !== null);
    return urisIn(member);
  });
}

overEngines((engine) => {
  let receiver: IriReceiver;
  beforeAll(async () => {
    receiver = await startIri(engine, settings);
    await fill(receiver);
  });
  afterAll(() => receiver.remove());

  describe.each(['v1', 'v2'])('/api/%s', (version) => {
    const url = (path: string) => `${receiver.url}/api/${version}/${path}`;

    test.each(lists)('%s is valid by the published schema', async (path, model) => {
      const body = await receiver.shown(url(path));
      if (Array.isArray(body)) expect(body.length).toBeGreaterThan(0);
      expectModel(model, body);
    });

    test('every URI in an answer resolves to the object that has it as its own', async () => {
      const uris = new Set<string>();
      for (const [path] of lists) for (const uri of urisIn(await receiver.shown(url(path)))) uris.add(uri);
      expect(uris.size).toBeGreaterThan(20);
      for (const uri of uris) expect(await receiver.shown(uri)).toMatchObject({ self_uri: uri });
    });
  });

  test('a list and an object have the same members, but for null', async () => {
    for (const [path] of lists.slice(2)) {
      for (const listed of await receiver.listed(path)) {
        expect(await receiver.shown(String(listed.self_uri))).toMatchObject(listed);
      }
    }
  });

  test('the versions differ in the types of resources only', async () => {
    const [one, two] = await Promise.all(
      ['v1', 'v2'].map((version) => receiver.listed(`${receiver.url}/api/${version}/status/resources`)),
    );
    const types = one?.map(({ id, resource_type: type }, index) => [id, type, two?.[index]?.resource_type]);
    expect(types).toEqual([
      ['derecho', 'compute', 'urn:doe-iri:resource:compute:system'],
      ['derecho.fs.home', 'storage', 'urn:doe-iri:resource:storage:filesystem'],
      ['derecho.fs.~2Fglade~2Fscratch', 'storage', 'urn:doe-iri:resource:storage:filesystem'],
      ['derecho.login', 'service', 'urn:doe-iri:resource:service'],
      ['derecho.queue.main', 'compute', 'urn:doe-iri:resource:compute'],
      ['jupyterhub', 'service', 'urn:doe-iri:resource:service'],
      ['silent', 'compute', 'urn:doe-iri:resource:compute:system'],
      ['silent.fs.home', 'storage', 'urn:doe-iri:resource:storage:filesystem'],
    ]);
    const sameType = (list: typeof one) =>
      JSON.stringify(list?.map((resource) => ({ ...resource, resource_type: '' }))).replaceAll('/api/v1/', '/api/v2/');
    expect(sameType(one)).toBe(sameType(two));
  });

  test('the facility and the site are those of receiver.yaml', async () => {
    expect(await receiver.shown('facility')).toEqual({
      id: 'ncar',
      name: 'NSF NCAR',
      last_modified: '2026-02-21T12:00:00Z',
      short_name: 'NCAR',
      organization_name: 'UCAR',
      support_uri: 'https://support.example.org',
      self_uri: `${receiver.url}/api/v2/facility`,
      site_uris: [`${receiver.url}/api/v2/facility/sites/nwsc`],
    });
    const [site] = await receiver.listed('facility/sites');
    expect(site).toMatchObject({ id: 'nwsc', operating_organization: 'UCAR', latitude: 41.1 });
    expect(site?.resource_uris).toHaveLength(8);
  });

  test.each([
    ['facility/sites/nowhere', 'Site not found'],
    ['status/resources/nothing', 'Item not found'],
    ['status/incidents/outage.999', 'Item not found'],
    ['status/events/derecho.20260101T000000Z', 'Item not found'],
    ['status/events/outage.999.start.derecho', 'Item not found'],
    ['status/events/x', 'Item not found'],
    ['status/incidents?name=nothing', 'No incidents found'],
    ['status/incidents?limit=0', 'No incidents found'],
    ['status/events?offset=1000', 'No events found'],
    ['status/events?limit=0', 'No events found'],
    ['facility/sites?name=nothing', 'No sites found'],
    ['status/nothing', 'Not Found'],
    ['', 'Not Found'],
  ])('%s is answered with 404 %p', async (path, detail) => {
    const { status, headers, body } = await receiver.ask(path);
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expectModel('Problem', body);
    expect(body).toEqual({
      type: `${receiver.url}/problems/not-found`,
      title: 'Not Found',
      status: 404,
      detail,
      instance: `${receiver.url}/api/v2/${path}`,
    });
  });

  test('a list of resources may be empty', async () => {
    expect(await receiver.listed('status/resources?name=nothing')).toEqual([]);
    expect(await receiver.listed('status/resources?limit=0')).toEqual([]);
  });

  test('HEAD is answered as GET, and other methods are refused', async () => {
    const head = await receiver.ask('status/resources', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: null });
    const { status, headers, body } = await receiver.ask('status/resources', { method: 'DELETE' });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(body).toMatchObject({ type: `${receiver.url}/problems/method-not-allowed`, detail: 'Method Not Allowed' });
  });

  test('a slash at the end is redirected, but for the facility', async () => {
    const { status, headers } = await receiver.ask('status/events/?limit=1');
    expect([status, headers.get('location')]).toEqual([307, `${receiver.url}/api/v2/status/events?limit=1`]);
    expect(await receiver.shown('facility/')).toEqual(await receiver.shown('facility'));
  });

  test('the OpenAPI document has the operations and parameters of the published one', async () => {
    const { openapi, paths } = await receiver.shown('openapi.json');
    expect(openapi).toBe('3.1.0');
    const own = Object.entries(paths as Record<string, { get: (typeof operations)[number] }>);
    expect(own.map(([path, { get }]) => [path, get.operationId]).sort()).toEqual(
      operations.map(({ path, operationId }) => [path, operationId]).sort(),
    );
    for (const { path, parameters } of operations) {
      const get = (paths as Record<string, { get: { parameters: { name: string; in: string }[] } }>)[path]?.get;
      const names = get?.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      expect(names?.filter((name) => !/^(resource|event)_uris$/.test(name)).sort()).toEqual([...parameters].sort());
    }
  });
});

test('without receiver.yaml the facility and the site have no names', async () => {
  const receiver = await startIri('SQLite');
  const facility = await receiver.shown('facility');
  expectModel('Facility', facility);
  expect(facility).toMatchObject({ id: 'facility', last_modified: '1970-01-01T00:00:00Z' });
  const sites = await receiver.listed('facility/sites');
  expectModel('Site', sites);
  expect(sites).toMatchObject([{ id: 'site', operating_organization: null, resource_uris: [] }]);
  await receiver.remove();
});

test('behind a proxy, URIs are those that the client sees', async () => {
  const forwarded = {
    headers: {
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'status.example.org',
      'X-Forwarded-Prefix': '/hpc/',
    },
  };
  const receiver = await startIri('SQLite', settings, { isBehindProxy: true, isPublic: true });
  const { body } = await receiver.ask('facility', forwarded);
  expect(body.self_uri).toBe('https://status.example.org/hpc/api/v2/facility');
  const missing = await receiver.ask('status/incidents', forwarded);
  expect(missing.body).toMatchObject({
    type: 'https://status.example.org/problems/not-found',
    instance: 'https://status.example.org/hpc/api/v2/status/incidents',
  });
  const odd = await receiver.ask('facility', {
    headers: { 'X-Forwarded-Host': 'a/b@c', 'X-Forwarded-Prefix': '//evil.example' },
  });
  expect(odd.body.self_uri).toBe(`${receiver.url}/api/v2/facility`);
  await receiver.remove();
});

test('a client on another host needs a login or key, unless the receiver is public', async () => {
  const remote = { headers: { 'X-Forwarded-For': '203.0.113.7' } };
  const receiver = await startIri('SQLite', settings);
  const { status, body } = await receiver.ask('facility', remote);
  expect(status).toBe(401);
  expectModel('Problem', body);
  const known = await receiver.ask('facility', { headers: { ...remote.headers, ...login } });
  expect(known.status).toBe(200);
  await receiver.remove();
  const open = await startIri('SQLite', settings, { isPublic: true });
  expect((await open.ask('facility', remote)).status).toBe(200);
  await open.remove();
});

test('forwarded headers are not believed without --behind-proxy', async () => {
  const receiver = await startIri('SQLite', settings, { isPublic: true });
  const { body } = await receiver.ask('facility', { headers: { 'X-Forwarded-Host': 'evil.example' } });
  expect(body.self_uri).toBe(`${receiver.url}/api/v2/facility`);
  await receiver.remove();
});
