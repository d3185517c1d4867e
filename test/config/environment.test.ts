import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment, secondsFrom } from '../../src/config/environment.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

function read(environment: Record<string, string>, file: Record<string, string>) {
  const path = join(directory.path, 'env');
  const lines = Object.entries(file).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  return readEnvironment(environment, path);
}

const groups = [
  ['STATUS_API_URL', 'SAM_API_URL'],
  ['STATUS_API_USER', 'SAM_API_USER'],
  ['STATUS_API_PASSWORD', 'STATUS_API_KEY', 'SAM_API_PASSWORD'],
] as const;
const pairs = groups.flatMap((names) => names.flatMap((one) => names.map((other) => [one, other] as const)));

test.each(pairs)('%s of the environment wins over %s of the env file', (inEnvironment, inFile) => {
  const found = read({ [inEnvironment]: 'amber-new-value' }, { [inFile]: 'amber-old-value', API_TIMEOUT: '5' });
  expect(found).toEqual({ [inEnvironment]: 'amber-new-value', API_TIMEOUT: '5' });
});

test('a variable of one group does not override other groups of the env file', () => {
  const file = { SAM_API_URL: 'https://a.example', SAM_API_USER: 'me', STATUS_API_KEY: 'cobalt-lantern-file' };
  expect(read({ STATUS_API_USER: 'you' }, file)).toEqual({
    SAM_API_URL: 'https://a.example',
    STATUS_API_USER: 'you',
    STATUS_API_KEY: 'cobalt-lantern-file',
  });
});

test('an empty environment variable does not override the env file', () => {
  expect(read({ SAM_API_PASSWORD: '' }, { STATUS_API_PASSWORD: 'amber-kept-value' })).toEqual({
    STATUS_API_PASSWORD: 'amber-kept-value',
  });
});

test('without an env file only the environment counts', () => {
  expect(readEnvironment({ A: 'b' }, join(directory.path, 'nothing'))).toEqual({ A: 'b' });
});

test.each([
  ['0', null],
  ['0.5', 0.5],
  ['1', 1],
  ['3600', 3600],
  ['3600.5', null],
])('%s as a number of seconds', (text, expected) => {
  const seconds = () => secondsFrom({ API_TIMEOUT: text }, 'API_TIMEOUT');
  if (expected === null) expect(seconds).toThrow('API_TIMEOUT');
  else expect(seconds()).toBe(expected);
});
