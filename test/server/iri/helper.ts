import { expect } from 'bun:test';
import Ajv from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import published from '../../../fixtures/iri/schemas.json' with { type: 'json' };
import { defaultReceiverSettings, type ReceiverSettings } from '../../../src/config/receiver.ts';
import type { ReceiverOptions } from '../../../src/server/receiver.ts';
import { type Engine, type Json, startForTest } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(published);

/** The operations of the published schema. */
export const operations = published.operations;

export type Model = 'Facility' | 'Site' | 'Resource' | 'Incident' | 'Event' | 'Problem';

/** Fails unless a value, or each member of a list, is valid by a model of the published schema. */
export function expectModel(model: Model, value: unknown): void {
  const validate = ajv.getSchema(`iri#/$defs/${model}`);
  expect(validate).toBeDefined();
  for (const one of Array.isArray(value) ? value : [value]) {
    validate?.(one);
    expect({ one, errors: validate?.errors ?? null }).toEqual({ one, errors: null });
  }
}

/** The settings of receiver.yaml for a facility in Wyoming. */
export const settings: ReceiverSettings = {
  ...defaultReceiverSettings,
  facility: {
    id: 'ncar',
    name: 'NSF NCAR',
    short_name: 'NCAR',
    organization_name: 'UCAR',
    support_uri: 'https://support.example.org',
  },
  site: { id: 'nwsc', name: 'Wyoming Supercomputing Center', operating_organization: 'UCAR', latitude: 41.1 },
  changedAt: new Date('2026-02-21T12:00:00Z'),
};

/** The canonical text of a time so many minutes before now. */
const start = Date.now();
export const ago = (minutes: number) => new Date(start - minutes * 60_000).toISOString().slice(0, 19);

/** A receiver that answers the API. */
export async function startIri(
  engine: Engine,
  configured: ReceiverSettings = defaultReceiverSettings,
  options: Partial<ReceiverOptions> = {},
) {
  const receiver = await startForTest({ engine, settings: configured, ...options });
  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(path.startsWith('http') ? path : `${receiver.url}/api/v2/${path}`, {
      redirect: 'manual',
      ...init,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as Json,
    };
  }
  /** One object, or a list of objects. */
  async function shown(path: string): Promise<Json> {
    const { status, body } = await ask(path);
    expect({ path, status, body }).toMatchObject({ status: 200 });
    return body;
  }
  return {
    ...receiver,
    ask,
    shown,
    listed: async (path: string) => (await shown(path)) as unknown as Json[],
    /** The ids in a list: none if it is empty, which is answered with 404. */
    async ids(path: string): Promise<unknown[]> {
      const { status, body } = await ask(path);
      expect([200, 404]).toContain(status);
      return Array.isArray(body) ? body.map(({ id }) => id) : [];
    },
    async snapshot(system: string, minutesAgo: number, members: Json = {}) {
      const { status } = await receiver.post(system, { ...leastTotals, timestamp: ago(minutesAgo), ...members });
      expect(status).toBe(201);
    },
    async outage(members: Json): Promise<string> {
      const { status, body } = await receiver.post('outage', { severity: 'major', title: 'Outage', ...members });
      expect(status).toBe(201);
      return `outage.${body.outage_id}`;
    },
  };
}

export type IriReceiver = Awaited<ReturnType<typeof startIri>>;

export const filesystem = (name: string, state: Json = {}) => ({ filesystem_name: name, ...state });

/** Sends snapshots, outages and reservations of every kind that the API shows. */
export async function fill(receiver: IriReceiver): Promise<void> {
  for (const minutes of [50, 45, 40, 35, 30, 25, 20, 15, 10, 5, 0]) {
    await receiver.snapshot('derecho', minutes, {
      login_nodes: [{ node_name: 'derecho1' }, { node_name: 'derecho2', available: minutes !== 30 }],
      filesystems: [filesystem('/glade/scratch', { degraded: minutes === 20 }), filesystem('home')],
      queues: [{ queue_name: 'main' }],
      queue_definitions: [{ queue_name: 'main', enabled: true, started: minutes < 15 }],
      reservations: [
        { reservation_name: 'R1', start_time: ago(60), end_time: ago(-60), partition: 'main', description: 'R1.pbs' },
        ...(minutes > 30 ? [{ reservation_name: 'R2', start_time: ago(-600), end_time: ago(-660) }] : []),
      ],
    });
  }
  await receiver.snapshot('silent', 60, { filesystems: [filesystem('home')] });
  await receiver.post('jupyterhub', { timestamp: ago(1), available: true, active_users: 3, active_sessions: 4 });
  await receiver.outage({ system_name: 'Derecho', start_time: ago(22), component: 'Filesystem /glade/scratch' });
  await receiver.outage({ system_name: 'derecho', start_time: ago(42), end_time: ago(28), status: 'resolved' });
  await receiver.outage({
    system_name: 'derecho',
    severity: 'maintenance',
    start_time: ago(-100),
    estimated_resolution: ago(-200),
  });
  await receiver.outage({ system_name: 'nowhere', title: 'Of a system without snapshots', start_time: ago(1) });
}
