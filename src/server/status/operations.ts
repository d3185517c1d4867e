import { z } from 'zod';
import type { Operation } from '../openapi/operation.ts';
import {
  changedOutageSchema,
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

/** Returns some of the query parameters. */
function some(...names: readonly (keyof typeof parameters)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, parameters[name]]));
}

const period = some('from', 'to', 'step');
const users = { ...period, ...some('state', 'metric', 'rank', 'top', 'queue', 'include') };
const unknown = { 404: 'There is no such system, part or outage' };
const stored = { ...unknown, 409: 'Another body was stored with this timestamp or Idempotency-Key' };
const status = '/api/v1/status';
const deleted = z.object({ success: z.literal(true) });

/** The operations of the status API. */
export const statusOperations: readonly Operation[] = [
  { ...get('/api/v1/systems', 'systems', 'List the systems with their states'), answer: z.array(systemSchema) },
  { ...get(`${status}/{system}/latest`, 'latest', 'Show the newest snapshot'), answer: latestSchema },
  {
    ...post(`${status}/{system}`, 'postSnapshot', 'Store a snapshot'),
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
    query: { ...period, ...some('include') },
    answer: oneUserSchema,
  },
  {
    ...get(`${status}/{system}/projects/{name}/history`, 'projectHistory', 'Show the history of a project'),
    query: { ...period, ...some('include') },
    answer: oneUserSchema,
  },
  {
    ...post(`${status}/outage`, 'postOutage', 'Report an outage'),
    body: outageSchema,
    answer: storedOutageSchema,
  },
  {
    ...get(`${status}/outages`, 'outages', 'List outages, the newest start first'),
    query: some('system_name', 'status', 'include_resolved'),
    answer: z.array(outageRowSchema),
  },
  {
    ...get(`${status}/outages/{outage}`, 'outage', 'Show an outage with its time line'),
    answer: outageWithUpdatesSchema,
  },
  {
    ...{
      method: 'patch',
      path: `${status}/outages/{outage}`,
      id: 'patchOutage',
      summary: 'Change an outage',
      problems: unknown,
    },
    body: changeSchema,
    answer: changedOutageSchema,
  },
  {
    ...{
      method: 'delete',
      path: `${status}/outages/{outage}`,
      id: 'deleteOutage',
      summary: 'Delete an outage',
      problems: unknown,
    },
    answer: deleted,
  },
  {
    ...get(`${status}/reservations`, 'reservations', 'List reservations, the next start first'),
    query: some('system_name', 'upcoming_only'),
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

function get(path: string, id: string, summary: string) {
  return { method: 'get', path, id, summary, problems: unknown } as const;
}

function post(path: string, id: string, summary: string) {
  return { method: 'post', path, id, summary, success: 201, problems: stored } as const;
}

function historyOf(id: string, part: string, what: string): Operation {
  const path = `${status}/{system}${part}/history`;
  return {
    ...get(path, id, `Show the history of ${what}`),
    query: { ...period, ...some('fields', 'include') },
    answer: historySchema,
  };
}
