import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatorError } from '../../src/lib/errors.ts';
import { openDatabase } from '../../src/outbox/database.ts';
import { migrations } from '../../src/outbox/migrations.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { addEntry } from '../support/add-entry.ts';
import { descriptorsOf, quickDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { newEntry, programOf, store } from './helper.ts';

let directory: ReturnType<typeof quickDirectory>;
let file: string;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'state', 'hpc-collector', 'outbox.db');
});
afterEach(() => {
  chmodSync(directory.path, 0o700);
  directory.remove();
});

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe('a new outbox', () => {
  test.each([0o000, 0o022, 0o077])('can be read only by its owner with umask %o', (umask) => {
    const before = process.umask(umask);
    try {
      new Outbox(file).close();
    } finally {
      process.umask(before);
    }
    expect(modeOf(file)).toBe('600');
    expect(modeOf(join(directory.path, 'state', 'hpc-collector'))).toBe('700');
    expect(modeOf(join(directory.path, 'state'))).toBe('700');
  });

  test('leaves no files beside it', () => {
    const outbox = new Outbox(file);
    store(outbox);
    expect(readdirSync(join(file, '..'))).toEqual(['outbox.db']);
    outbox.close();
  });

  test('has the schema of this version', () => {
    const database = openDatabase(file);
    expect(database.query('PRAGMA user_version').get()).toEqual({ user_version: migrations.length });
    expect(database.query('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });

  test('is opened by five processes at once, and every entry of theirs is there', async () => {
    const children = Array.from({ length: 5 }, (_, index) =>
      Bun.spawn(programOf('fill', file, String(index)), { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    const errors = await Promise.all(children.map((child) => new Response(child.stderr).text()));
    expect(errors.join('')).toBe('');
    expect(await Promise.all(children.map((child) => child.exited))).toEqual(new Array(5).fill(0));
    const outbox = new Outbox(file);
    expect(outbox.list('pending').length).toBe(100);
    expect(outbox.heads('sam').length).toBe(5);
    outbox.close();
  }, 20_000);
});

describe('every connection', () => {
  test.each([
    ['journal_mode', 'delete'],
    ['synchronous', 3],
    ['foreign_keys', 1],
    ['busy_timeout', 10_000],
  ])('has %s = %p, on a new file and on an old one', (name, value) => {
    for (let opened = 0; opened < 2; opened++) {
      const database = openDatabase(file);
      expect(Object.values(database.query(`PRAGMA ${name}`).get() ?? {})).toEqual([value]);
      database.close();
    }
  });

  test('changes the journal mode back if another program set a write-ahead log', () => {
    openDatabase(file).close();
    const other = new Database(file);
    other.run('PRAGMA journal_mode = WAL');
    other.close();
    const database = openDatabase(file);
    expect(database.query('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    database.close();
  });
});

needs('strace')('an entry is on disk, with its directory, before it counts as stored', () => {
  new Outbox(file).close();
  const trace = join(directory.path, 'trace');
  const traced = run([
    'strace',
    '-f',
    '-y',
    '-e',
    'trace=fsync,fdatasync,write',
    '-o',
    trace,
    ...programOf('add', file, 'x'),
  ]);
  expect(traced.exit).toBe(0);
  const [, during = ''] = /"INSERT\\n"([\s\S]*)"DONE\\n"/.exec(readFileSync(trace, 'utf8')) ?? [];
  const synced = [...during.matchAll(/(?:fsync|fdatasync)\(\d+<([^>]*)>\)\s*= 0/g)].map((match) => match[1]);
  expect(synced).toContain(file);
  expect(synced).toContain(`${file}-journal`);
  // The journal's removal is what commits: it must last, too.
  expect(synced.at(-1)).toBe(join(file, '..'));
});

describe('a file that cannot be used is reported with the remedy:', () => {
  const refusal = () => {
    try {
      new Outbox(file).close();
    } catch (error) {
      if (error instanceof OperatorError) return { message: error.message, exitCode: error.exitCode };
      throw error;
    }
    throw new Error('it was opened');
  };

  test('an outbox of a newer version, which is not changed', () => {
    new Outbox(file).close();
    const other = new Database(file);
    other.run(`PRAGMA user_version = ${migrations.length + 1}`);
    other.close();
    const before = Bun.file(file).size;
    expect(refusal()).toEqual({
      message: `the outbox ${file} was written by a newer version (schema ${migrations.length + 1}, this one knows ${migrations.length}): install the newer hpc-collector, or put back the copy that it made before it changed the file (README: Upgrade and go back)`,
      exitCode: 2,
    });
    expect(Bun.file(file).size).toBe(before);
  });

  test("a file that others can write, and another program's database, which are closed again", () => {
    openDatabase(file).close();
    chmodSync(file, 0o622);
    expect(refusal().message).toStartWith(`${file} can be written by others (mode 622)`);
    chmodSync(file, 0o600);
    const other = new Database(file);
    other.run('PRAGMA application_id = 7');
    other.close();
    expect(refusal()).toEqual({
      message: `${file} is another program's database, not an outbox: correct --outbox, or move the file away`,
      exitCode: exitCodes.fatal,
    });
    expect(descriptorsOf(file)).toBe(0);
  });

  test('a file that is not a database, which is not changed', async () => {
    mkdirSync(join(file, '..'), { recursive: true });
    const text = 'this is no database '.repeat(100);
    writeFileSync(file, text);
    expect(refusal().message).toStartWith(`cannot open the outbox ${file}: file is not a database; `);
    expect(await Bun.file(file).text()).toBe(text);
  });

  test('a directory in its place', () => {
    mkdirSync(file, { recursive: true });
    expect(refusal().message).toStartWith(`cannot open the outbox ${file}: `);
  });

  test('a file in the place of its directory', () => {
    writeFileSync(join(directory.path, 'state'), '');
    expect(refusal()).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('its directory cannot be created'),
    });
  });
});

describe('in a directory that is read-only', () => {
  beforeEach(() => {
    chmodSync(directory.path, 0o755);
    file = join(directory.path, 'outbox.db');
  });

  test('nothing can be made, and the error names the directory', () => {
    const { stdout } = run(programOf('addForbidden', file));
    expect(stdout).toMatch(
      /^cannot open the outbox .*outbox\.db: permission denied; this user must own it: ls -ld .* \(1\)$/,
    );
  });

  test('an existing outbox cannot be written, and the error names it', () => {
    const outbox = new Outbox(file);
    addEntry(outbox, newEntry());
    outbox.close();
    // The program gives up root for this user, who may write the file but not its directory.
    if (process.getuid?.() === 0) chownSync(file, 65_534, 65_534);
    const { stdout } = run(programOf('addForbidden', file));
    expect(stdout).toMatch(
      /^cannot write the outbox .*outbox\.db: it is read-only; check its mount and its owner: .* \(1\)$/,
    );
  });
});
