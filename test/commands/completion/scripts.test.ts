/** The completion scripts of a small program, whole; test/e2e/completion.test.ts tries them in the shells. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandDef, defineCommand } from 'citty';
import { bashScript } from '../../../src/commands/completion/bash.ts';
import { completionCommand } from '../../../src/commands/completion/completion.ts';
import { fishScript } from '../../../src/commands/completion/fish.ts';
import { type Flag, placesOf } from '../../../src/commands/completion/model.ts';
import { zshScript } from '../../../src/commands/completion/zsh.ts';
import { topics } from '../../../src/commands/help/topics.ts';
import { commandTree } from '../../../src/commands/tree.ts';
import * as load from '../../../src/config/load.ts';
import { quickDirectory } from '../../support/files.ts';
import { runInProcess } from '../../support/in-process.ts';

const ls = defineCommand({
  meta: { name: 'ls', description: "List the program's entries: all" },
  args: {
    kind: { type: 'positional', required: false, valueHint: 'old|new' },
    other: { type: 'positional', required: false },
    state: { type: 'string', valueHint: 'STATE', description: 'State' },
    stream: { type: 'string', valueHint: 'STREAM', description: 'Stream' },
    json: { type: 'boolean', description: 'Print JSON' },
  },
});
const root: CommandDef = {
  args: { config: { type: 'string', alias: ['c', 'd'], valueHint: 'DIR', description: 'Directory' } },
  subCommands: {
    run: defineCommand({
      meta: { name: 'run', description: 'Run: once' },
      args: {
        'system…': { type: 'positional', required: false },
        file: { type: 'string', alias: 'f', valueHint: 'FILE', description: 'File' },
        text: { type: 'string' },
        form: { type: 'enum', alias: 'F', options: ['long', 'short'], description: 'Form' },
      },
    }),
    outbox: defineCommand({ subCommands: { ls } }),
  },
};
const places = placesOf(await commandTree(root), { systems: ['aurora'], streams: ['sam/aurora', 'x/aurora'] });
/** The places without the topics of `help`, which change more often. */
const withoutTopics = places.map((place) => ({
  ...place,
  words: place.words.filter(({ description }) => description !== 'Help topic'),
}));

test('the places of a program have its words and flags', () => {
  const help: Flag = { long: 'help', short: 'h', wants: 'nothing', description: 'Show help' };
  const commands = [
    { text: 'run', description: 'Run: once' },
    { text: 'outbox', description: '' },
  ];
  expect(places).toEqual([
    {
      at: '',
      words: [...commands, { text: 'help', description: 'Help on a command or topic' }],
      flags: [{ long: 'config', short: 'c', wants: 'directory', description: 'Directory' }, help],
    },
    {
      at: ' run',
      words: [{ text: 'aurora', description: 'System' }],
      flags: [
        { long: 'file', short: 'f', wants: 'file', description: 'File' },
        { long: 'text', short: null, wants: 'anything', description: '' },
        { long: 'form', short: 'F', wants: ['long', 'short'], description: 'Form' },
        help,
      ],
    },
    { at: ' outbox', words: [{ text: 'ls', description: "List the program's entries: all" }], flags: [help] },
    {
      at: ' outbox ls',
      words: [
        { text: 'old', description: '' },
        { text: 'new', description: '' },
      ],
      flags: [
        {
          long: 'state',
          short: null,
          wants: ['pending', 'held', 'rejected', 'delivered', 'all'],
          description: 'State',
        },
        { long: 'stream', short: null, wants: ['sam/aurora', 'x/aurora'], description: 'Stream' },
        { long: 'json', short: null, wants: 'nothing', description: 'Print JSON' },
        help,
      ],
    },
    {
      at: ' help',
      words: [...commands, ...Object.keys(topics).map((text) => ({ text, description: 'Help topic' }))],
      flags: [],
    },
  ]);
});

test.each([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
] as const)('the script for %s', (_, script) => {
  expect(script(withoutTopics).split('\n')).toMatchSnapshot();
});

test('a colon in a word is not the end of it for zsh', () => {
  const place = { at: '', words: [{ text: 'a:b:c', description: 'd:e' }], flags: [] };
  expect(zshScript([place])).toContain(String.raw`offered=('a\:b\:c:d:e')`);
});

describe('completion', () => {
  let directory: string;
  let remove: () => void;
  beforeEach(() => {
    ({ path: directory, remove } = quickDirectory());
    mkdirSync(join(directory, 'hpc-collector'));
  });
  afterEach(() => remove());
  const program: CommandDef = { ...root, subCommands: { completion: completionCommand(root) } };
  const run = (...words: string[]) =>
    runInProcess(program, ['completion', ...words], { HOME: directory, XDG_CONFIG_HOME: directory });
  const configure = (file: string, text: string) => writeFileSync(join(directory, 'hpc-collector', file), text);
  const printed = async (script: typeof bashScript, systems: readonly string[], streams: readonly string[]) => ({
    exit: 0,
    stdout: `${script(placesOf(await commandTree(root), { systems, streams })).trimEnd()}\n`,
    stderr: '',
  });
  const builtIn = ['casper', 'derecho', 'jupyterhub'];

  test('prints the script of the shell, with the systems and the streams of the configuration', async () => {
    configure('aurora.yaml', 'deliver_to: [sam, second]\n');
    configure('two words.yaml', '');
    configure('collector.yaml', 'destinations: { second: { kind: sam, url: https://b.example.org } }\n');
    const systems = ['aurora', ...builtIn];
    const streams = ['sam/aurora', 'second/aurora', ...builtIn.map((name) => `sam/${name}`)];
    for (const [shell, script] of Object.entries({ bash: bashScript, zsh: zshScript, fish: fishScript })) {
      const { stdout, ...rest } = await run(shell);
      expect(rest).toEqual({ exit: 0, stderr: '' });
      expect(stdout.split('\n')).toEqual((await printed(script, systems, streams)).stdout.split('\n'));
    }
  });

  test('reads the configuration of --config', async () => {
    const other = join(directory, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'gust.yaml'), '');
    expect((await run('bash', '--config', other)).stdout).toContain("compgen -W 'casper derecho gust jupyterhub'");
  });

  test('leaves out systems and streams if the configuration is invalid, but does not hide a bug', async () => {
    configure('collector.yaml', 'nonsense: true\n');
    expect(await run('bash')).toEqual(await printed(bashScript, [], []));
    const bug = spyOn(load, 'loadConfig').mockImplementation(() => {
      throw new TypeError('x is undefined');
    });
    expect((await run('bash')).stderr).toStartWith('hpc-collector: this is a bug: x is undefined\n');
    bug.mockRestore();
  });

  test('of another shell is refused', async () => {
    const refused = (shell: string) => ({
      exit: 2,
      stdout: '',
      stderr: `hpc-collector: no completion for '${shell}': give bash, zsh or fish\n`,
    });
    expect(await run('tcsh')).toEqual(refused('tcsh'));
    expect(await run('x'.repeat(41))).toEqual(refused(`${'x'.repeat(40)}…`));
  });
});
