/** How the commands of systems and of job histories are run. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { clustersOf, jobsSettings } from '../../src/config/jobs.ts';
import type { System } from '../../src/config/system.ts';
import type { Command, Executor } from '../../src/exec/command.ts';
import * as executor from '../../src/exec/executor.ts';
import * as http from '../../src/exec/http.ts';
import { defaultSearchDirectories } from '../../src/exec/search-path.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { executorFor, forReal, historyExecutor, localExecutor, type Source } from '../../src/run/executors.ts';
import { answering } from '../support/executors.ts';
import { temporaryDirectory } from '../support/files.ts';
import { fixtures, hubOf, plainSystem } from '../support/systems.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let created: ReturnType<typeof spyOn<typeof executor, 'createExecutor'>>;
let started: Command[];
beforeEach(() => {
  directory = temporaryDirectory();
  started = [];
  created = spyOn(executor, 'createExecutor').mockReturnValue(
    answering((command) => {
      started.push(command);
      return { stdout: 'real\n' };
    }),
  );
});
afterEach(() => {
  created.mockRestore();
  directory.remove();
});

const options = () => created.mock.calls.at(-1)?.[0];
const shared = {
  environment: process.env,
  connectTimeoutSeconds: 10,
  searchPath: defaultSearchDirectories,
  hostName: hostname(),
};

describe('commands are started', () => {
  test('of a system, with its time limit, and with what it inherits', () => {
    executorFor(plainSystem('gust', { timeouts: { connect: 7 } }), forReal, true);
    expect(options()).toEqual({ ...shared, connectTimeoutSeconds: 7, variables: {} });
  });

  test('of a system that has more settings, with those', () => {
    const more = { search_path: ['/opt/own/bin'], ssh_config: '/etc/own', environment: { PBS_CONF_FILE: '/etc/pbs' } };
    executorFor(plainSystem('gust', more), forReal, true);
    expect(options()).toMatchObject({
      searchPath: ['/opt/own/bin'],
      configFile: '/etc/own',
      variables: { PBS_CONF_FILE: '/etc/pbs' },
    });
  });

  test('that belong to no system, with what they inherit', () => {
    localExecutor();
    expect(options()).toEqual(shared);
  });

  test.each([
    ['', { variables: {} }],
    ['all', { searchPath: ['/opt/own/bin'], configFile: '/etc/own', variables: { SLURM_CONF: '/etc/slurm.conf' } }],
  ])('of a job history with the settings %p', (which, expected) => {
    const more = {
      search_path: ['/opt/own/bin'],
      ssh_config: '/etc/own',
      environment: { SLURM_CONF: '/etc/slurm.conf', PBS_CONF_FILE: undefined },
    };
    const [settings] = clustersOf(jobsSettings.parse(which === '' ? {} : more));
    if (!settings) throw new Error('there is one');
    historyExecutor(settings);
    expect(options()).toEqual({ ...shared, ...expected });
  });
});

/** What `true` prints with an executor. */
async function outputOf({ start }: Executor): Promise<string> {
  const { stdout, ending } = start({
    argv: ['true'],
    host: null,
    via: null,
    timeoutSeconds: 1,
    maxOutputBytes: 1000,
  });
  const [text, { kind }] = await Promise.all([Array.fromAsync(stdout), ending]);
  return kind === 'exited' ? Buffer.concat(text).toString() : kind;
}

describe('of a hub', () => {
  test('HTTP requests are made with its token, and stay secret', () => {
    const speaking = spyOn(http, 'withHttp');
    executorFor(hubOf({}), forReal, true);
    expect(speaking.mock.calls.map(([, settings]) => settings)).toEqual([
      expect.objectContaining({ authorization: 'token a-token', secret: 'a-token', proxy: null }),
    ]);
    speaking.mockClear();
    executorFor(plainSystem('gust'), forReal, true);
    expect(speaking).not.toHaveBeenCalled();
    speaking.mockRestore();
  });
});

describe('a recording', () => {
  const gust = plainSystem('gust');
  const into = (isAlone: boolean, system: System = gust) =>
    executorFor(system, { ...forReal, record: directory.path }, isAlone);

  test('of one system is made in the folder itself', async () => {
    const { executor: recorder, finish } = into(true);
    expect(await outputOf(recorder)).toBe('real\n');
    expect(await finish()).toBeNull();
    expect(readdirSync(directory.path)).toContain('recording.yaml');
  });

  test('of several is made in a folder for each', async () => {
    const { executor: recorder, finish } = into(false);
    await outputOf(recorder);
    await finish();
    expect(readdirSync(directory.path)).toEqual(['gust']);
    expect(existsSync(join(directory.path, 'gust/recording.yaml'))).toBe(true);
  });

  test('that cannot be written is the error of its end', async () => {
    const { finish } = into(true);
    writeFileSync(join(directory.path, 'recording.yaml'), '');
    expect(await finish()).toBeInstanceOf(OperatorError);
  });

  test('is made neither of real commands alone nor of a replay', async () => {
    const sources: Source[] = [forReal, { record: directory.path, replay: join(fixtures, 'empty-without-jobs') }];
    for (const source of sources) expect(await executorFor(gust, source, true).finish()).toBeNull();
    expect(readdirSync(directory.path)).toEqual([]);
  });
});

describe('a replay', () => {
  /** Writes a recording of `true`, which prints a text. */
  function record(folder: string, text: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'out'), text);
    writeFileSync(
      join(folder, 'recording.yaml'),
      'commands: [{ host: null, argv: ["true"], exit: 0, seconds: 0, stdout: out }]\n',
    );
  }
  const replayed = (name: string) =>
    outputOf(executorFor(plainSystem(name), { ...forReal, replay: directory.path }, true).executor);

  test('answers from the folder of the system, or from the recording itself', async () => {
    record(directory.path, 'shared');
    record(join(directory.path, 'gust'), 'of gust');
    expect([await replayed('gust'), await replayed('derecho')]).toEqual(['of gust', 'shared']);
    expect(started).toEqual([]);
  });
});
