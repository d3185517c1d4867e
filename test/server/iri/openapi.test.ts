import { expect, test } from 'bun:test';
import { getDocument } from '../../../src/server/iri/openapi.ts';
import type { Json } from '../helper.ts';
import { operationLines, type Paths } from '../openapi/outline.ts';

const handle = getDocument();

async function documentFor(origin: string, prefix: string) {
  const url = new URL(`${origin}${prefix}/api/v2/openapi.json`);
  const client = { address: '203.0.113.7', isLocal: false, origin, prefix };
  const { response } = await handle({ request: new Request(url.href), url, client, parameters: {} });
  expect(response.status).toBe(200);
  return (await response.json()) as Json & { readonly paths: Paths };
}

test('the OpenAPI document describes each operation as it is stored', async () => {
  const { paths, ...rest } = await documentFor('https://status.example.org', '/hpc');
  const text = { type: 'string' };
  expect(rest).toEqual({
    openapi: '3.1.0',
    info: { title: 'IRI Facility API: status and facility', version: '2.0.0' },
    components: {
      schemas: {
        Problem: {
          type: 'object',
          properties: {
            type: { type: 'string', format: 'uri' },
            title: text,
            status: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
            detail: text,
            instance: text,
            invalid_params: {
              type: 'array',
              items: { type: 'object', properties: { name: text, reason: text }, required: ['name', 'reason'] },
            },
          },
          required: ['type', 'title', 'status', 'detail', 'instance'],
        },
      },
    },
    servers: [{ url: 'https://status.example.org/hpc' }],
  });
  expect(operationLines(paths, () => true).join('\n')).toMatchSnapshot();
});

test('the document names the server as each client sees it', async () => {
  expect((await documentFor('http://localhost:8080', '')).servers).toEqual([{ url: 'http://localhost:8080' }]);
});
