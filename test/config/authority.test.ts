import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAuthority } from '../../src/config/authority.ts';
import { quickDirectory } from '../support/files.ts';
import { hubOf } from '../support/systems.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

test.each([
  ['nothing', ''],
  ['text', 'hello\n'],
  ['an empty certificate', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
  ['a certificate that is cut off', '-----BEGIN CERTIFICATE-----\nMIIB\n'],
])('a file with %s is refused by its setting and name, for a destination and for a hub', (_, text) => {
  const file = join(directory.path, 'ca.pem');
  writeFileSync(file, text);
  expect(() => readAuthority(file, 'x.ca_file')).toThrow(`x.ca_file ${file} has no certificate`);
  expect(() => hubOf({ ca_file: file })).toThrow(`ca_file ${file} has no certificate`);
});

test('a file that does not exist is refused', () => {
  const file = join(directory.path, 'nothing');
  expect(() => readAuthority(file, 'x.ca_file')).toThrow(`x.ca_file ${file}: ENOENT`);
});
