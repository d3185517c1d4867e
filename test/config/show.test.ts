/** What `config show` reports: each setting, its value, and the source that sets it. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { shownSettings } from '../../src/config/show.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

const inDirectory = (name: string) => join(directory.path, name);
const write = (name: string, text: string) => writeFileSync(inDirectory(name), text, { mode: 0o600 });

/** The settings that `config show` lists, by name. */
function shown(systems: readonly string[], environment: Record<string, string> = {}, flags = {}) {
  const processEnvironment = { XDG_STATE_HOME: '/state', ...environment };
  const source = { config: loadConfig(directory.path, processEnvironment), processEnvironment, outboxFile: '/box' };
  return new Map(
    shownSettings({ ...source, flags }, systems).map(({ setting, value, from }) => [setting, [value, from]]),
  );
}

/** The values of the settings from one source. */
const valuesFrom = (settings: ReturnType<typeof shown>, wanted: string) =>
  Object.fromEntries([...settings].flatMap(([name, [value, from]]) => (from === wanted ? [[name, value]] : [])));

test('the defaults of the collector, and of a cluster of which only the name is known', () => {
  write('gust.yaml', 'system_name: gust\n');
  const settings = shown(['gust']);
  expect(valuesFrom(settings, 'built-in default')).toEqual({
    systems: [],
    preset: 'original',
    'destinations.sam.kind': 'sam',
    'destinations.sam.max_per_minute': 60,
    'destinations.sam.max_body_bytes': 1_048_576,
    'destinations.sam.allow_insecure_http': false,
    'destinations.sam.timeout': 30,
    'destinations.ingest.kind': 'ingest',
    'destinations.ingest.max_per_minute': 60,
    'destinations.ingest.max_body_bytes': 1_048_576,
    'destinations.ingest.allow_insecure_http': false,
    'destinations.ingest.timeout': 120,
    deliver_to: ['sam'],
    'outbox.max_mib': 2048,
    'outbox.keep_delivered_days': 7,
    no_proxy: [],
    'jobs.deliver_to': ['ingest'],
    'jobs.source': 'sacct',
    'jobs.window_days': 7,
    'jobs.timezone': 'UTC',
    'jobs.timeout': 300,
    'jobs.batch_jobs': 1000,
    'jobs.environment': {},
    'jobs.accounting_path': '/var/spool/pbs/server_priv/accounting',
    'jobs.exclusive': 'held',
    'jobs.check_with_qstat': false,
    'health.warn_minutes': 10,
    'health.critical_minutes': 15,
    'notify.allow_insecure_http': false,
    'notify.still_after_hours': 4,
    on_failed_probe: 'last-known',
    'log.file': '/state/hpc-collector/collector.log',
    'log.format': 'text',
    'log.rotate': true,
    config: directory.path,
    fallback_directory: `/var/tmp/hpc-collector-${process.getuid?.()}`,
    'gust.detect_outages': false,
    'gust.outage_rules.snapshots': 3,
    'gust.outage_rules.bad': 2,
    'gust.outage_rules.good': 3,
    'gust.outage_rules.login_nodes': true,
    'gust.outage_rules.filesystems': true,
    'gust.outage_rules.jupyterhub': true,
    'gust.outage_rules.nodes_down': 10,
    'gust.environment': {},
    'gust.scheduler': 'pbs',
    'gust.login_nodes_via': 'scheduler_host',
    'gust.login_nodes': [],
    'gust.mounts': {},
    'gust.filesystems': [],
    'gust.queues': [],
    'gust.timezone': 'UTC',
    'gust.node_rules': [{ when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu' }, { class: 'cpu' }],
    'gust.node_types': {},
    'gust.degraded_above': 90,
    'gust.load_as': 'raw',
    'gust.timeouts': {},
    'gust.timeouts.command': 30,
    'gust.timeouts.connect': 10,
    'gust.max_output_mib.scheduler': 1024,
    'gust.max_output_mib.host': 1,
    'gust.on_failed_probe': 'last-known',
    'gust.deliver_to': ['sam'],
  });
  expect(valuesFrom(settings, 'not set')).toEqual({
    'jobs.host': null,
    'destinations.sam.url': null,
    'destinations.sam.user': null,
    'destinations.sam.password': null,
    'destinations.sam.proxy': null,
    'destinations.ingest.url': null,
    'destinations.ingest.api_key': null,
    'destinations.ingest.proxy': null,
    'gust.scheduler_host': null,
    'gust.log_file': null,
  });
  // The default follows the variable.
  expect(settings.get('outbox_file')).toEqual(['/box', 'environment XDG_STATE_HOME']);
});

test('the defaults of a hub, with its token masked', () => {
  write('hub.yaml', 'service: jupyterhub\nsystem_name: hub\nurl: https://hub.example.org\n');
  const settings = shown(['hub'], { JUPYTERHUB_ADMIN_TOKEN: 'a-token-of-show' });
  expect(valuesFrom(settings, 'built-in default')).toMatchObject({
    'hub.allow_insecure_http': false,
    'hub.session_rules': [],
    'hub.metrics': {},
    'hub.timeouts.request': 30,
    'hub.timeouts.command': 30,
    'hub.timeouts.connect': 10,
    'hub.max_output_mib.host': 1,
    'hub.on_failed_probe': 'last-known',
    'hub.deliver_to': ['sam'],
  });
  expect(settings.get('hub.token')).toEqual(['********', 'environment JUPYTERHUB_ADMIN_TOKEN']);
  expect(settings.get('hub.url')).toEqual(['https://hub.example.org', `${inDirectory('hub.yaml')}:3`]);
  expect(settings.get('hub.nodes_host')).toEqual([null, 'not set']);
});

test.each([
  ['STATUS_API_URL', 'https://sam.example.org', 'destinations.sam.url', 'https://sam.example.org'],
  ['STATUS_API_USER', 'ada', 'destinations.sam.user', 'ada'],
  ['SAM_API_PASSWORD', 'password-of-show', 'destinations.sam.password', '********'],
  ['INGEST_API_URL', 'https://ingest.example.org', 'destinations.ingest.url', 'https://ingest.example.org'],
  ['INGEST_API_KEY', 'key-of-show', 'destinations.ingest.api_key', '********'],
  ['API_TIMEOUT', '7', 'destinations.sam.timeout', '7'],
  ['API_TIMEOUT', '7', 'destinations.ingest.timeout', '7'],
  ['PBS_COMMAND_TIMEOUT', '8', 'gust.timeouts.command', '8'],
  ['SSH_TIMEOUT', '9', 'gust.timeouts.connect', '9'],
  ['GUST_LOG_FILE', '/var/log/gust', 'gust.log_file', '/var/log/gust'],
])('%s=%s of the environment, and of the env file, is the source of %s', (name, value, setting, expected) => {
  write('gust.yaml', 'system_name: gust\n');
  expect(shown(['gust'], { [name]: value }).get(setting)).toEqual([expected, `environment ${name}`]);
  write('env', `${name}=${value}\n`);
  expect(shown(['gust']).get(setting)).toEqual([expected, `${inDirectory('env')} ${name}`]);
});

test.each([
  ['config', 'config', '/flag'],
  ['outbox', 'outbox_file', '/flag/outbox.db'],
  ['log-file', 'log.file', '/flag/log'],
  ['log-format', 'log.format', 'json'],
])('the flag --%s is the source of %s', (flag, setting, value) => {
  write('collector.yaml', 'log: { file: /yaml/log, format: text }\n');
  expect(shown([], {}, { [flag]: value }).get(setting)).toEqual([value, `--${flag}`]);
});

test('a setting of YAML has its file and line, and a system shows the one that it inherits', () => {
  write('collector.yaml', 'systems: [gust]\non_failed_probe: zero\nnotify:\n  webhook: https://hooks.example.org/x\n');
  write('gust.yaml', 'system_name: gust\nqueues:\n  - main\ntimeouts: { connect: 3 }\n');
  const settings = shown(['gust']);
  const collector = inDirectory('collector.yaml');
  const gust = inDirectory('gust.yaml');
  expect(settings.get('systems')).toEqual([['gust'], `${collector}:1`]);
  expect(settings.get('notify.webhook')).toEqual(['********', `${collector}:4`]);
  expect(settings.get('gust.on_failed_probe')).toEqual(['zero', `${collector}:2`]);
  expect(settings.get('gust.queues')).toEqual([['main'], `${gust}:2`]);
  expect(settings.get('gust.timeouts.connect')).toEqual([3, `${gust}:4`]);
  expect(settings.get('gust.timeouts.command')).toEqual([30, 'built-in default']);
  write('gust.yaml', 'system_name: gust\non_failed_probe: skip\n');
  expect(shown(['gust']).get('gust.on_failed_probe')).toEqual(['skip', `${gust}:2`]);
});

test('only the named systems are listed', () => {
  expect([...shown(['casper']).keys()].filter((name) => name.startsWith('derecho.'))).toEqual([]);
  expect(shown(['casper', 'derecho']).get('derecho.system_name')?.[0]).toBe('derecho');
});
