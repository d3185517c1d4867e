/** `config`: what its verbs print. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CommandDefinition } from '../../../src/commands/tree.ts';
import * as shownModule from '../../../src/config/show.ts';
import * as paths from '../../../src/doctor/paths.ts';
import * as time from '../../../src/lib/time.ts';
import { quickDirectory } from '../../support/files.ts';
import { runInProcess } from '../../support/in-process.ts';

const root: CommandDefinition = {
  subCommands: {
    config: () => import('../../../src/commands/config/config.ts').then((module) => module.configCommand),
  },
};
let home: string;
/** The directory of the configuration if none is named, which does not exist at first. */
let directory: string;
let remove: () => void;
beforeEach(() => {
  ({ path: home, remove } = quickDirectory());
  directory = join(home, 'hpc-collector');
});
afterEach(() => remove());

const env = () => ({ HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home });
const run = (...words: string[]) => runInProcess(root, ['config', ...words], env());
const printed = (exit: number, ...lines: readonly string[]) => ({
  exit,
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
});
const said = (...lines: readonly string[]) => printed(0, ...lines);

describe('init', () => {
  const set = 'set STATUS_API_USER and STATUS_API_PASSWORD';

  test('lists the written and the unchanged files, and what comes next', async () => {
    const next = ['', `Next: ${set} in ${directory}/env, then: hpc-collector doctor`];
    expect(await run('init', 'casper')).toEqual(
      said(...['env', 'collector.yaml', 'casper.yaml'].map((file) => `wrote     ${directory}/${file}`), ...next),
    );
    expect(await run('init', 'derecho')).toEqual(
      said(
        `unchanged ${directory}/env`,
        `unchanged ${directory}/collector.yaml`,
        `wrote     ${directory}/derecho.yaml`,
        ...next,
      ),
    );
  });

  test('names the directory of --config, and the token of a hub', async () => {
    const other = join(home, 'other');
    expect((await run('init', 'jupyterhub', '--config', other)).stdout).toEndWith(
      `\n\nNext: set STATUS_API_USER and STATUS_API_PASSWORD and JUPYTERHUB_ADMIN_TOKEN in ${other}/env, then: hpc-collector doctor --config ${other}\n`,
    );
    expect(existsSync(directory)).toBe(false);
  });

  test('says which files of new systems to fill in', async () => {
    expect((await run('init', 'aurora', 'borealis', '--scheduler', 'slurm')).stdout).toEndWith(
      `\nNext: fill in ${directory}/aurora.yaml and ${directory}/borealis.yaml, ${set} in ${directory}/env, then: hpc-collector doctor\n`,
    );
  });

  test('writes the built-in clusters and their original settings by default, or a preset', async () => {
    expect((await run('init')).stdout).toContain(`wrote     ${directory}/derecho.yaml\n`);
    expect(readFileSync(join(directory, 'collector.yaml'), 'utf8')).toContain('#preset: original');
    const other = join(home, 'other');
    await run('init', '--preset', 'sam-dashboard', '--config', other);
    expect(readFileSync(join(other, 'collector.yaml'), 'utf8')).toMatch(/^preset: sam-dashboard/m);
  });
});

describe('import', () => {
  const write = (config: object) => {
    const file = join(home, 'config.json');
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  };
  const essential = { api_url: 'https://usage.example.org', api_key: 'k'.repeat(20) };
  const inTime = (zone: string) => spyOn(time, 'hostTimeZone').mockReturnValue(zone);

  test('lists each setting with its file, then those that are not needed, and what comes next', async () => {
    const zone = inTime('Europe/Stockholm');
    const file = write({ ...essential, timeout: 30, log_level: 'INFO', state_file: '/x' });
    expect(await run('import', file)).toEqual(
      said(
        `${directory}/env: INGEST_API_KEY`,
        `${directory}/collector.yaml: destinations.ingest.url: https://usage.example.org`,
        `${directory}/collector.yaml: destinations.ingest.timeout: 30`,
        `${directory}/collector.yaml: jobs.timezone: Europe/Stockholm (the zone of this host; the exporter sent local times of this zone)`,
        'not needed: log_level',
        'not needed: state_file',
        '',
        'Next: hpc-collector jobs export --dry-run',
      ),
    );
    zone.mockRestore();
  });

  test('a second time changes nothing', async () => {
    const file = write(essential);
    const other = join(home, 'other');
    await run('import', file, '--config', other);
    expect(await run('import', file, '--config', other)).toEqual(
      said('All settings are configured already', '', `Next: hpc-collector jobs export --dry-run --config ${other}`),
    );
    expect(existsSync(directory)).toBe(false);
  });
});

describe('check', () => {
  test('of no configuration names the command that writes one', async () => {
    expect(await run('check')).toEqual(
      said(`There is no configuration directory ${directory}: hpc-collector config init creates it`),
    );
    expect(await run('check', '--json')).toEqual(said());
  });

  test('names the systems of a configuration that is in order', async () => {
    await run('init', 'casper', 'derecho');
    expect(await run('check')).toEqual(
      said(`The configuration in ${directory} is in order (systems: casper, derecho)`),
    );
    expect(await run('check', 'derecho', 'casper')).toEqual(
      said(`The configuration in ${directory} is in order (systems: derecho, casper)`),
    );
    expect(await run('check', 'derecho')).toEqual(
      said(`The configuration in ${directory} is in order (systems: derecho)`),
    );
    writeFileSync(join(home, 'collector.yaml'), '');
    expect(await run('check', '--config', home)).toEqual(
      said(`The configuration in ${home} is in order (systems: none)`),
    );
  });

  test('counts the problems and fails, with missing paths after errors of files', async () => {
    await run('init', 'casper');
    writeFileSync(join(directory, 'collector.yaml'), 'systems: [casper]\nsytems: []\n');
    const missing = { file: '/casper.yaml', line: 3, column: 5, words: '/glade does not exist' };
    const looked = spyOn(paths, 'missingPaths').mockImplementation(async () => [missing]);
    const unknown = `${directory}/collector.yaml:2:1: unknown setting 'sytems' (did you mean 'systems'?)`;
    expect(await run('check')).toEqual(
      printed(2, unknown, '/casper.yaml:3:5: /glade does not exist', `2 problems in ${directory}`),
    );
    expect(looked.mock.calls.map(([system, , , host]) => [system.system_name, host])).toEqual([['casper', hostname()]]);
    expect(await run('check', '--json')).toEqual(
      printed(
        2,
        JSON.stringify({
          file: `${directory}/collector.yaml`,
          line: 2,
          column: 1,
          words: "unknown setting 'sytems' (did you mean 'systems'?)",
        }),
        JSON.stringify(missing),
      ),
    );
    looked.mockImplementation(async () => []);
    expect(await run('check')).toEqual(printed(2, unknown, `1 problem in ${directory}`));
    looked.mockRestore();
  });

  test('breaks a problem between words, below its beginning, and cuts a very long one', async () => {
    await run('init', 'casper');
    const problem = { file: null, line: null, column: null, words: 'x'.repeat(2001) };
    const looked = spyOn(paths, 'missingPaths').mockImplementation(async () => [problem]);
    expect((await run('check')).stdout).toStartWith(`${'x'.repeat(2000)}…\n`);
    looked.mockImplementation(async () => [{ ...problem, words: 'one two three four' }]);
    const { stdout } = await runInProcess(root, ['config', 'check'], env(), 14);
    expect(stdout).toStartWith('one two\n    three four\n1 problem\n');
    looked.mockRestore();
  });
});

describe('show', () => {
  test('is a table of settings, values and sources, in which a value is cut', async () => {
    const shown = spyOn(shownModule, 'shownSettings').mockImplementation(() => [
      { setting: 'x'.repeat(81), value: 'y'.repeat(61), from: 'z'.repeat(301) },
      { setting: 'a', value: null, from: 'not set' },
      { setting: 'b', value: ['c'], from: 'built-in default' },
      { setting: 'd', value: '', from: 'e' },
    ]);
    const [header = '', long, ...lines] = (await run('show')).stdout.split('\n');
    expect(header.split(/ +/)).toEqual(['SETTING', 'VALUE', 'FROM']);
    expect(long).toBe(`${'x'.repeat(80)}…  ${'y'.repeat(60)}…  ${'z'.repeat(300)}…`);
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['a', '-', 'not set'],
      ['b', '["c"]', 'built-in default'],
      ['d', 'e'],
      [''],
    ]);
    expect(await run('show', '--json')).toEqual(
      said(
        JSON.stringify({ setting: 'x'.repeat(81), value: 'y'.repeat(61), from: 'z'.repeat(301) }),
        '{"setting":"a","value":null,"from":"not set"}',
        '{"setting":"b","value":["c"],"from":"built-in default"}',
        '{"setting":"d","value":"","from":"e"}',
      ),
    );
    shown.mockRestore();
  });

  test('is about the named systems, otherwise the enabled ones, otherwise all known ones', async () => {
    const shown = spyOn(shownModule, 'shownSettings').mockImplementation(() => []);
    await run('show');
    await run('init', 'casper');
    await run('show');
    await run('show', 'derecho');
    await run('show', 'derecho', 'casper');
    const systems = shown.mock.calls.map(([, names]) => names);
    expect(systems).toEqual([
      expect.arrayContaining(['casper', 'derecho', 'jupyterhub']),
      ['casper'],
      ['derecho'],
      ['derecho', 'casper'],
    ]);
    shown.mockRestore();
  });

  test('names the flags that set something', async () => {
    await run('init', 'casper');
    const flags = ['--config', directory, '--outbox', '/o.db', '--log-file', '/l.log', '--log-format', 'json'];
    const { stdout } = await run('show', ...flags);
    for (const line of [
      ['config', directory, '--config'],
      ['outbox_file', '/o.db', '--outbox'],
      ['log.file', '/l.log', '--log-file'],
      ['log.format', 'json', '--log-format'],
    ])
      expect(stdout).toMatch(new RegExp(`^${line.join(' +')}$`, 'm'));
  });
});
