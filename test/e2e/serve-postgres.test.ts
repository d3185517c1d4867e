/** `serve` on PostgreSQL: the address and its password, several receivers behind one proxy, a server that is away. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsThat } from '../support/needs.ts';
import { isPostgresInstalled, sharedCluster } from '../support/postgres.ts';
import { newSite, type Site } from '../support/site.ts';

const onPostgres = needsThat(isPostgresInstalled, 'postgresql');

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

/** The address of a new database over TCP. */
async function freshUrl(): Promise<string> {
  const cluster = await sharedCluster();
  const name = /\/\/\/(\w+)/.exec(await cluster.makeDatabase())?.[1] ?? '';
  return cluster.overTcp(name);
}

describe('the database', () => {
  onPostgres('is named in the env file, and serve, user and key use it', async () => {
    const url = await freshUrl();
    site.configure('env', `DATABASE_URL=${url.replace('postgres@', 'postgres:a-secret-word@')}\n`);
    expect(await site.run('serve', 'user', 'add', 'mcurie')).toMatchObject({ exit: 0, stderr: 'Added mcurie\n' });
    expect(await site.run('serve', 'key', 'add', 'one', '--all')).toMatchObject({ exit: 0 });
    expect((await site.run('serve', 'user', 'ls')).stdout).toContain('mcurie');
    const server = site.start(['serve', '--listen', '127.0.0.1:0']);
    const [, address = ''] = await server.said(/Listening on (\S+)/);
    expect((await fetch(`${address}/api/dashboard/health`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ exit: 0 });
    expect(server.stderr() + server.stdout()).not.toMatch(/a-secret-word|No snapshots are taken/);
  });

  onPostgres('after --database must not have a password', async () => {
    const url = (await freshUrl()).replace('postgres@', 'postgres:a-secret-word@');
    const { exit, stderr } = await site.run('serve', 'user', 'ls', '--database', url);
    expect(exit).toBe(2);
    expect(stderr).toContain('use PGPASSFILE');
    expect(stderr).not.toContain('a-secret-word');
  });

  onPostgres('whose password file others can read is not opened', async () => {
    const file = join(site.directory, 'pgpass');
    writeFileSync(file, '*:*:*:*:a-secret-word\n', { mode: 0o644 });
    site.configure('env', `PGPASSFILE=${file}\n`);
    const { exit, stderr } = await site.run('serve', 'user', 'ls', '--database', await freshUrl());
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining(`chmod 600 ${file}`) });
  });
});
