/** What the real SAM API answers to GET, recorded, and what the receiver answers to the same data. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';

function recorded<Answer>(name: string): Answer {
  return JSON.parse(readFileSync(join(import.meta.dir, '../../../fixtures/sam-answers', `${name}.json`), 'utf8'));
}

/** Ids of the tables of the SAM API, which a client cannot use. */
const ids = [
  ...['system_id', 'queue_id', 'login_node_def_id', 'filesystem_id', 'user_id', 'project_code_id', 'status_id'],
  ...['queue_status_id', 'login_node_id', 'fs_status_id', 'node_type_status_id', 'user_proj_queue_status_id'],
  ...['derecho_status_id', 'casper_status_id', 'outage_id', 'reservation_id'],
];
/** The times at which the two servers received the data. */
const received = ['created_at', 'updated_at'];
/** Added by the servers to each entry of a list. */
const origin = [...ids, ...received, 'timestamp', 'last_seen', 'system_name'];

function without(value: unknown, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => without(entry, names));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept.map(([name, inside]) => [name, without(inside, names)]));
}

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  test.each(['derecho', 'casper', 'jupyterhub'])(
    'before the first snapshot, %s is 404 with a message',
    async (system) => {
      const label = { derecho: 'Derecho', casper: 'Casper', jupyterhub: 'JupyterHub' }[system];
      const { status, body } = await receiver.get(`${system}/latest`);
      expect({ status, body }).toEqual({ status: 404, body: { message: `No ${label} status data available` } });
    },
  );

  test.each(['derecho', 'casper', 'jupyterhub'])(
    'the newest snapshot of %s has every member of the recorded one',
    async (system) => {
      const wanted = recorded<Json>(`latest-${system}`);
      const timestamp = '2026-03-01T03:04:49.965000';
      const { timestamp: _, ...sent } = without(wanted, origin) as Json;
      expect(await receiver.post(system, { ...sent, timestamp })).toMatchObject({ status: 201 });
      const { status, body } = await receiver.get(`${system}/latest`);
      expect(status).toBe(200);
      expect(without(body, [...ids, ...received])).toMatchObject(
        without(JSON.parse(JSON.stringify(wanted).replaceAll(String(wanted.timestamp), timestamp)), [
          ...ids,
          ...received,
        ]) as Json,
      );
      expect(body).toHaveProperty('created_at');
      expect(body).toHaveProperty('status_id');
    },
  );

  describe('outages', () => {
    const wanted = recorded<Json[]>('outages');
    beforeAll(async () => {
      for (const outage of wanted.toReversed()) {
        const sent = without(outage, [...ids, ...received]) as Json;
        expect(await receiver.post('outage', sent)).toMatchObject({ status: 201 });
      }
    });
    const list = async (query: string) => (await receiver.get(`outages?${query}`)).body as unknown as Json[];

    test('are listed with the members of the recorded ones, the newest start first', async () => {
      const found = await list('include_resolved=true');
      expect(without(found, [...ids, ...received])).toEqual(without(wanted, [...ids, ...received]));
      expect(found[0]).toMatchObject({ outage_id: expect.any(Number), updated_at: null });
    });

    test.each([
      ['system_name=derecho', 2],
      ['system_name=none', 0],
      ['status=investigating', 2],
      ['status=resolved', 0],
      ['status=monitoring&include_resolved=true', 0],
      ['include_resolved=1', 2],
      ['include_resolved=yes', 2],
      ['include_resolved=false', 2],
      ['unknown=parameter', 2],
    ])('?%s lists %d', async (query, count) => {
      expect(await list(query)).toHaveLength(count);
    });

    test('an unknown status is 400, because an empty list would hide the mistake', async () => {
      expect(await receiver.get('outages?status=bogus')).toMatchObject({
        status: 400,
        body: { error: 'status: must be one of investigating, identified, monitoring, resolved' },
      });
    });
  });

  test('reservations are listed with the members of the recorded ones, the next start first', async () => {
    const wanted = recorded<Json[]>('reservations');
    const least = without(recorded<Json>('latest-casper'), origin) as Json;
    for (const { system_name, ...reservation } of wanted.toReversed()) {
      const sent = {
        ...least,
        timestamp: '2026-03-01T04:00:00',
        reservations: [without(reservation, [...ids, ...received])],
      };
      expect(await receiver.post(String(system_name), sent)).toMatchObject({ status: 201 });
    }
    const { body } = await receiver.get('reservations?upcoming_only=false');
    const found = body as unknown as Json[];
    expect(without(found.toSorted(bySystem), [...ids, ...received])).toEqual(
      without(wanted.toSorted(bySystem), [...ids, ...received]),
    );
    expect(found[0]).toMatchObject({ reservation_id: expect.any(Number), updated_at: '2026-03-01T04:00:00' });
    expect((await receiver.get('reservations')).body).toEqual([] as unknown as Json);
    expect((await receiver.get('reservations?system_name=none')).body).toEqual([] as unknown as Json);
  });
});

function bySystem(one: Json, other: Json): number {
  return String(one.system_name) < String(other.system_name) ? -1 : 1;
}
