import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { AccessRules } from '../../src/server/auth/access.ts';
import type { Client } from '../../src/server/http/client.ts';
import { RequestProblem } from '../../src/server/http/problem.ts';
import type { Call, Route } from '../../src/server/http/routing.ts';
import { openApiDocument } from '../../src/server/openapi/document.ts';
import { pageRoutes } from '../../src/server/pages/routes.ts';
import { openStore } from '../../src/server/store/open.ts';
import type { Store } from '../../src/server/store/port.ts';
import { freshDatabasePath } from './helper.ts';
import { allApis, allRoutes } from './routes.ts';

const { path, remove } = freshDatabasePath();
let store: Store;
beforeAll(async () => {
  store = await openStore(path);
});
afterAll(async () => {
  await store.close();
  remove();
});

/** The routes that anybody may use, besides the pages of the dashboard, which have no data. */
const open = [
  'GET ^/api/dashboard/health$',
  'GET ^/api/dashboard/version$',
  'GET ^/saml/me$',
  'GET ^/api/v2/openapi.json$',
  'GET ^/healthz$',
  'GET ^/readyz$',
  'POST ^/api/v1/session$',
  'GET ^/api/v1/session$',
  'DELETE ^/api/v1/session$',
  'GET ^/api/v1/openapi.json$',
];

test('every route but these refuses a request without credentials', async () => {
  const routes = await allRoutes(store);
  expect(routes.length).toBeGreaterThan(open.length);
  const answered: string[] = [];
  for (const one of routes) {
    const { method, answer } = one;
    const url = new URL('http://localhost/');
    const client = { address: '203.0.113.7', isLocal: false, origin: url.origin, prefix: '' };
    const call = { request: new Request(url.href, { method }), url, client, parameters: { system: 's', cluster: 'c' } };
    const refused = await answer(call).catch((error: unknown) => error);
    if (!(refused instanceof RequestProblem && refused.status === 401)) answered.push(nameOf(one));
  }
  const pages = pageRoutes(() => Promise.resolve(null), 'UTC').map(nameOf);
  expect(answered.filter((name) => !pages.includes(name))).toEqual(open);
  expect(pages.filter((name) => /api|metrics|calendar|atom/.test(name))).toEqual([]);
});

/** Access rules that refuse every request with their own name. */
const rules = ['open', 'visitor', 'reader', 'insider', 'nameReader', 'clusterReader', 'usageReader', 'systemWriter'];
const namedRules = Object.fromEntries(
  [...rules, 'keyHolder', 'outageWriter', 'admin'].map((name) => [name, () => Promise.reject(new Error(name))]),
) as unknown as AccessRules;

test('every route has its method, its path and its access rule', async () => {
  const call = { url: new URL('http://localhost/'), parameters: {} } as Call;
  const lines: string[] = [];
  for (const { prefixes, notFound, notAllowed, origins, refuse, routes } of await allApis(store, namedRules)) {
    const refused = refuse(new RequestProblem(404, 'x'), { ...call, client: { origin: '', prefix: '' } as Client });
    lines.push(
      `${prefixes.join(' ')}: ${notFound}, ${notAllowed('GET')}, ${[...(origins ?? ['no other origin'])].join()}`,
      `  ${await refused.response.text()}`,
    );
    for (const { method, path, answer } of routes) {
      const rule = await answer(call).catch((error: Error) => error.message);
      lines.push(`  ${method} ${path} ${rule}`);
    }
  }
  expect(lines.join('\n')).toMatchSnapshot();
});

function nameOf({ method, pattern }: Route): string {
  return `${method} ${pattern.source.replaceAll('\\/', '/')}`;
}

test('the OpenAPI document has every route of the status and the usage API, and no other', async () => {
  const documented = Object.entries(openApiDocument().paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const isIri = (path: string) => /^\/api\/v1\/status\/(resources|incidents|events)/.test(path);
  const routed = (await allRoutes(store))
    .filter(({ path }) => /^\/api\/v1\/(systems|status|usage|jobs)/.test(path) && !isIri(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(documented.sort()).toEqual(routed.sort());
});
