/** Names of people are in no answer for clients that must not see them, whatever the route. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { addKey } from '../../../src/server/auth/keys.ts';
import { openStore } from '../../../src/server/store/open.ts';
import { freshDatabasePath, type Json, startForTest, type TestReceiver } from '../helper.ts';
import { allRoutes } from '../routes.ts';
import { leastTotals } from '../samples.ts';
import { jobRecord } from '../usage/helper.ts';

const person = 'zzperson';
/** Values of the parameters of paths; others are `main`. */
const values: Readonly<Record<string, string>> = {
  system: 'derecho',
  cluster: 'hpc1',
  name: 'main',
  outage: '1',
  id: '12345',
  job: '12345',
};
/** Questions that group or filter by people; a route ignores or refuses those of others. */
const questions = [
  '',
  'by=user&axis=submitted',
  'group_by=user',
  `user=${person}&axis=submitted`,
  `by=user&user=${person}`,
];

/** Bodies of POSTs that only ask. A route that stores refuses clients that may only read. */
const bodies = [
  { hostname: 'hpc1' },
  { hostname: 'hpc1', color_by: 'User', period_type: 'day' },
  { hostname: 'hpc1', users: [person] },
  { hostname: 'hpc1', users: [person], color_by: 'User' },
  { by: 'user', axis: 'submitted' },
  { user: [person], axis: 'submitted' },
].map((body) => JSON.stringify(body));

/** A path for each route of a method. */
async function paths(method: 'GET' | 'POST'): Promise<string[]> {
  const { path, remove } = freshDatabasePath();
  const store = await openStore(path);
  const found = (await allRoutes(store))
    .filter((route) => route.method === method)
    .map(({ pattern }) => pattern.source.slice(1, -1).replaceAll('\\/', '/'))
    .map((source) =>
      source.replace(/\(\?<(\w+)>(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[^()])*\)/g, (_, name) => values[name] ?? 'main'),
    );
  await store.close();
  remove();
  return found;
}

/** A receiver that is not on the host of its clients, with a snapshot and a job of the person. */
async function started(options: Parameters<typeof startForTest>[0]): Promise<TestReceiver> {
  const receiver = await startForTest({ isBehindProxy: true, ...options });
  const row = { username: person, project_code: 'UCB1', queue_name: 'main', running_jobs: 1, cores_allocated: 8 };
  const posted = await receiver.post('derecho', { ...leastTotals, user_project_queues: [row] });
  expect(posted.status).toBe(201);
  const key = await addKey(receiver.database, 'jobs', ['write:hpc1']);
  const headers = { 'X-API-Key': key, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ hostname: 'hpc1', jobs: [jobRecord({ User: person })] });
  const ingested = await fetch(`${receiver.url}/api/data/ingest`, { method: 'POST', headers, body });
  expect(ingested.status).toBe(200);
  const sample = {
    'sams.sampler.Core': { jobid: 12345, node: 'c001' },
    'sams.sampler.SlurmInfo': { username: person },
    'sams.sampler.Software': { execs: { [`/home/${person}/a`]: { user: 1, system: 0 } }, start_time: 1, end_time: 2 },
  };
  const sent = await fetch(`${receiver.url}/12345/12345.c001.json`, {
    method: 'POST',
    headers,
    body: JSON.stringify(sample),
  });
  expect(sent.status).toBe(200);
  return receiver;
}

/** Every route asked every question: what was asked, and the request. */
async function requests(url: string, headers: Record<string, string>): Promise<[asked: string, request: Request][]> {
  const [gets, posts] = [await paths('GET'), await paths('POST')];
  const json = { ...headers, 'Content-Type': 'application/json' };
  return [
    ...gets
      .flatMap((path) => questions.map((query) => `${path}?${query}`))
      .map((asked): [string, Request] => [asked, new Request(url + asked, { headers })]),
    ...posts.flatMap((path) =>
      bodies.map((body): [string, Request] => [
        `${path} ${body}`,
        new Request(url + path, { method: 'POST', headers: json, body }),
      ]),
    ),
  ];
}

/** The requests whose answers have the name, and the number of answers that were not refusals. */
async function answersWithName(receiver: TestReceiver, headers: Record<string, string>) {
  const leaks: string[] = [];
  let answered = 0;
  for (const [asked, request] of await requests(receiver.url, headers)) {
    const answer = await fetch(request);
    if (answer.ok) answered += 1;
    const text = await answer.text();
    // A refusal may repeat a name that the client sent. The page of a user without jobs is refused with 200.
    const isEcho = (!answer.ok || text.startsWith('{"problem":')) && asked.includes(person);
    if (!isEcho && text.includes(person)) leaks.push(asked);
  }
  return { leaks, answered };
}

let anonymised: TestReceiver;
let open: TestReceiver;
beforeAll(async () => {
  anonymised = await started({ anonymisesUsers: true });
  open = await started({ isPublic: true });
});
afterAll(async () => {
  await anonymised.remove();
  await open.remove();
});

const keyOf = async (receiver: TestReceiver, scope: 'read' | 'read:names' | 'admin') => ({
  'X-API-Key': await addKey(receiver.database, scope.replace(':', '-'), [scope]),
});

test('each parameter of a path has a value', async () => {
  expect((await paths('GET')).filter((path) => /[()]/.test(path))).toEqual([]);
});

describe('a name is in no answer', () => {
  test('to the public', async () => {
    const { leaks, answered } = await answersWithName(open, {});
    expect(leaks).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  });

  test('to the scope read', async () => {
    const { leaks, answered } = await answersWithName(open, await keyOf(open, 'read'));
    expect(leaks).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  });

  test.each(['read:names', 'admin'] as const)('to the scope %s with pseudonyms', async (scope) => {
    const { leaks, answered } = await answersWithName(anonymised, await keyOf(anonymised, scope));
    expect(leaks).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  });
});

test('with read:names and without pseudonyms the same requests do show it', async () => {
  const { leaks } = await answersWithName(open, await keyOf(open, 'read:names'));
  expect(leaks).toContain('/api/v1/status/derecho/latest?');
  expect(leaks).toContain('/api/v1/status/derecho/users?');
  expect(leaks).toContain('/api/v1/usage/query?by=user&axis=submitted');
  expect(leaks).toContain('/api/v1/usage/page?by=user&axis=submitted');
  expect(leaks).toContain('/api/v1/usage/jobs?');
  expect(leaks).toContain('/api/v1/jobs/hpc1/12345?');
  expect(leaks).toContain('/api/v1/jobs/hpc1/12345/software?');
  expect(leaks).toContain(`/api/dashboard/charts ${bodies[1]}`);
});

test('a real name finds nothing where pseudonyms are shown, and a pseudonym finds its jobs', async () => {
  const reader = { 'X-API-Key': await addKey(anonymised.database, 'filter', ['read:names']) };
  const jobs = async (query: string) => {
    const answer = await fetch(`${anonymised.url}/api/v1/usage/query?axis=submitted&measure=jobs&${query}`, {
      headers: reader,
    });
    return (await answer.json()) as Json;
  };
  const [, pseudonym = ''] = /"name":"(user-[0-9a-f]{12})"/.exec(JSON.stringify(await jobs('by=user'))) ?? [];
  expect(await jobs(`user=${pseudonym}`)).toMatchObject({ total: { jobs: 1 } });
  expect(await jobs(`user=${person}`)).toEqual({ error: `No job has the user ${person}` });
  expect(await jobs(`user=${pseudonym}&user=misspelt`)).toEqual({ error: 'No job has the user misspelt' });
});
