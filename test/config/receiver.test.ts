import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { topics } from '../../src/commands/help/topics.ts';
import { examine } from '../../src/config/check.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { loadReceiverSettings, receiverSchema } from '../../src/config/receiver.ts';
import { temporaryDirectory } from '../support/files.ts';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

function load(yaml: string) {
  writeFileSync(join(directory.path, 'receiver.yaml'), yaml);
  return loadReceiverSettings(directory.path);
}

test('without receiver.yaml there is a facility with a site, without names, and days of retention', () => {
  expect(loadReceiverSettings(directory.path)).toEqual({
    facility: { id: 'facility' },
    site: { id: 'site' },
    retention: { raw_days: 90, hourly_days: 730, daily_days: null },
    softwareRules: { rewrite: [], rules: [] },
    changedAt: null,
  });
});

test('the example in the manual has every setting, and is valid', () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(topics.iri ?? '') ?? [];
  const { changedAt, ...settings } = load(example);
  expect(Date.now() - (changedAt?.getTime() ?? 0)).toBeLessThan(60_000);
  for (const part of ['facility', 'site'] as const) {
    expect(Object.keys(settings[part])).toEqual(Object.keys(receiverSchema.shape[part].unwrap().shape));
  }
});

test('the days of retention in the manual are the defaults', () => {
  const [, example = ''] = /```yaml\n(retention:[\s\S]*?)```/.exec(topics.receiver ?? '') ?? [];
  expect(load(example).retention).toEqual(receiverSchema.parse({}).retention);
});

test.each([
  ['facility: { id: a/b }', 'receiver.yaml:1:17: facility.id: must be letters, digits, - or _ (at most 64)'],
  ['facility: { support_uri: ask us }', 'facility.support_uri: is not an http or https URL'],
  ['facility: { nme: NCAR }', "unknown setting 'facility.nme' (did you mean 'name'?)"],
  ['site: { latitude: 91 }', 'site.latitude: must be at most 90'],
  ['site: { latitude: -90.01 }', 'site.latitude: must be at least -90'],
  ['site: { longitude: 180.01 }', 'site.longitude: must be at most 180'],
  ['site: { longitude: -180.01 }', 'site.longitude: must be at least -180'],
  ['site: { altitude: 9000.01 }', 'site.altitude: must be at most 9000'],
  ['site: { altitude: -500.01 }', 'site.altitude: must be at least -500'],
  ['site: { unlocode: cheyenne }', 'site.unlocode: is not a UN/LOCODE, such as USCYS'],
  ['retention: { raw_days: 0 }', 'retention.raw_days: must be at least 1'],
  ['retention: { raw_days: 800 }', 'retention.hourly_days: must not be less than the days before it'],
  ['retention: { daily_days: 700 }', 'retention.daily_days: must not be less than the days before it'],
  ['site: Cheyenne', 'site: must be a mapping, not a text'],
  ['sites: {}', "unknown setting 'sites'"],
])('%s is refused with %p', (yaml, words) => {
  expect(() => load(yaml)).toThrow(ConfigError);
  expect(() => load(yaml)).toThrow(words);
});

test.each([[{ latitude: 90, longitude: 180, altitude: 9000 }], [{ latitude: -90, longitude: -180, altitude: -500 }]])(
  'a site can be at %p',
  (place) => {
    expect(load(JSON.stringify({ site: place })).site).toEqual({ id: 'site', ...place });
  },
);

test('config check reports errors of receiver.yaml, and does not treat it as a system', () => {
  writeFileSync(join(directory.path, 'receiver.yaml'), 'site: { latitude: north }');
  const { problems, systems } = examine(directory.path, { HOME: directory.path }, []);
  expect(problems.map(({ words, line }) => [words, line])).toEqual([
    ['site.latitude: must be a number, not a text', 1],
  ]);
  expect(systems).toEqual([]);
});
