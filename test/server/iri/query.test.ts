import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { overEngines } from '../helper.ts';
import { ago, expectModel, fill, type IriReceiver, operations, settings, startIri } from './helper.ts';

const text = 'String should have at least 1 character';
const statuses = "Input should be 'down', 'unknown', 'degraded' or 'up'";
const integer = 'Input should be a valid integer, unable to parse string as an integer';
const time = 'Input should be a valid ISO 8601 datetime';
const urn = 'Input should be a URN such as urn:doe-iri:resource:compute';

/** Puts times in the place of `{MINUTES AGO}`. */
const filled = (words: string) => words.replace(/\{(-?\d+)\}/g, (_, minutes: string) => ago(Number(minutes)));

overEngines((engine) => {
  let receiver: IriReceiver;
  beforeAll(async () => {
    receiver = await startIri(engine, settings);
    await fill(receiver);
  });
  afterAll(() => receiver.remove());

  test.each<[query: string, parameter: string, reason: string]>([
    ['status/resources?limit=1001', 'limit', 'Input should be less than or equal to 1000'],
    ['status/resources?limit=-1', 'limit', 'Input should be greater than or equal to 0'],
    ['status/resources?limit=ten', 'limit', integer],
    ['status/resources?limit=1.5', 'limit', integer],
    ['status/resources?offset=-1', 'offset', 'Input should be greater than or equal to 0'],
    ['status/resources?offset=', 'offset', integer],
    ['status/resources?name=', 'name', text],
    ['status/resources?group=', 'group', text],
    ['status/resources?current_status=broken', 'current_status', statuses],
    ['status/resources?resource_type=compute', 'resource_type', urn],
    ['status/resources?resource_type=urn:doe-iri:resource:', 'resource_type', urn],
    ['status/resources?capability=urn:doe-iri:resource:compute', 'capability', urn],
    ['status/resources?modified_since=yesterday', 'modified_since', time],
    ['status/resources?modified_since=1771675200', 'modified_since', time],
    ['status/resources?modified_since=2026-02-21T12:00:00+00:00', 'modified_since', time],
    ['status/incidents?type=sudden', 'type', "Input should be 'planned', 'unplanned' or 'reservation'"],
    ['status/incidents?from=2026-02-30', 'from', time],
    ['status/events?resource_id=', 'resource_id', text],
    ['facility?modified_since=', 'modified_since', time],
  ])('%s is refused with 400: %s: %s', async (query, name, reason) => {
    const { status, body } = await receiver.ask(query);
    expect(status).toBe(400);
    expectModel('Problem', body);
    expect(body).toMatchObject({
      type: `${receiver.url}/problems/invalid-parameter`,
      title: 'Invalid parameter',
      detail: reason,
      invalid_params: [{ name, reason }],
    });
  });

  test('all parameters with a bad value are named', async () => {
    const { body } = await receiver.ask('status/events?limit=-1&time=now');
    expect(body.detail).toBe(`Input should be greater than or equal to 0, ${time}`);
  });

  test.each([
    ['status/resources?colour=red', 'Unexpected query parameter: colour'],
    ['status/resources/derecho?name=derecho', 'Unexpected query parameter: name'],
    ['status/events?constructor=1', 'Unexpected query parameter: constructor'],
    ['status/resources?limit=1&limit=2', 'Duplicate query parameter: limit'],
    ['status/resources?limit=x&limit=y', 'Duplicate query parameter: limit'],
  ])('%s is refused with 422: %s', async (query, detail) => {
    const { status, body } = await receiver.ask(query);
    expect(status).toBe(422);
    expectModel('Problem', body);
    expect(body).toMatchObject({ type: `${receiver.url}/problems/generic-error`, title: 'Error', detail });
  });

  const storage = ['derecho.fs.home', 'derecho.fs.~2Fglade~2Fscratch', 'silent.fs.home'];

  test.each<[query: string, ids: readonly string[]]>([
    ['resource_type=urn:doe-iri:resource:storage', storage],
    ['resource_type=urn:doe-iri:resource:storage:filesystem', storage],
    ['resource_type=urn:doe-iri:resource:storages', []],
    ['resource_type=urn:doe-iri:resource:stor', []],
    ['name=home', ['derecho.fs.home', 'silent.fs.home']],
    ['name=Home', []],
    ['description=of%20silent', ['silent.fs.home']],
    ['group=frontend', ['derecho.login']],
    ['group=derecho', ['derecho.fs.home', 'derecho.fs.~2Fglade~2Fscratch', 'derecho.queue.main']],
    ['current_status=unknown', ['silent', 'silent.fs.home']],
    ['current_status=degraded', ['derecho', 'derecho.fs.~2Fglade~2Fscratch']],
    ['capability=urn:doe-iri:allocation:compute:node-hours', []],
    ['limit=2', ['derecho', 'derecho.fs.home']],
    ['offset=6&limit=5', ['silent', 'silent.fs.home']],
    ['offset=99999999999999999999', []],
    ['modified_since={14}', ['derecho.queue.main', 'jupyterhub']],
    ['modified_since={14}Z', ['derecho.queue.main', 'jupyterhub']],
    ['modified_since=2999-01-01', []],
  ])('status/resources?%s', async (query, ids) => {
    expect(await receiver.ids(`status/resources?${filled(query)}`)).toEqual([...ids]);
  });

  test('version 1 takes one word for the type of a resource', async () => {
    const resources = `${receiver.url}/api/v1/status/resources?resource_type=`;
    expect(await receiver.ids(`${resources}storage`)).toEqual(storage);
    expect((await receiver.ask(`${resources}urn:doe-iri:resource:storage`)).status).toBe(400);
  });

  /** Which incidents of the helper have which ids. */
  const outages = { open: '', past: '', planned: '', unknown: '' };
  const reservations = { R1: '', R2: '' };
  beforeAll(async () => {
    for (const { id, type, end, resource_uris, name } of await receiver.listed('status/incidents')) {
      if (name === 'R1' || name === 'R2') reservations[name] = String(id);
      else if (type === 'planned') outages.planned = String(id);
      else if (end !== null) outages.past = String(id);
      else outages[(resource_uris as unknown[]).length === 0 ? 'unknown' : 'open'] = String(id);
    }
  });

  test.each<[query: string, found: () => readonly string[]]>([
    ['', () => [reservations.R2, outages.planned, outages.unknown, outages.open, outages.past, reservations.R1]],
    ['type=planned', () => [outages.planned]],
    ['type=reservation&resolution=unresolved', () => [reservations.R1]],
    ['resolution=cancelled', () => [reservations.R2]],
    ['resolution=completed', () => [outages.past]],
    ['resolution=pending', () => [outages.planned]],
    ['status=down', () => [outages.planned]],
    ['status=up', () => [reservations.R2, reservations.R1]],
    ['name=R1', () => [reservations.R1]],
    ['description=.pbs', () => [reservations.R1]],
    ['resource_id=derecho.queue.main', () => [reservations.R1]],
    ['resource_id=derecho.fs.~2Fglade~2Fscratch', () => [outages.open]],
    ['resource_id=nothing', () => []],
    ['from={22}', () => [reservations.R2, outages.planned, outages.unknown, outages.open]],
    ['to={27}', () => [outages.past]],
    ['to={28}', () => []],
    ['time={30}', () => [outages.past, reservations.R1]],
    ['time={28}', () => [reservations.R1]],
    ['time={20}', () => [outages.open, reservations.R1]],
    ['limit=1&offset=1', () => [outages.planned]],
    ['resource_uris=a&resource_uris=b&event_uris=c&name=R1', () => [reservations.R1]],
    ['modified_since=2999-01-01', () => []],
  ])('status/incidents?%s', async (query, found) => {
    expect(await receiver.ids(`status/incidents?${filled(query)}`)).toEqual([...found()]);
  });

  const scratch = 'resource_id=derecho.fs.~2Fglade~2Fscratch';

  test.each<[query: string, events: readonly string[]]>([
    [scratch, ['{15} degraded', '{20} degraded', '{22} degraded', '{50} up']],
    [`${scratch}&from={20}`, ['{15} degraded', '{20} degraded']],
    [`${scratch}&from={20}&to={15}`, ['{20} degraded']],
    [`${scratch}&time={22}`, ['{22} degraded']],
    [`${scratch}&status=up`, ['{50} up']],
    [`${scratch}&modified_since={15}`, ['{15} degraded']],
    [`${scratch}&limit=2&offset=1`, ['{20} degraded', '{22} degraded']],
    ['resource_id=silent', ['{50} unknown', '{60} up']],
    ['resource_id=silent&status=unknown', ['{50} unknown']],
    ['resource_id=nothing', []],
    ['description=x', []],
  ])('status/events?%s', async (query, events) => {
    const { body } = await receiver.ask(`status/events?${filled(query)}`);
    const found = Array.isArray(body) ? body : [];
    expect(found.map(({ occurred_at, status }) => `${occurred_at.slice(0, -1)} ${status}`)).toEqual(events.map(filled));
  });

  test('the events of an incident are those that name it', async () => {
    for (const { id, event_uris: uris } of await receiver.listed('status/incidents')) {
      const { body } = await receiver.ask(`status/events?incident_id=${id}`);
      const events = Array.isArray(body) ? body.map(({ self_uri: uri }) => uri) : [];
      expect(events.reverse()).toEqual(uris as string[]);
    }
    expect(await receiver.ids(`status/events?incident_id=${outages.open}`)).not.toEqual([]);
  });

  test('modified_since hides a facility and a site that were not modified since', async () => {
    for (const path of ['facility', 'facility/sites', 'facility/sites/nwsc']) {
      expect((await receiver.ask(`${path}?modified_since=2026-02-21T12:00:00Z`)).status).toBe(200);
      expect((await receiver.ask(`${path}?modified_since=2999-01-01`)).status).toBe(404);
    }
  });

  test.each(['status/events/a%00b', 'status/events/a%00.20260101T000000Z', 'status/events?resource_id=a%00b'])(
    'the character NUL in %s is refused',
    async (query) => {
      expect([400, 404]).toContain((await receiver.ask(query)).status);
    },
  );

  test('any query gets 200, 400, 404 or 422, and each refusal is a problem document', async () => {
    const names = [...new Set(operations.flatMap(({ parameters }) => parameters)), 'x', ''];
    const values = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('up', 'planned', 'urn:doe-iri:resource:compute', '0', '1000', '2026-02-21', '', '%00', "' OR 1"),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.integer().map(String),
    );
    const query = fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 4 });
    const path = fc.oneof(
      fc.constantFrom(...operations.map((operation) => operation.path.replace(/\{.*\}/, 'derecho'))),
      fc
        .string({ unit: 'binary', minLength: 1, maxLength: 12 })
        .filter((id) => !/^\.\.?$/.test(id))
        .map((id) => `/api/v1/status/events/${encodeURIComponent(id)}`),
    );
    await fc.assert(
      fc.asyncProperty(path, query, async (at, parameters) => {
        const url = new URL(at, receiver.url);
        for (const [name, value] of parameters) url.searchParams.append(name, value);
        const { status, body } = await receiver.ask(url.href);
        expect([200, 400, 404, 422]).toContain(status);
        if (status !== 200) expectModel('Problem', body);
      }),
      { numRuns: 300 },
    );
  });
});
