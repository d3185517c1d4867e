/** The database of a receiver: which one the verbs of `serve` act on, its size, its copies. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { databaseOf } from '../../../src/commands/serve/database.ts';
import { openContext } from '../../../src/run/context.ts';
import * as transfers from '../../../src/server/store/transfer.ts';
import { receiverSite } from './site.ts';

let site: ReturnType<typeof receiverSite>;
beforeEach(() => {
  site = receiverSite();
});
afterEach(() => site.remove());

const refused = (words: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${words}\n` });

describe('the database', () => {
  const address = { host: 'db.example.org', port: 5432, database: 'r', user: 'u' };
  const found = (named: string | undefined, variables: Record<string, string> = {}) =>
    databaseOf(
      named,
      openContext({}, { XDG_CONFIG_HOME: site.directory, XDG_STATE_HOME: site.directory, ...variables }),
    );

  test('is the named one, before the one in DATABASE_URL and the file in the state directory', () => {
    const DATABASE_URL = 'postgres://u:radium-226@db.example.org/r';
    expect(found(undefined)).toBe(join(site.directory, 'hpc-collector/receiver.db'));
    expect(found('here.db')).toBe('here.db');
    expect(found('here.db', { DATABASE_URL })).toBe('here.db');
    expect(found(undefined, { DATABASE_URL })).toMatchObject({ ...address, password: 'radium-226' });
    expect(found('postgres://v@other.example.org/q', { DATABASE_URL })).toMatchObject({
      host: 'other.example.org',
      user: 'v',
    });
    expect(found('here.db', { DATABASE_URL: 'there.db' })).toBe('here.db');
  });

  test('in DATABASE_URL must be on PostgreSQL', () => {
    expect(() => found(undefined, { DATABASE_URL: 'there.db' })).toThrow(
      /^DATABASE_URL is not the address of a PostgreSQL database: unset DATABASE_URL, or use --database\.$/,
    );
  });

  test('that is not an address is refused with an example of one', async () => {
    expect(await site.serve('stats', '--database', 'postgres://db:port/r')).toEqual(
      refused('postgres://db:port/r is not the address of a database: write postgres://HOST:5432/DATABASE?user=USER.'),
    );
  });

  test('on the command line must not have a password', () => {
    for (const named of ['postgres://u:radium-226@db.example.org/r', 'postgresql://:radium-226@db.example.org/r']) {
      expect(() => found(named)).toThrow(
        /^The address after --database has a password, which every user of this host can see: use PGPASSFILE, or DATABASE_URL in the env file\.$/,
      );
    }
    for (const named of ['postgres://u@db.example.org:5432/r', 'postgres://db.example.org/r?user=u']) {
      expect(found(named)).toMatchObject(address);
    }
  });
});

test('stats shows the rows and the size of each kind, numbers to the right', async () => {
  await site.verb('user', 'add', 'ada');
  await site.verb('key', 'add', 'derecho', '--all');
  const { exit, stdout, stderr } = await site.verb('stats');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  const [header = '', ...rows] = stdout.trimEnd().split('\n');
  expect(header).toMatch(/^KIND +ROWS +SIZE$/);
  expect(rows.map((row) => row.length)).toEqual(rows.map(() => header.length));
  const end = header.indexOf('ROWS') + 4;
  expect(rows.map((row) => row.slice(end - 1, end))).toEqual(
    rows.map((row) => (row.startsWith('users and keys') ? '2' : '0')),
  );
  expect(stdout).toMatch(/^users and keys +2 +\d+ KiB$/m);
  const json = (await site.verb('stats', '--json')).stdout.trimEnd().split('\n');
  expect(json).toHaveLength(rows.length);
  expect(json).toContainEqual(expect.stringMatching(/^\{"kind":"users and keys","rows":2,"bytes":\d+\}$/));
});

describe('backup', () => {
  test('names the database, the copy and its size', async () => {
    await site.verb('user', 'add', 'ada');
    const copy = join(site.directory, 'copy.db');
    const { exit, stdout, stderr } = await site.verb('backup', copy);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
    expect(stderr).toBe(`Copied ${site.database} to ${copy} (${statSync(copy).size / 1024} KiB)\n`);
  });

  test('refuses PostgreSQL', async () => {
    const copy = join(site.directory, 'copy.db');
    expect(await site.serve('backup', copy, '--database', 'postgres://u@db.example.org/r')).toEqual(
      refused('serve backup copies SQLite databases: back up PostgreSQL with pg_dump.'),
    );
    expect(existsSync(copy)).toBe(false);
  });
});

describe('migrate', () => {
  test('shows each table once it is copied, and at most every two seconds meanwhile', async () => {
    let now = 0;
    const spies = [
      spyOn(Date, 'now').mockImplementation(() => now),
      spyOn(transfers, 'transfer').mockImplementation(async (_, __, progress) => {
        for (const [time, copied] of [
          [1999, 10],
          [2000, 20],
          [3999, 30],
          [4000, 40],
          [4001, 50],
        ] as const) {
          now = time;
          progress('jobs', copied, 50);
        }
        return 50;
      }),
    ];
    try {
      const { exit, stdout, stderr } = await site.serve(
        'migrate',
        '--from',
        site.database,
        '--to',
        'postgres://u@db.example.org/r',
      );
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
      expect(stderr).toBe(
        'jobs: 20 of 50 rows\njobs: 40 of 50 rows\njobs: 50 of 50 rows\nCopied and compared 50 rows\n',
      );
      expect(transfers.transfer).toHaveBeenCalledWith(
        site.database,
        expect.objectContaining({ host: 'db.example.org' }),
        expect.any(Function),
      );
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  });

  test('needs both databases', async () => {
    expect((await site.serve('migrate', '--from', site.database)).stderr).toBe(
      'hpc-collector serve migrate needs --to: see hpc-collector serve migrate --help\n',
    );
    expect((await site.serve('migrate', '--to', 'postgres://db.example.org/r')).stderr).toBe(
      'hpc-collector serve migrate needs --from: see hpc-collector serve migrate --help\n',
    );
  });

  test('refuses a target that is a file', async () => {
    expect(await site.serve('migrate', '--from', site.database, '--to', 'receiver.db')).toEqual(
      refused('--to receiver.db: give the address of a database, as postgres://HOST/DATABASE?user=USER'),
    );
  });
});
