import { expect, test } from 'bun:test';
import { about } from '../../../src/lib/version.ts';
import { getOpenApi, openApiDocument } from '../../../src/server/openapi/document.ts';
import type { Json } from '../helper.ts';
import { operationLines, type Paths } from './outline.ts';

test('the document describes each operation on systems, outages, reservations and jobs as it is stored', () => {
  const { paths, ...rest } = JSON.parse(JSON.stringify(openApiDocument())) as Json & { paths: Paths };
  expect(rest).toEqual({
    openapi: '3.1.0',
    info: { title: 'hpc-collector receiver: status and usage API', version: about.version },
    components: {
      schemas: {
        Error: {
          type: 'object',
          properties: { error: { type: 'string' } },
          required: ['error'],
        },
      },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
    security: [{ basic: [] }, { key: [] }],
  });
  expect(operationLines(paths, (path) => !path.startsWith('/api/v1/usage/')).join('\n')).toMatchSnapshot();
});

test('the document is answered as JSON, the same each time', async () => {
  const handle = getOpenApi();
  for (let i = 0; i < 2; i++) {
    const { response } = await handle();
    expect([response.status, await response.json()]).toEqual([200, JSON.parse(JSON.stringify(openApiDocument()))]);
  }
});
