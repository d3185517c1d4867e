/** Which systems a command line means, and where the log goes. */

import { afterAll, beforeAll, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as load from '../../src/config/load.ts';
import { type ChosenSystems, chosenSystems, logFilesOf } from '../../src/run/context.ts';
import { temporaryDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';

const { path, remove } = temporaryDirectory();
afterAll(remove);

const configure = (yaml: string) => writeFileSync(join(path, 'collector.yaml'), yaml);
const config = (environment: Record<string, string> = {}) =>
  load.loadConfig(path, { HOME: path, XDG_STATE_HOME: path, ...environment });

describe('the systems of a command', () => {
  beforeAll(() => {
    const system = 'login_nodes: []\nqueues: []\nfilesystems: []\n';
    writeFileSync(join(path, 'here.yaml'), `${system}hosts: [another-host.example.org, ${hostname()}]\n`);
    writeFileSync(join(path, 'elsewhere.yaml'), `${system}hosts: [another-host.example.org]\n`);
    writeFileSync(join(path, 'everywhere.yaml'), system);
    writeFileSync(join(path, 'broken.yaml'), 'queues: 7\n');
  });
  beforeEach(() => configure('systems: [here, elsewhere]\n'));

  let lines: string[];
  function chosen(names: readonly string[], which: 'here' | 'as named' = 'here') {
    const memory = memoryLog();
    lines = memory.lines;
    const outbox = null as never;
    return namesOf(
      chosenSystems(names, { config: config(), log: memory.log, outbox, hanging: null, changes: null }, which),
    );
  }
  const namesOf = ({ systems, failures }: ChosenSystems) => ({
    systems: systems.map(({ system_name }) => system_name),
    failures,
  });

  test('are the enabled ones of this host, if none is named', () => {
    expect(chosen([])).toEqual({ systems: ['here'], failures: [] });
    expect(chosen([], 'as named')).toEqual({ systems: ['here'], failures: [] });
  });

  test('are the named ones, each once; those of other hosts only where a person names them', () => {
    expect(chosen(['elsewhere', 'here', 'elsewhere'], 'as named').systems).toEqual(['elsewhere', 'here']);
    expect(chosen(['elsewhere', 'here']).systems).toEqual(['here']);
  });

  test('have no hosts of their own unless they are configured', () => {
    expect(chosen(['everywhere', 'elsewhere', 'here']).systems).toEqual(['everywhere', 'here']);
  });

  test('that meet a fault of the program end the command', () => {
    const failing = spyOn(load, 'loadSystem').mockImplementation(() => {
      throw new Error('no idea');
    });
    expect(() => chosen(['here'])).toThrow('no idea');
    failing.mockRestore();
  });

  test('are those that can be used; each other one is logged, and gives its exit code', () => {
    expect(chosen(['nowhere', 'here', 'broken'])).toEqual({ systems: ['here'], failures: [2, 2] });
    expect(lines).toEqual([
      expect.stringMatching(/^ERROR ✗ .*nowhere/),
      expect.stringMatching(/^ERROR ✗ .*broken\.yaml/),
    ]);
  });

  test('of which none can be used are an error about the first', () => {
    expect(() => chosen(['nowhere', 'broken'])).toThrow(/nowhere/);
    expect(lines).toEqual([]);
  });

  test('are an error if none is named and none is enabled, unless samples are collected', () => {
    configure('');
    const message = `no system is named and none is enabled: name a system, or list them under 'systems:' in ${path}/collector.yaml, which hpc-collector config init writes`;
    expect(() => chosen([])).toThrow(message);
    configure(
      'destinations: { sams: { kind: sams, url: https://sams.example } }\nsamples: { spool: /spool, cluster_name: c1 }\n',
    );
    expect(chosen([])).toEqual({ systems: [], failures: [] });
    expect(() => chosen([], 'as named')).toThrow(message);
  });
});

describe('the log', () => {
  beforeEach(() => configure(''));
  const own = { DERECHO_LOG_FILE: '/var/log/derecho.log', CASPER_LOG_FILE: '/var/log/casper.log' };

  test('is collector.log beside the outbox, with other files for systems that name them', () => {
    expect(logFilesOf({}, config(own))).toEqual({
      common: join(path, 'hpc-collector/collector.log'),
      bySystem: new Map([
        ['derecho', '/var/log/derecho.log'],
        ['casper', '/var/log/casper.log'],
      ]),
    });
  });

  test('is the configured file', () => {
    configure('log: { file: /var/log/collector.log }\n');
    expect(logFilesOf({}, config())).toEqual({ common: '/var/log/collector.log', bySystem: new Map() });
  });

  test('is one file for all if the command line names it', () => {
    configure('log: { file: /var/log/collector.log }\n');
    expect(logFilesOf({ 'log-file': '/tmp/this.log' }, config(own))).toEqual({
      common: '/tmp/this.log',
      bySystem: new Map(),
    });
  });
});
