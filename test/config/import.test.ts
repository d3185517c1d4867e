import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importExporterConfig } from '../../src/config/import.ts';
import { loadConfig } from '../../src/config/load.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
  mkdirSync(join(directory.path, 'old'));
});
afterEach(() => directory.remove());

/** As the documents of slurm-usage-history-exporter show it. */
const whole = {
  api_url: 'https://dashboard.example.com',
  api_key: 'your-secret-key-here',
  timeout: 30,
  cluster_name: 'cluster01',
  collection_window_days: 14,
};

const configDirectory = () => join(directory.path, 'new');
const inConfig = (name: string) => join(configDirectory(), name);

function write(name: string, text: string, mode = 0o600): void {
  mkdirSync(configDirectory(), { recursive: true });
  writeFileSync(inConfig(name), text, { mode });
}

function importing(settings: unknown, mode = 0o600) {
  const file = join(directory.path, 'old/config.json');
  writeFileSync(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
  chmodSync(file, mode);
  return importExporterConfig(file, configDirectory(), 'America/Denver');
}

function refusal(settings: unknown, mode?: number): string {
  try {
    importing(settings, mode);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('it was imported');
}

test('all settings of the file are imported, and only the owner can read the key', () => {
  const { written, unused } = importing(whole);
  expect(unused).toEqual([]);
  expect(written.map(({ file }) => file)).toEqual([inConfig('env'), inConfig('collector.yaml')]);
  expect(JSON.stringify(written)).not.toContain(whole.api_key);
  expect(statSync(inConfig('env')).mode & 0o777).toBe(0o600);
  expect(readFileSync(inConfig('collector.yaml'), 'utf8')).not.toContain(whole.api_key);
  const { ingest, collector } = loadConfig(configDirectory(), { HOME: '/nowhere' });
  expect(ingest).toMatchObject({ baseUrl: whole.api_url, apiKey: whole.api_key, timeout: 30 });
  expect(collector.jobs).toMatchObject({
    cluster_name: 'cluster01',
    window_days: 14,
    timezone: 'America/Denver',
  });
  expect(JSON.stringify(written)).toContain('jobs.timezone: America/Denver (the zone of this host; ');
});

test('a minimal file is enough, and unused settings are named', () => {
  const { api_url, api_key } = whole;
  const { unused } = importing({ api_url, api_key, local_data_path: '/var/tmp' });
  expect(unused).toEqual(['local_data_path']);
  expect(loadConfig(configDirectory(), { HOME: '/nowhere' }).collector.jobs.cluster_name).toBeUndefined();
});

test('existing settings, comments, modes and symbolic links are kept', () => {
  write('env', 'STATUS_API_USER=me');
  const elsewhere = join(directory.path, 'kept.yaml');
  writeFileSync(elsewhere, '# mine\nsystems: [casper]   # all of them\njobs: { timeout: 60 }\n', {
    mode: 0o640,
  });
  symlinkSync(elsewhere, inConfig('collector.yaml'));
  importing(whole);
  const yaml = readFileSync(elsewhere, 'utf8');
  expect(yaml).toContain('# mine\nsystems: [ casper ] # all of them\n');
  expect(statSync(elsewhere).mode & 0o777).toBe(0o640);
  expect(readFileSync(inConfig('env'), 'utf8')).toBe(`STATUS_API_USER=me\nINGEST_API_KEY=${whole.api_key}\n`);
  const { collector } = loadConfig(configDirectory(), { HOME: '/nowhere' });
  expect(collector).toMatchObject({ systems: ['casper'], jobs: { timeout: 60, cluster_name: 'cluster01' } });
});

test('a configured time zone is kept', () => {
  write('collector.yaml', 'jobs: { timezone: Europe/Berlin }\n');
  importing(whole);
  expect(loadConfig(configDirectory(), { HOME: '/nowhere' }).collector.jobs.timezone).toBe('Europe/Berlin');
});

test('a second import changes nothing', () => {
  importing(whole);
  const before = ['env', 'collector.yaml'].map((name) => readFileSync(inConfig(name), 'utf8'));
  expect(importing(whole)).toEqual({ written: [], unused: [] });
  expect(['env', 'collector.yaml'].map((name) => readFileSync(inConfig(name), 'utf8'))).toEqual(before);
});

test.each(['plain-key_1', 'with#hash', "it's", 'a"b', 'a=b', '$HOME', 'back\\slash', `a'b"c`])(
  'a key %s is kept as it is',
  (key) => {
    importing({ ...whole, api_key: key });
    expect(loadConfig(configDirectory(), { HOME: '/nowhere' }).ingest.apiKey).toBe(key);
  },
);

describe('nothing is written', () => {
  test('if existing settings differ, and each is named', () => {
    write('env', 'INGEST_API_KEY=another\n');
    write('collector.yaml', 'destinations: { ingest: { url: https://other.example } }\njobs: { cluster_name: b }\n');
    const before = readFileSync(inConfig('collector.yaml'), 'utf8');
    const words = refusal(whole);
    expect(words).toContain(`destinations.ingest.url is https://other.example in ${inConfig('collector.yaml')}`);
    expect(words).toContain('jobs.cluster_name is b');
    expect(words).toContain(`INGEST_API_KEY in ${inConfig('env')} differs from api_key`);
    expect(words).not.toContain(whole.api_key);
    expect(readFileSync(inConfig('collector.yaml'), 'utf8')).toBe(before);
  });

  test.each([
    ['of a file that others may read', whole, 0o644, /can be read by others .* chmod 600 /],
    ['of one that is no JSON, nor shown', '{"api_key": "your-secret', 0o600, /is not JSON: correct it/],
    ['of one without a key', { api_url: whole.api_url }, 0o600, /api_key: /],
    ['of one whose key has a line break', { ...whole, api_key: 'a\nb' }, 0o600, /api_key: /],
    ['of plain HTTP to another host', { ...whole, api_url: 'http://a.example' }, 0o600, /is plain HTTP/],
    [
      'of a cluster that has no name',
      { ...whole, cluster_name: '../x' },
      0o600,
      /nothing is imported from .*config\.json: jobs\.cluster_name: must have/,
    ],
    ['of an invalid time-out', { ...whole, timeout: -1 }, 0o600, /destinations\.ingest\.timeout: /],
  ] as const)('%s', (_, settings, mode, words) => {
    expect(refusal(settings, mode)).toMatch(words);
    expect(existsSync(configDirectory())).toBe(false);
  });

  test('if the YAML cannot be parsed, and its position is named', () => {
    write('collector.yaml', 'systems: [\n');
    expect(refusal(whole)).toMatch(/collector\.yaml:1:\d+: /);
    expect(existsSync(inConfig('env'))).toBe(false);
  });

  test('if the file does not exist', () => {
    expect(() => importExporterConfig(join(directory.path, 'none.json'), configDirectory(), 'UTC')).toThrow(
      /there is no .*none\.json/,
    );
  });
});
