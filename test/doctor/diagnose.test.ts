/** Which checks doctor makes for a configuration, in which order, and for what. */

import { afterAll, afterEach, describe, expect, spyOn, test } from 'bun:test';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { examine } from '../../src/config/check.ts';
import { checkConfiguration } from '../../src/doctor/configuration.ts';
import { type DoctorContext, diagnose, taskOf } from '../../src/doctor/doctor.ts';
import { usedDestinations } from '../../src/doctor/used-destinations.ts';
import * as systemd from '../../src/exec/systemctl.ts';
import { answering } from '../support/executors.ts';
import { temporaryDirectory } from '../support/files.ts';
import { linesOf } from '../support/findings.ts';
import { healthy } from './reaching.ts';

const temporary = temporaryDirectory();
afterAll(() => temporary.remove());
const noTimer = () => spyOn(systemd, 'systemctl').mockResolvedValue({ kind: 'failed', reason: 'inactive', stderr: '' });
const spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});

const nowhere = 'http://127.0.0.1:1';
let count = 0;

type Setup = {
  readonly files?: Readonly<Record<string, object>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly named?: readonly string[];
};

/** The context for a configuration whose commands answer as on a healthy cluster. */
function contextOf(
  collector: object,
  { files = {}, environment = {}, named = [] }: Setup = {},
): DoctorContext & { readonly directory: string } {
  const directory = join(temporary.path, `${count++}`);
  mkdirSync(directory);
  for (const [name, settings] of Object.entries({ 'collector.yaml': collector, ...files })) {
    writeFileSync(join(directory, name), stringify(settings));
    chmodSync(join(directory, name), 0o600);
  }
  return {
    directory,
    examined: examine(directory, { HOME: '/nowhere', ...environment }, named),
    named,
    outboxFile: join(directory, 'state/outbox.db'),
    hostName: 'here',
    processEnvironment: environment,
    executorOf: (system) => (system.kind === 'hub' ? answering(() => ({ stdout: '[]' })) : answering(healthy)),
    localExecutor: answering(() => ({ stdout: '0 2 * * * hpc-collector jobs export\n' })),
    historyExecutorOf: () => answering(() => null),
  };
}

/** The result and name of each finding. */
async function checked(collector: object, setup?: Setup): Promise<string[]> {
  spies.push(noTimer());
  const found = await diagnose(contextOf(collector, setup));
  return found.map(({ result, name }) =>
    /outbox (?:filesystem|space)|fallback|lock names|address space/.test(name) ? name : `${result} ${name}`,
  );
}

const systems = {
  'gust.yaml': { scheduler_host: null },
  'rime.yaml': { scheduler: 'slurm', scheduler_host: 'slurm1' },
};
const host = [
  'pass outbox directory',
  'outbox filesystem',
  'outbox space',
  'skip outbox',
  'fallback directory',
  'lock names',
  'address space',
];

const missing = ['proxy', 'API', 'TLS', 'clock', 'authentication'];
const silent = (name: string) => [
  `pass ${name} proxy`,
  `fail ${name} API`,
  `skip ${name} TLS`,
  `skip ${name} clock`,
  `skip ${name} authentication`,
];

test('without settings, the default destination and the host are checked', async () => {
  expect(await checked({})).toEqual([
    'pass configuration',
    'skip env file',
    'fail credentials',
    'warn systems',
    ...missing.map((name) => `skip ${name}`),
    ...host,
    'warn cron',
  ]);
});

test('each error of the configuration is a failure, with its place and its remedy', async () => {
  const errors = (collector: object) => {
    const { examined, directory } = contextOf(collector);
    return linesOf(checkConfiguration(examined)).map((line) => line.replaceAll(directory, 'DIRECTORY'));
  };
  const format =
    'fail configuration: DIRECTORY/collector.yaml:2:11: log.format: must be text or json → vi +2 DIRECTORY/collector.yaml';
  expect(errors({ log: { format: 'xml' } })).toEqual([format]);
  expect(errors({ log: { format: 'xml' }, proxy: 'x' })).toEqual([
    format,
    expect.stringContaining('→ vi +3 DIRECTORY'),
  ]);
  expect(errors({ systems: ['jupyterhub'] })).toEqual([
    'fail configuration: DIRECTORY/env: the token for the hub is missing: set JUPYTERHUB_ADMIN_TOKEN in this file, or token_file in its YAML → vi DIRECTORY/env',
  ]);
});

test('each system and each destination that is used is checked', async () => {
  const collector = {
    systems: ['gust', 'rime', 'jupyterhub'],
    deliver_to: ['sam', 'two'],
    destinations: {
      two: { kind: 'sam', url: nowhere },
      ours: { kind: 'ingest', url: nowhere },
      unused: { kind: 'sam', url: nowhere },
      post: { kind: 'sams', url: nowhere },
    },
    samples: { spool: '/spool', cluster_name: 'farm', deliver_to: ['post'] },
    jobs: { deliver_to: ['ingest', 'ours'], cluster_name: 'farm' },
  };
  const environment = { JUPYTERHUB_ADMIN_TOKEN: 'token-of-hub' };
  expect(await checked(collector, { files: systems, environment })).toEqual([
    'pass configuration',
    'skip env file',
    'fail credentials',
    'pass systems',
    ...['pbsnodes', 'qstat', 'pbs_rstat', 'df', 'pbs_server'].map((name) => `pass gust ${name}`),
    ...['ssh slurm1', 'sinfo', 'squeue', 'scontrol', 'df', 'slurmctld'].map((name) => `pass rime ${name}`),
    'pass jupyterhub hub',
    ...missing.map((name) => `skip ${name}`),
    ...silent('two'),
    ...silent('ours'),
    'fail post API',
    'fail ingest sacct',
    ...host,
    'warn cron',
  ]);
});

test('with jobs only, their destination and source are checked, and the line of their task', async () => {
  const environment = { INGEST_API_URL: nowhere, INGEST_API_KEY: 'key-of-jobs' };
  const ofJobs = [
    'skip env file',
    'pass credentials',
    'skip systems',
    ...silent('ingest'),
    'fail ingest sacct',
    ...host,
  ];
  expect(await checked({}, { environment })).toEqual(['pass configuration', ...ofJobs, 'pass cron']);
  const named = await checked({}, { environment, files: systems, named: ['rime'] });
  expect(named).toContain('pass rime slurmctld');
  expect(named).not.toContain('pass gust pbs_server');
  expect(named.at(-1)).toBe('warn cron');
});

test('a destination is asked for the systems that are delivered to it, and the messages name the files', async () => {
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => Response.json({ error: 'said' }, { status: request.headers.has('x-api-key') ? 401 : 400 }),
  });
  const url = `http://127.0.0.1:${server.port}`;
  spies.push(noTimer());
  const context = contextOf(
    {
      systems: ['gust', 'rime'],
      fallback_directory: '/nonexistent/fallback',
      destinations: { sam: { url }, two: { kind: 'sam', url }, ingest: { url } },
    },
    {
      files: {
        'gust.yaml': { scheduler_host: null, deliver_to: ['two'] },
        'rime.yaml': { scheduler_host: 'here', deliver_to: ['sam', 'two'] },
      },
      environment: {
        STATUS_API_USER: 'ada',
        STATUS_API_PASSWORD: 'pw-of-ada',
        TWO_API_USER: 'eve',
        TWO_API_PASSWORD: 'pw-of-eve',
        INGEST_API_KEY: 'key-of-jobs',
      },
    },
  );
  const lines = linesOf(await diagnose(context));
  expect(lines.filter((line) => / API \w+: /.test(line))).toEqual([
    'pass API rime: the status API accepts snapshots of rime',
    'pass two API gust: the status API accepts snapshots of gust',
    'pass two API rime: the status API accepts snapshots of rime',
  ]);
  expect(lines).toContain(
    `fail ingest authentication: the key in INGEST_API_KEY is refused (HTTP 401) → vi ${context.directory}/env`,
  );
  expect(lines).toContain('pass rime ssh here: this is the same host: ssh is not needed');
  expect(lines).toContain('pass fallback directory: /nonexistent/fallback can be used');
  expect(lines).toContain(`skip outbox: the first collection creates ${context.outboxFile}`);
});

describe('the destinations that are used', () => {
  const used = (collector: object, { collects = true, ...setup }: Setup & { readonly collects?: boolean } = {}) => {
    const { examined } = contextOf(collector, setup);
    return usedDestinations(examined.config, examined.systems, collects).map(([name]) => name);
  };
  const destinations = { two: { kind: 'sam' }, ours: { kind: 'ingest' }, post: { kind: 'sams' } };
  const samples = { spool: '/spool', cluster_name: 'farm', deliver_to: ['post'] };
  const to = (...names: string[]) => ({ files: { 'gust.yaml': { scheduler_host: null, deliver_to: names } } });

  test('are those of the systems; without one, those for snapshots if they are collected', () => {
    expect(used({ destinations, systems: ['gust'] }, to('two'))).toEqual(['two']);
    expect(used({ destinations, systems: ['gust'] }, { ...to('two'), collects: false })).toEqual(['two']);
    expect(used({ destinations, systems: ['gust'], deliver_to: ['two'] }, to('sam', 'two'))).toEqual(['sam', 'two']);
    expect(used({ destinations, deliver_to: ['two'] })).toEqual(['two']);
    expect(used({ destinations, deliver_to: ['two'] }, { collects: false })).toEqual([]);
    expect(used({})).toEqual(['sam']);
  });

  test('are those of samples, and those of jobs that have an address', () => {
    expect(used({ destinations, samples })).toEqual(['sam', 'post']);
    expect(used({ destinations, jobs: { deliver_to: ['ours', 'ingest'] } }, { collects: false })).toEqual([]);
    const environment = { OURS_API_URL: nowhere };
    expect(used({ destinations, jobs: { deliver_to: ['ours', 'ingest'] } }, { environment })).toEqual(['sam', 'ours']);
  });
});

test('jobs are the task only if no system is enabled or named', () => {
  const environment = { INGEST_API_URL: nowhere };
  const task = (collector: object, setup: Setup = {}) => {
    const { examined, named } = contextOf(collector, { environment, files: systems, ...setup });
    return taskOf(examined, named).name;
  };
  expect(task({})).toBe('hpc-collector-jobs');
  expect(task({ systems: ['gust'] })).toBe('hpc-collector');
  expect(task({}, { named: ['gust'] })).toBe('hpc-collector');
  expect(task({ systems: ['rime'] }, { named: ['gust'] })).toBe('hpc-collector');
  expect(task({}, { environment: {} })).toBe('hpc-collector');
});
