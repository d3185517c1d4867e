import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { z } from 'zod';
import { openApiDocument } from '../../../src/server/openapi/document.ts';
import * as answers from '../../../src/server/status/answers.ts';
import { expectForm, type Json, login, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { casperSample, derechoSample, jupyterhubSample, outageSample } from '../samples.ts';

type Operation = { requestBody?: { content: Record<string, { schema: Json }> } };
const document: { openapi: string; paths: Record<string, Record<string, Operation>> } = JSON.parse(
  JSON.stringify(openApiDocument()),
);

describe('the document', () => {
  test('names the required members of a snapshot, and the allowed values of an outage', () => {
    expect(document.openapi).toBe('3.1.0');
    const body = (path: string) => document.paths[path]?.post?.requestBody?.content['application/json']?.schema;
    const [batch, hub] = (body('/api/v1/status/{system}')?.anyOf ?? []) as Json[];
    expect(batch?.required).toContain('cpu_cores_idle');
    expect(batch?.required).not.toContain('running_jobs');
    expect(hub?.required).toBeUndefined();
    expect(body('/api/v1/status/outage')).toMatchObject({
      required: ['system_name', 'title', 'severity'],
      properties: { severity: { enum: ['critical', 'major', 'minor', 'maintenance'] } },
    });
  });

  test('has a different name for each operation', () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => Reflect.get(operation, 'operationId')),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

overEngines((engine) => {
  let receiver: TestReceiver;
  const timestamp = new Date(Date.now() - 60_000).toISOString();
  const user = { username: 'ada', project_code: 'P1', queue_name: 'main', running_jobs: 1, cores_allocated: 5 };
  const sent = {
    ...{ ...derechoSample, timestamp, node_types: casperSample.node_types, user_project_queues: [user] },
    reservations: [{ reservation_name: 'R1', start_time: '2998-01-01', end_time: '2999-01-01' }],
    queue_definitions: [{ queue_name: 'main', enabled: true }],
  };
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    await receiver.post('derecho', sent, { 'X-Collection-Failed': 'filesystems' });
    await receiver.post('jupyterhub', { ...jupyterhubSample, timestamp });
    await receiver.post('outage', outageSample);
  });
  afterAll(() => receiver.remove());

  const list = (schema: z.ZodType) => schema.array();

  test.each<[string, string, z.ZodType]>([
    ['/api/v1/systems', '/api/v1/systems', list(answers.systemSchema)],
    ['/api/v1/status/{system}/latest', '/api/v1/status/derecho/latest', answers.latestSchema],
    ['/api/v1/status/{system}/latest', '/api/v1/status/jupyterhub/latest', answers.latestSchema],
    ['/api/v1/status/{system}/history', '/api/v1/status/derecho/history', answers.historySchema],
    ['/api/v1/status/{system}/history', '/api/v1/status/jupyterhub/history', answers.historySchema],
    [
      '/api/v1/status/{system}/queues/{name}/history',
      '/api/v1/status/derecho/queues/main/history',
      answers.historySchema,
    ],
    [
      '/api/v1/status/{system}/node-types/{name}/history',
      '/api/v1/status/derecho/node-types/standard/history',
      answers.historySchema,
    ],
    [
      '/api/v1/status/{system}/login-nodes/{name}/history',
      '/api/v1/status/derecho/login-nodes/derecho1/history',
      answers.historySchema,
    ],
    [
      '/api/v1/status/{system}/filesystems/{name}/history',
      '/api/v1/status/derecho/filesystems/glade/history',
      answers.historySchema,
    ],
    ['/api/v1/status/{system}/states', '/api/v1/status/derecho/states', answers.stateHistorySchema],
    ['/api/v1/status/{system}/users', '/api/v1/status/derecho/users', answers.userHistorySchema],
    ['/api/v1/status/{system}/projects', '/api/v1/status/derecho/projects', answers.userHistorySchema],
    ['/api/v1/status/outages', '/api/v1/status/outages?include_resolved=true', list(answers.outageRowSchema)],
    ['/api/v1/status/outages/{outage}', '/api/v1/status/outages/1', answers.outageWithUpdatesSchema],
    ['/api/v1/status/reservations', '/api/v1/status/reservations', list(answers.reservationRowSchema)],
  ])('GET %s answers as it is described', async (path, example, schema) => {
    expect(document.paths[path]?.get).toBeDefined();
    const response = await fetch(receiver.url + example, { headers: login });
    expect(response.status).toBe(200);
    const answer: unknown = await response.json();
    if (Array.isArray(answer)) expect(answer.length).toBeGreaterThan(0);
    expectForm(schema, answer);
  });

  test('POST, PATCH and DELETE answer as they are described', async () => {
    expectForm(answers.storedSnapshotSchema, (await receiver.post('derecho', { ...sent, timestamp: '' })).body);
    const outage = await receiver.post('outage', { ...outageSample, outage_key: 'k' });
    expectForm(answers.storedOutageSchema, outage.body);
    const patched = await receiver.send('PATCH', `outages/${outage.body.outage_id}`, {
      headers: { ...login, 'Content-Type': 'application/json' },
      body: '{"status":"resolved"}',
    });
    expectForm(answers.changedOutageSchema, patched.body);
    expectForm(answers.errorSchema, (await receiver.get('nowhere/history')).body);
  });

  test('the document is served to everybody', async () => {
    const served = await (await fetch(`${receiver.url}/api/v1/openapi.json`)).json();
    expect(served).toEqual(document as never);
  });
});
