import { z } from 'zod';
import { about } from '../../lib/version.ts';
import { type Answered, json } from '../http/answer.ts';
import {
  changedOutageSchema,
  errorSchema,
  historySchema,
  latestSchema,
  oneUserSchema,
  outageRowSchema,
  outageWithUpdatesSchema,
  reservationHistorySchema,
  reservationRowSchema,
  stateHistorySchema,
  storedOutageSchema,
  storedSnapshotSchema,
  systemSchema,
  userHistorySchema,
} from './answers.ts';
import { changeSchema } from './change-outage.ts';
import { batchSchema, hubSchema, outageSchema } from './schemas.ts';

/** An operation of the status API. */
type Operation = {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly query?: readonly (keyof typeof parameters)[];
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
};

/** The query parameters, with what they mean. */
const parameters = {
  from: 'ISO 8601 time; default: a day before `to` (states: 90 days)',
  to: 'ISO 8601 time; default: now',
  step: 'Length of a bucket: seconds, or a duration such as 5m, 1h or 1d; default: at most 500 buckets',
  fields: 'Names of fields, separated by commas; default: all with a value in the period',
  state: 'running (default), pending or held',
  metric: 'cores (default), jobs, gpus, or nodes of running jobs',
  rank: 'current (default) or peak: by the newest or the greatest bucket',
  top: 'How many have a series of their own, 1 to 100; default: 15',
  queue: 'Name of a queue; default: all queues',
  include: 'outages: also the outages of the system in the period',
  system_name: 'Name of a system; default: all systems',
  status: 'investigating, identified, monitoring or resolved',
  include_resolved: 'true or false (default)',
  upcoming_only: 'true (default) or false',
} as const;

const period = ['from', 'to', 'step'] as const;
const users = [...period, 'state', 'metric', 'rank', 'top', 'queue', 'include'] as const;
const status = '/api/v1/status';
const deleted = z.object({ success: z.literal(true) });

const operations: readonly Operation[] = [
  { ...get('/api/v1/systems', 'systems', 'List the systems with their states'), answer: z.array(systemSchema) },
  { ...get(`${status}/{system}/latest`, 'latest', 'Show the newest snapshot'), answer: latestSchema },
  {
    ...{ method: 'post', path: `${status}/{system}`, id: 'postSnapshot', summary: 'Store a snapshot' },
    body: z.union([batchSchema, hubSchema]),
    answer: storedSnapshotSchema,
  },
  historyOf('history', '', 'a system'),
  historyOf('queueHistory', '/queues/{name}', 'a queue'),
  historyOf('nodeTypeHistory', '/node-types/{name}', 'a node type'),
  historyOf('loginNodeHistory', '/login-nodes/{name}', 'a login node'),
  historyOf('filesystemHistory', '/filesystems/{name}', 'a filesystem'),
  {
    ...get(`${status}/{system}/states`, 'states', 'Show how long a system was in each state'),
    query: period,
    answer: stateHistorySchema,
  },
  {
    ...get(`${status}/{system}/users`, 'users', 'Show the users with the most jobs, cores or GPUs over time'),
    query: users,
    answer: userHistorySchema,
  },
  {
    ...get(`${status}/{system}/projects`, 'projects', 'Show the projects with the most jobs, cores or GPUs over time'),
    query: users,
    answer: userHistorySchema,
  },
  {
    ...get(`${status}/{system}/users/{name}/history`, 'userHistory', 'Show the history of a user'),
    query: [...period, 'include'],
    answer: oneUserSchema,
  },
  {
    ...get(`${status}/{system}/projects/{name}/history`, 'projectHistory', 'Show the history of a project'),
    query: [...period, 'include'],
    answer: oneUserSchema,
  },
  {
    ...{ method: 'post', path: `${status}/outage`, id: 'postOutage', summary: 'Report an outage' },
    body: outageSchema,
    answer: storedOutageSchema,
  },
  {
    ...get(`${status}/outages`, 'outages', 'List outages, the newest start first'),
    query: ['system_name', 'status', 'include_resolved'],
    answer: z.array(outageRowSchema),
  },
  {
    ...get(`${status}/outages/{outage}`, 'outage', 'Show an outage with its time line'),
    answer: outageWithUpdatesSchema,
  },
  {
    ...{ method: 'patch', path: `${status}/outages/{outage}`, id: 'patchOutage', summary: 'Change an outage' },
    body: changeSchema,
    answer: changedOutageSchema,
  },
  {
    ...{ method: 'delete', path: `${status}/outages/{outage}`, id: 'deleteOutage', summary: 'Delete an outage' },
    answer: deleted,
  },
  {
    ...get(`${status}/reservations`, 'reservations', 'List reservations, the next start first'),
    query: ['system_name', 'upcoming_only'],
    answer: z.array(reservationRowSchema),
  },
  {
    ...get(
      `${status}/{system}/reservations/{name}/history`,
      'reservationHistory',
      'Show what snapshots reported about a reservation over time',
    ),
    answer: reservationHistorySchema,
  },
];

/** Returns the handler that shows the OpenAPI document of the status API. */
export function getOpenApi() {
  let text: string | null = null;
  return async (): Promise<Answered> => {
    // Made at the first request: it takes some milliseconds, and most receivers are never asked for it.
    text ??= JSON.stringify(openApiDocument());
    return { response: json(200, text) };
  };
}

/** Returns the OpenAPI 3.1 document of the status API, made of the schemas that validate its bodies and answers. */
export function openApiDocument() {
  const paths = Map.groupBy(operations, ({ path }) => path);
  return {
    openapi: '3.1.0',
    info: { title: 'hpc-collector receiver: status API', version: about.version },
    paths: Object.fromEntries(
      [...paths].map(([path, list]) => [path, Object.fromEntries(list.map((one) => [one.method, described(one)]))]),
    ),
    components: {
      schemas: { Error: formOf(errorSchema) },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
    security: [{ basic: [] }, { key: [] }],
  };
}

function get(path: string, id: string, summary: string) {
  return { method: 'get', path, id, summary } as const;
}

function historyOf(id: string, part: string, what: string): Operation {
  const path = `${status}/{system}${part}/history`;
  return {
    ...get(path, id, `Show the history of ${what}`),
    query: [...period, 'fields', 'include'],
    answer: historySchema,
  };
}

function described({ id, summary, path, method, query = [], body, answer }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: name === 'outage' ? 'integer' : 'string' },
  }));
  const inQuery = query.map((name) => ({
    ...{ name, in: 'query', required: false, description: parameters[name] },
    schema: { type: 'string' },
  }));
  const problem = (description: string) => ({ description, content: content({ $ref: '#/components/schemas/Error' }) });
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { required: true, content: content(formOf(body)) } }),
    responses: {
      [method === 'post' ? 201 : 200]: { description: 'Done', content: content(formOf(answer)) },
      400: problem('The request is not valid; the error names every problem'),
      401: problem('A login or key is needed'),
      403: problem('The login or key lacks a scope'),
      404: problem('There is no such system, part or outage'),
      ...(method === 'post' && { 409: problem('Another body was stored with this timestamp or Idempotency-Key') }),
      503: problem('The database does not answer; try again after Retry-After seconds'),
    },
  };
}

function content(schema: Readonly<Record<string, unknown>>) {
  return { 'application/json': { schema } };
}

/** Returns the JSON schema of what a client sends or gets. OpenAPI 3.1 uses that of 2020-12. */
function formOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...form } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return form;
}
