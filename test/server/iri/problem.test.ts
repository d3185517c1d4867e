/** The parameters that the facility API reads, and its refusals. */

import { describe, expect, test } from 'bun:test';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import { InvalidParameters, refuseAsIri } from '../../../src/server/iri/problem.ts';
import { queries, readQuery } from '../../../src/server/iri/query.ts';
import { Unavailable } from '../../../src/server/store/errors.ts';

describe('a refusal', () => {
  const refuse = async (error: unknown) => {
    const client = { address: '', isLocal: false, origin: 'https://x.org', prefix: '/hpc' };
    const { response, note } = refuseAsIri(error, { url: new URL('http://localhost/api/v2/a?b=c'), client });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    return { note, status: response.status, headers: response.headers, body: await response.json() };
  };
  const instance = 'https://x.org/hpc/api/v2/a?b=c';

  test.each([
    [400, 'invalid-parameter', 'Invalid parameter'],
    [404, 'not-found', 'Not Found'],
    [405, 'method-not-allowed', 'Method Not Allowed'],
    [422, 'generic-error', 'Error'],
  ])('with %d is a problem document', async (status, slug, title) => {
    const refused = await refuse(new RequestProblem(status, 'Why', { Allow: 'GET' }));
    expect(refused).toMatchObject({ note: 'Why', status });
    expect(refused.body).toEqual({ type: `https://x.org/problems/${slug}`, title, status, detail: 'Why', instance });
    expect([refused.headers.get('allow'), refused.headers.get('cache-control')]).toEqual(['GET', 'no-store']);
  });

  test('of the receiver says nothing about its inside', async () => {
    const { note, body } = await refuse(new Error('SELECT x'));
    expect(note).toBe('SELECT x');
    expect(body).toEqual({
      ...{ type: 'https://x.org/problems/internal-error', title: 'Internal Server Error', status: 500, instance },
      detail: 'An unexpected error occurred.',
    });
    expect((await refuse(new Unavailable('busy', '/db'))).body).toMatchObject({
      ...{ title: 'Error', status: 503, detail: 'The database of the receiver is busy' },
    });
  });

  test('of parameters names each', async () => {
    const parameters = [
      { name: 'a', reason: 'One' },
      { name: 'b', reason: 'Two' },
    ];
    const error = new InvalidParameters(parameters);
    expect([error.name, error.message, error.status]).toEqual(['InvalidParameters', 'One, Two', 400]);
    expect((await refuse(error)).body).toMatchObject({ detail: 'One, Two', invalid_params: parameters });
  });
});

describe('parameters', () => {
  const read = (text: string, schema: Parameters<typeof readQuery>[1] = queries.events): unknown => {
    try {
      return readQuery(new URLSearchParams(text), schema);
    } catch (error) {
      if (error instanceof InvalidParameters) return error.parameters.map(({ name, reason }) => `${name}: ${reason}`);
      return error instanceof RequestProblem ? [error.status, error.message] : error;
    }
  };

  test('have their defaults', () => {
    expect(read('')).toEqual({ offset: 0, limit: 100 });
    expect(read('offset= 7 &limit=%2B1000')).toEqual({ offset: 7, limit: 1000 });
  });

  test('are read as times, words and lists', () => {
    expect(read('from=2026-03-01T03:00:00-07:00&time=2026-03-01&status=up')).toEqual({
      ...{ from: '2026-03-01T10:00:00', time: '2026-03-01T00:00:00', status: 'up', offset: 0, limit: 100 },
    });
    expect(read('event_uris=a&event_uris=b', queries.incidents)).toMatchObject({ event_uris: ['a', 'b'] });
    const allocation = 'urn:doe-iri:allocation:a%20b/c:d';
    expect(read(`capability=${encodeURIComponent(allocation)}`, queries.resources.v1)).toMatchObject({
      capability: [allocation],
    });
    expect(read('resource_type=urn:doe-iri:resource:compute', queries.resources.v2)).toMatchObject({
      resource_type: 'urn:doe-iri:resource:compute',
    });
    for (const type of ['website', 'service', 'compute', 'system', 'storage', 'network', 'unknown']) {
      expect(read(`resource_type=${type}`, queries.resources.v1)).toMatchObject({ resource_type: type });
    }
  });

  const integer = 'Input should be a valid integer, unable to parse string as an integer';
  const urn = 'Input should be a URN such as urn:doe-iri:resource:compute';
  test.each<[query: string, schema: Parameters<typeof readQuery>[1], words: unknown]>([
    ['limit=1001', queries.events, ['limit: Input should be less than or equal to 1000']],
    ['limit=-1', queries.events, ['limit: Input should be greater than or equal to 0']],
    ['offset=-1', queries.events, ['offset: Input should be greater than or equal to 0']],
    ['limit=1.5&offset=', queries.events, [`offset: ${integer}`, `limit: ${integer}`]],
    ['name=', queries.events, ['name: String should have at least 1 character']],
    [
      'from=12&to=x',
      queries.events,
      ['from', 'to'].map((name) => `${name}: Input should be a valid ISO 8601 datetime`),
    ],
    ['status=x', queries.events, ["status: Input should be 'down', 'unknown', 'degraded' or 'up'"]],
    ['type=x', queries.incidents, ["type: Input should be 'planned', 'unplanned' or 'reservation'"]],
    [
      'resolution=x',
      queries.incidents,
      ["resolution: Input should be 'unresolved', 'cancelled', 'completed', 'extended' or 'pending'"],
    ],
    [
      'resource_type=x',
      queries.resources.v1,
      ["resource_type: Input should be 'website', 'service', 'compute', 'system', 'storage', 'network' or 'unknown'"],
    ],
    ['resource_type=compute', queries.resources.v2, [`resource_type: ${urn}`]],
    ['capability=urn:doe-iri:resource:x', queries.resources.v2, [`capability: ${urn}`]],
    ['a=1', queries.none, [422, 'Unexpected query parameter: a']],
    ['constructor=1', queries.events, [422, 'Unexpected query parameter: constructor']],
    ['limit=1&limit=1', queries.events, [422, 'Duplicate query parameter: limit']],
  ])('%s are refused', (query, schema, words) => expect(read(query, schema)).toEqual(words));

  test('offset has no greatest value', () => expect(read('offset=99999999')).toMatchObject({ offset: 99_999_999 }));
});
