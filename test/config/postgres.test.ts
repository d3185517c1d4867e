import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPostgresAddress, postgresAddress, shownAddress } from '../../src/config/postgres.ts';
import { withoutSecrets } from '../../src/lib/secrets.ts';
import { temporaryDirectory } from '../support/files.ts';

let home: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  home = temporaryDirectory();
});
afterEach(() => home.remove());

const read = (url: string, environment: Record<string, string> = {}) =>
  postgresAddress(url, { HOME: home.path, ...environment });

test.each([
  ['postgres://u@db.example.org/receiver', 'postgres://u@db.example.org:5432/receiver'],
  ['postgresql://u@[fd00::1]:6000/receiver', 'postgres://u@[fd00::1]:6000/receiver'],
  ['postgres://u@db', 'postgres://u@db:5432/u'],
  ['postgres:///receiver?host=/run/postgresql&user=u', 'postgres:///receiver?host=/run/postgresql&port=5432&user=u'],
])('%s means %s', (url, shown) => {
  expect(shownAddress(read(url))).toBe(shown);
});

test.each([
  ['receiver.db', false],
  ['/var/lib/postgres/receiver.db', false],
  ['postgres://db/receiver', true],
  ['postgresql:///receiver', true],
])('%s is an address: %p', (text, is) => {
  expect(isPostgresAddress(text)).toBe(is);
});

describe('TLS', () => {
  test.each([
    ['postgres://u@db.example.org/r', { authority: null }],
    ['postgres://u@db.example.org/r?sslmode=verify-full&sslrootcert=/ca.pem', { authority: '/ca.pem' }],
    ['postgres://u@db.example.org/r?sslmode=disable', null],
    ['postgres://u@localhost/r', null],
    ['postgres://u@127.0.0.1/r', null],
    ['postgres://u@[::1]/r', null],
    ['postgres://u@127.0.0.1.example.org/r', { authority: null }],
    ['postgres:///r?host=/run/postgresql', null],
    ['postgres://u@127.0.0.1/r?sslmode=verify-full', { authority: null }],
  ])('of %s is %j', (url, tls) => {
    expect(read(url).tls).toEqual(tls);
  });

  test.each(['require', 'prefer', 'allow', 'verify-ca', ''])(
    'with sslmode=%s is refused: it checks no name',
    (mode) => {
      expect(() => read(`postgres://u@db/r?sslmode=${mode}`)).toThrow('use verify-full');
    },
  );
});

describe('the password', () => {
  const file = (text: string, mode = 0o600) => {
    writeFileSync(join(home.path, '.pgpass'), text, { mode });
  };

  test.each([
    ['db:5432:r:u:secret-one', 'secret-one'],
    ['# a comment\nother:5432:r:u:no\n*:*:*:u:secret-two\n*:*:*:*:three', 'secret-two'],
    ['db:5432:r:u:with\\:colon\\\\and-backslash', 'with:colon\\and-backslash'],
    ['db:5433:r:u:no', null],
    ['db:5432:r:u:crlf\r\n', 'crlf'],
    ['', null],
  ])('in the file %j is %p', (text, password) => {
    file(text);
    expect(read('postgres://u@db/r').password).toBe(password);
  });

  test('for a socket has the host localhost', () => {
    file('localhost:5432:r:u:of-the-socket');
    expect(read('postgres:///r?host=/run/postgresql&user=u').password).toBe('of-the-socket');
  });

  test('comes from the address, PGPASSWORD, PGPASSFILE or ~/.pgpass, in this order', () => {
    file('*:*:*:*:from-home');
    const other = join(home.path, 'other');
    writeFileSync(other, '*:*:*:*:from-file', { mode: 0o600 });
    expect(read('postgres://u@db/r').password).toBe('from-home');
    expect(read('postgres://u@db/r', { PGPASSFILE: other }).password).toBe('from-file');
    expect(read('postgres://u@db/r', { PGPASSFILE: other, PGPASSWORD: 'from-variable' }).password).toBe(
      'from-variable',
    );
    expect(read('postgres://u:from%2Furl@db/r', { PGPASSWORD: 'from-variable' }).password).toBe('from/url');
  });

  test('is hidden in all shown text', () => {
    file('*:*:*:*:hidden-in-a-file');
    read('postgres://u@db/r');
    read('postgres://u:hidden-in-a-url@db/r');
    expect(withoutSecrets('a hidden-in-a-file b hidden-in-a-url')).toBe('a ******** b ********');
    expect(shownAddress(read('postgres://u:hidden-in-a-url@db/r'))).not.toContain('hidden');
  });

  test('in a file that others can read is refused', () => {
    file('*:*:*:*:secret', 0o640);
    expect(() => read('postgres://u@db/r')).toThrow(`chmod 600 ${join(home.path, '.pgpass')}`);
  });

  test('in a file that does not exist is an error if the file is named', () => {
    expect(() => read('postgres://u@db/r', { PGPASSFILE: '/nonexistent/file' })).toThrow('which does not exist');
  });
});

test.each([
  ['postgres://u:pass word@db:x/r', 'is not the address of a database'],
  ['postgres://u:%zz@db/r', 'is not the address of a database'],
  ['postgres://u@db/r?connect_timeout=3', 'has the parameter connect_timeout'],
  ['postgres://u@db/r?host=other', 'give the directory of a socket'],
])('%s is refused, without its password', (url, words) => {
  expect(() => read(url)).toThrow(words);
  expect(() => read(url)).not.toThrow('pass word');
});
