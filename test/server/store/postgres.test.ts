/** What only PostgreSQL can do: be shared, be lost, be another program's. */

import { afterAll, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { OperatorError } from '../../../src/lib/errors.ts';
import { endsOfJob, endsOfJobs, type ReceivedJobs, runsOfJob, storeJobs } from '../../../src/server/store/jobs.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Reader } from '../../../src/server/store/port.ts';
import { postgresMigrations } from '../../../src/server/store/postgres-schema.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/files.ts';
import { needsThat } from '../../support/needs.ts';
import { addressOf, isPostgresInstalled, sharedCluster, startCluster } from '../../support/postgres.ts';

const onPostgres = needsThat(isPostgresInstalled, 'postgresql');

async function freshAddress() {
  return addressOf(await (await sharedCluster()).makeDatabase());
}

async function refusal(work: Promise<unknown>): Promise<OperatorError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof OperatorError) return error;
  throw new Error(`no OperatorError: ${String(error)}`);
}

describe('a database', () => {
  // PostgreSQL reports the race in several ways, each of them seldom.
  onPostgres.each(Array.from({ length: 12 }, (_, index) => index))(
    'is made once by many programs that start at once (%d)',
    async () => {
      const address = await freshAddress();
      const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(address)));
      await Promise.all(
        stores.map((store, index) =>
          store.transaction((writer) =>
            writer.run("INSERT INTO clusters (name, last_received_at) VALUES ($1, '')", `c${index}`),
          ),
        ),
      );
      expect(await stores[0]?.get('SELECT count(*) AS n FROM clusters')).toEqual({ n: 6 });
      expect(await stores[5]?.all('SELECT * FROM receiver_schema')).toEqual([
        { id: 1, version: postgresMigrations.length },
      ]);
      for (const store of stores) await store.close();
    },
    60_000,
  );

  onPostgres('with tables of another program is refused and left as it is', async () => {
    const address = await freshAddress();
    const store = await openStore(address);
    await store.transaction((writer) => writer.run('DROP TABLE receiver_schema'));
    await store.close();
    const { message } = await refusal(openStore(address));
    expect(message).toBe(
      'The database has tables of another program: give the receiver a database of its own (createdb).',
    );
  });

  onPostgres('that is newer is refused at the start, and by a receiver that runs', async () => {
    const address = await freshAddress();
    const store = await openStore(address);
    await store.transaction((writer) => writer.run('UPDATE receiver_schema SET version = 99'));
    await expect(store.transaction(async () => null)).rejects.toMatchObject({ reason: 'replaced' });
    await store.close();
    expect((await refusal(openStore(address))).message).toContain('was written by a newer hpc-collector');
  });

  onPostgres('that does not exist, or whose server does not run, is refused in one line', async () => {
    const address = { ...(await freshAddress()), password: 'never shown' };
    const missing = await refusal(openStore({ ...address, database: 'nowhere' }));
    expect(missing.message).toContain('database "nowhere" does not exist');
    const down = await refusal(openStore({ ...address, port: 1 }));
    expect(down.message).toContain('pg_isready');
    for (const { message } of [missing, down]) expect(message).not.toMatch(/\n|never shown/);
  });
});

describe('a connection', () => {
  const insert = (name: string) => ({ sql: "INSERT INTO clusters (name, last_received_at) VALUES ($1, '')", name });

  onPostgres('that the server closed is made again, for reads and for writes', async () => {
    const address = await freshAddress();
    const store = await openStore(address);
    const { sql } = insert('');
    await store.transaction((writer) => writer.run(sql, 'before'));
    await Promise.all(Array.from({ length: 20 }, () => store.get('SELECT 1')));
    const cluster = await sharedCluster();
    await cluster.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${address.database}'`);
    await Promise.all(Array.from({ length: 20 }, () => store.get('SELECT 1')));
    await store.transaction((writer) => writer.run(sql, 'after'));
    expect(await store.get('SELECT count(*) AS n FROM clusters')).toEqual({ n: 2 });
    await store.close();
  });

  onPostgres('that is lost inside a transaction stores nothing of it', async () => {
    const address = await freshAddress();
    const store = await openStore(address);
    const { sql } = insert('');
    const cluster = await sharedCluster();
    const lost = store.transaction(async (writer) => {
      await writer.run(sql, 'first');
      const row = await writer.get<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await cluster.sql(`SELECT pg_terminate_backend(${row?.pid})`);
      await Bun.sleep(50);
      await writer.run(sql, 'second');
    });
    await expect(lost).rejects.toMatchObject({ name: 'Unavailable' });
    await store.transaction((writer) => writer.run(sql, 'third'));
    expect(await store.all('SELECT name FROM clusters')).toEqual([{ name: 'third' }]);
    await store.close();
  });

  // Bun 1.3 gave rows of one query to another if queries were pipelined.
  onPostgres('gives each of many queries at once its own rows', async () => {
    const store = await openStore(await freshAddress());
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    const rows = await Promise.all(
      numbers.map((n) => store.get<{ n: number }>(`SELECT $1::bigint AS n, repeat('x', ${n % 7}) AS x`, n)),
    );
    expect(rows.map((row) => row?.n)).toEqual(numbers);
    await store.close();
  });
});

/** To read all jobs of a cluster for each job of a request took minutes, and statements reached their limit. */
onPostgres('jobs are found by their ids in a cluster that the statistics of the server do not have', async () => {
  const store = await openStore(await freshAddress());
  await store.transaction((writer) => storeJobs(writer, jobsOf('known')));
  await store.transaction((writer) => writer.run('ANALYZE jobs'));
  await store.transaction((writer) => storeJobs(writer, jobsOf('new')));

  const plans: string[] = [];
  const explaining: Reader = {
    ...store,
    async all(sql, ...values) {
      const lines = await store.all<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, ...values);
      plans.push(lines.map((line) => line['QUERY PLAN']).join('\n'));
      return [];
    },
  };
  await Array.fromAsync(endsOfJobs(explaining, 'new', [{ id: '7', submit: '2026-11-20T10:00:00' }]));
  await endsOfJob(explaining, 'new', '7');
  await runsOfJob(explaining, 'new', '7');
  expect(plans).toHaveLength(3);
  for (const plan of plans) {
    expect(plan).toContain('jobs_pkey');
    expect(plan).not.toMatch(/jobs_by_(submit|end)/);
  }
  await store.close();
});

function jobsOf(cluster: string): ReceivedJobs {
  const columns = [
    ...(['job_id', 'user', 'account', 'partition', 'state', 'submit', 'cpu_hours', 'gpu_hours'] as const),
    ...(['cpus', 'gpus', 'nodes'] as const),
  ];
  const rows = Array.from({ length: 5000 }, (_, index) => [
    ...[String(index), 'alice', 'physics', 'compute', 'COMPLETED', '2026-11-20T10:00:00', 1, 0, 1, 0, 1],
  ]);
  return { cluster, columns, rows, receivedAt: '', receivedFrom: '' };
}

describe('TLS with verify-full', () => {
  const directory = temporaryDirectory();
  afterAll(() => directory.remove());

  onPostgres(
    'takes the server whose authority is named, and no other',
    async () => {
      for (const name of ['server', 'stranger']) makeAuthority(directory.path, name);
      const own = join(directory.path, 'server');
      const cluster = await startCluster({ certificate: `${own}.pem`, key: `${own}.key` });
      try {
        const url = `${cluster.overTcp('postgres')}?sslmode=verify-full`;
        const store = await openStore(addressOf(`${url}&sslrootcert=${own}.pem`));
        expect(await store.get('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual({ ssl: true });
        await store.close();
        await refusal(openStore(addressOf(url)));
        await refusal(openStore(addressOf(`${url}&sslrootcert=${directory.path}/stranger.pem`)));
        const otherName = url.replace('127.0.0.1', 'localhost');
        await refusal(openStore(addressOf(`${otherName}&sslrootcert=${own}.pem`)));
      } finally {
        await cluster.remove();
      }
    },
    120_000,
  );

  test('sends nothing to a server without TLS', async () => {
    const received: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        received.push(Buffer.from(bytes));
        socket.write('N');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const place = server.address();
    const port = typeof place === 'object' ? place?.port : 0;
    await refusal(openStore(addressOf(`postgres://someone:secret@127.0.0.1:${port}/db?sslmode=verify-full`)));
    expect(Buffer.concat(received).toString('latin1')).not.toMatch(/someone|secret|db/);
    expect(Buffer.concat(received).length).toBe(8);
    server.close();
  });
});
