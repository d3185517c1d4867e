/** `destinations:` and `deliver_to:`: named APIs, each with variables and a proxy of its own. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examine } from '../../src/config/check.ts';
import { destinationsOfSystem, loadConfig, loadSystem } from '../../src/config/load.ts';
import { shownSettings } from '../../src/config/show.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { withoutSecrets } from '../../src/lib/secrets.ts';
import { temporaryDirectory } from '../support/files.ts';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

function write(name: string, text: string): void {
  writeFileSync(join(directory.path, name), text, { mode: 0o600 });
}

const load = (environment: Record<string, string> = {}) =>
  loadConfig(directory.path, { HOME: '/nowhere', ...environment });

function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

const ours = 'destinations: { our-own: { kind: sam, url: https://ours.example/api/v1/status } }\n';

test('by default there are the destinations sam and ingest, and systems are sent to sam', () => {
  const config = load();
  expect([...config.destinations.keys()]).toEqual(['sam', 'ingest']);
  expect(loadSystem('derecho', config).deliver_to).toEqual(['sam']);
  expect(config.collector.jobs.deliver_to).toEqual(['ingest']);
});

describe('a destination by name', () => {
  test('has the settings, the limits and the time-out of its kind', () => {
    write('collector.yaml', 'destinations: { a: { kind: sam }, b: { kind: ingest, max_per_minute: 7 } }\n');
    const { destinations } = load();
    expect(destinations.get('a')).toMatchObject({
      ...{ kind: 'sam', timeout: 30, max_per_minute: 60, baseUrl: null, addressSetting: 'A_API_URL' },
    });
    expect(destinations.get('b')).toMatchObject({ kind: 'ingest', timeout: 120, max_per_minute: 7, apiKey: null });
  });

  test('is configured by variables that have its name', () => {
    write('collector.yaml', `${ours}`);
    const environment = {
      OUR_OWN_API_URL: 'https://other.example/',
      OUR_OWN_API_USER: 'me',
      OUR_OWN_API_PASSWORD: 'secret-of-ours',
      STATUS_API_URL: 'https://sam.example',
      STATUS_API_USER: 'you',
      STATUS_API_PASSWORD: 'secret-of-sam',
    };
    const config = load(environment);
    expect(config.destinations.get('our-own')).toMatchObject({
      baseUrl: 'https://other.example',
      credentials: { user: 'me', password: 'secret-of-ours' },
    });
    expect(config.sam).toMatchObject({ baseUrl: 'https://sam.example', credentials: { user: 'you' } });
    expect(withoutSecrets('it is secret-of-ours')).toBe('it is ********');
  });

  test('accepts an address with the path of the API, and removes the path', () => {
    write('collector.yaml', ours);
    expect(load().destinations.get('our-own')?.baseUrl).toBe('https://ours.example');
  });

  test.each([
    ['Ours: { kind: sam }', 'destinations.Ours: is not a name of a destination'],
    ['our_own: { kind: sam }', 'destinations.our_own: is not a name of a destination'],
    ['status: { kind: sam }', 'destinations.status: must have another name: STATUS_API_URL is for sam'],
    ['ours: { url: https://a.example }', 'destinations.ours.kind: is missing: give sam, ingest or sams'],
    ['ours: { kind: samm }', 'destinations.ours.kind: must be sam, ingest or sams'],
    ['ours: { kind: sam, tiemout: 1 }', "unknown setting 'destinations.ours.tiemout' (did you mean 'timeout'?)"],
    ['sam: { kind: ingest }', 'destinations.sam.kind: must be sam'],
    ['ours: { kind: sam, proxy: proxy:3128 }', 'destinations.ours.proxy: is not none, or an http or https URL'],
  ])('{ %s } is refused', (text, words) => {
    write('collector.yaml', `destinations: { ${text} }\n`);
    expect(refusal(() => load())).toContain(words);
  });

  test.each([
    ['sam: { url: x }', {}, 'destinations.sam.url'],
    ['sam: { url: x }', { SAM_API_URL: 'y' }, 'SAM_API_URL'],
    ['sam: { url: x }', { STATUS_API_URL: 'y' }, 'STATUS_API_URL'],
    ['ingest: { url: x }', {}, 'destinations.ingest.url'],
    ['ingest: { url: x }', { INGEST_API_URL: 'y' }, 'INGEST_API_URL'],
    ['our-own: { kind: sams, url: x }', {}, 'destinations.our-own.url'],
    ['our-own: { kind: sams, url: x }', { OUR_OWN_API_URL: 'y' }, 'OUR_OWN_API_URL'],
  ])(
    '{ %s } with a wrong address, and %p, is refused with the name of the setting that has it: %s',
    (text, environment, setting) => {
      write('collector.yaml', `destinations: { ${text} }\n`);
      expect(refusal(() => load(environment))).toEndWith(` is not an http or https URL: correct ${setting}`);
    },
  );

  test('in plain HTTP to another host is refused, with its own setting', () => {
    write('collector.yaml', 'destinations: { ours: { kind: sam, url: http://ours.example } }\n');
    expect(refusal(() => load())).toEndWith('use https, or set destinations.ours.allow_insecure_http');
  });
});

test.each([
  [{}, 'STATUS_API_USER and STATUS_API_PASSWORD'],
  [{ SAM_API_USER: 'me' }, 'SAM_API_USER and STATUS_API_PASSWORD'],
  [{ SAM_API_USER: 'me', STATUS_API_KEY: 'cobalt-lantern' }, 'SAM_API_USER and STATUS_API_KEY'],
  [{ STATUS_API_USER: 'me', SAM_API_PASSWORD: 'cobalt-lantern' }, 'STATUS_API_USER and SAM_API_PASSWORD'],
])('with %p, messages name the login %s', (environment, setting) => {
  expect(load(environment).sam.loginSetting).toBe(setting);
  expect(load({ OURS_API_USER: 'us' }).sam.loginSetting).toBe('STATUS_API_USER and STATUS_API_PASSWORD');
});

test.each(['oldest-first', 'newest-first'] as const)('a destination with catch_up: %s has it', (catch_up) => {
  write(
    'collector.yaml',
    `destinations: { sam: { catch_up: ${catch_up} }, ours: { kind: sam, catch_up: ${catch_up} } }\n`,
  );
  const { sam, destinations } = load();
  expect(sam.catch_up).toBe(catch_up);
  expect(destinations.get('ours')).toMatchObject({ catch_up });
});

describe('the proxy of a destination', () => {
  const proxyWith = (yaml: string, environment: Record<string, string> = {}, name = 'ours') => {
    write(
      'collector.yaml',
      `destinations: { ours: { kind: sam, url: https://ours.example${yaml} } }\nproxy: http://all:1\n`,
    );
    const own = load({ STATUS_API_URL: 'https://sam.example', ...environment });
    return own.destinations.get(name)?.proxy;
  };

  test.each([
    ['', {}, 'http://all:1'],
    [', proxy: http://own:2', {}, 'http://own:2'],
    [', proxy: none', {}, null],
    [', proxy: http://own:2', { OURS_API_PROXY: 'http://variable:3' }, 'http://variable:3'],
    [', proxy: http://own:2', { https_proxy: 'http://environment:4' }, 'http://own:2'],
    ['', { https_proxy: 'http://environment:4' }, 'http://environment:4'],
    ['', { OURS_API_PROXY: 'none' }, null],
  ])('%s with %p is %p', (yaml, environment, proxy) => {
    expect(proxyWith(yaml, environment as Record<string, string>)).toBe(proxy);
  });

  test('is not that of another destination, and is never used for this host', () => {
    expect(proxyWith(', proxy: http://own:2', {}, 'sam')).toBe('http://all:1');
    write('collector.yaml', 'destinations: { ours: { kind: sam, url: http://127.0.0.1:1, proxy: http://own:2 } }\n');
    expect(load().destinations.get('ours')?.proxy).toBeNull();
  });
});

describe('deliver_to', () => {
  test('of a system wins over that of the collector, each name once', () => {
    write('collector.yaml', `${ours}deliver_to: [our-own]\n`);
    write('derecho.yaml', 'deliver_to: [sam, our-own, sam]\n');
    const config = load();
    expect(loadSystem('derecho', config).deliver_to).toEqual(['sam', 'our-own']);
    expect(loadSystem('casper', config).deliver_to).toEqual(['our-own']);
    expect(destinationsOfSystem('derecho', config)).toEqual(['sam', 'our-own']);
    expect(destinationsOfSystem('of no file', config)).toEqual(['our-own']);
  });

  test.each([
    [
      'deliver_to: [our-onw]',
      "deliver_to.0: there is no destination 'our-onw' in collector.yaml: did you mean 'our-own'?",
    ],
    [
      'deliver_to: [ingest]',
      "deliver_to.0: 'ingest' is a destination of kind ingest: those of kind sam are sam, our-own",
    ],
    ['deliver_to: []', 'deliver_to: must not be empty'],
    ['jobs: { deliver_to: [ingest, sam] }', "jobs.deliver_to.1: 'sam' is a destination of kind sam"],
    [
      'samples: { spool: /spool, cluster_name: c1 }',
      "samples.deliver_to.0: there is no destination 'sams' in collector.yaml: add one of kind sams under 'destinations:'",
    ],
  ])('in collector.yaml: { %s } is refused, with its place', (text, words) => {
    write('collector.yaml', `${ours}${text}\n`);
    expect(refusal(() => load())).toMatch(/^\/\S+collector\.yaml:2:\d+: /);
    expect(refusal(() => load())).toContain(words);
  });

  test('in the file of a system is refused there, and config check lists it', () => {
    write('derecho.yaml', 'deliver_to: [sam, theirs]\n');
    const words = "deliver_to.1: there is no destination 'theirs' in collector.yaml";
    expect(refusal(() => loadSystem('derecho', load()))).toContain(words);
    const { problems } = examine(directory.path, { HOME: '/nowhere' }, []);
    expect(problems.map((problem) => problem.words)).toEqual([expect.stringContaining(words)]);
  });
});

test('config check knows the variables of each destination, and no others', () => {
  write('collector.yaml', ours);
  write('env', 'OUR_OWN_API_USER=me\nOUR_OWN_API_PASSWORD=secret-of-ours\nOURS_API_USER=me\nOUR_OWN_API_PASWORD=x\n');
  const { problems } = examine(directory.path, { HOME: '/nowhere' }, []);
  expect(problems.map(({ line, words }) => `${line} ${words}`)).toEqual([
    expect.stringMatching(/^3 unknown variable OURS_API_USER: /),
    '4 unknown variable OUR_OWN_API_PASWORD: did you mean OUR_OWN_API_PASSWORD?',
  ]);
});

test('config show has every setting of each destination, with its source and without its password', () => {
  write('collector.yaml', `${ours}deliver_to: [our-own]\n`);
  write('env', 'OUR_OWN_API_PASSWORD=secret-of-ours\n');
  const config = load();
  const source = { config, processEnvironment: {}, outboxFile: '/outbox', flags: {} };
  const shown = new Map(shownSettings(source, ['derecho']).map(({ setting, ...rest }) => [setting, rest]));
  expect(shown.get('destinations.our-own.password')).toEqual({
    value: '********',
    from: `${join(directory.path, 'env')} OUR_OWN_API_PASSWORD`,
  });
  expect(shown.get('destinations.our-own.timeout')).toEqual({ value: 30, from: 'built-in default' });
  expect(shown.get('derecho.deliver_to')).toMatchObject({
    value: ['our-own'],
    from: `${join(directory.path, 'collector.yaml')}:2`,
  });
});
