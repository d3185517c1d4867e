/** How a command line selects a command, and what is printed of its errors. */

import { describe, expect, type Mock, test } from 'bun:test';
import { commonArgs } from '../../src/commands/common.ts';
import { topics } from '../../src/commands/help/topics.ts';
import type { CommandDefinition } from '../../src/commands/tree.ts';
import { usageOf } from '../../src/commands/usage.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { OutputClosed } from '../../src/lib/output.ts';
import { about, versionLine } from '../../src/lib/version.ts';
import { stopOnSignals } from '../../src/run/signals.ts';
import { runInProcess } from '../support/in-process.ts';

/** What the command that ran was given, and whether it handles signals. */
let ran: Readonly<Record<string, unknown>> | null = null;
const command = (args: CommandDefinition['args'] = {}): CommandDefinition => ({
  args: { ...commonArgs, ...args },
  run({ args: given }) {
    const { _, ...flags } = given;
    ran = { flags, words: _, stops: (stopOnSignals as Mock<typeof stopOnSignals>).mock.calls.length > 0 };
    return undefined;
  },
});
const failing = (error: unknown): CommandDefinition => ({
  args: commonArgs,
  run() {
    throw error;
  },
});

const ansi = '\u001b[31m';
const outbox = {
  meta: { description: 'Show entries' },
  args: commonArgs,
  subCommands: { ls: command({ 'id…': { type: 'positional', required: false } }), show: command(), stats: command() },
};
const config = { subCommands: { show: command(), check: command(), init: command() } };
const root: CommandDefinition = {
  meta: { description: 'Collect' },
  args: { ...commonArgs, version: { type: 'boolean', alias: 'V' } },
  subCommands: {
    outbox,
    health: command(),
    drain: command(),
    config,
    seven: { run: () => 7 },
    word: { run: () => 'seven' },
    wrong: failing(new OperatorError(`${ansi}wrong`, { exitCode: 75 })),
    usage: failing(new OperatorError('hpc-collector usage: wrong')),
    long: failing(new OperatorError('x'.repeat(2001))),
    bug: failing(new TypeError('of https://user:secret@example.org/')),
    text: failing('a text'),
    citty: failing(Object.assign(new Error('no such argument'), { name: 'CLIError' })),
    closed: failing(new OutputClosed()),
  },
};
async function line(...args: string[]) {
  ran = null;
  return runInProcess(root, args, {});
}
const said = (exit: number, stdout: string, stderr = '') => ({ exit, stdout, stderr });
const refused = (message: string) => said(2, '', `hpc-collector${message}\n`);

describe('a command', () => {
  test.each<[string[], Readonly<Record<string, unknown>>, string[]]>([
    [['drain'], {}, []],
    [['--outbox', 'x', 'drain'], { outbox: 'x' }, []],
    [['--outbox=x', 'drain', '--config', 'y'], { outbox: 'x', config: 'y' }, []],
    [['-q', 'drain'], { quiet: true, q: true }, []],
    [['-v', '--log-file', 'drain', 'drain'], { verbose: true, v: true, 'log-file': 'drain', logFile: 'drain' }, []],
    [['--quiet', 'outbox', '--outbox', 'x', 'ls', 'a'], { quiet: true, q: true, outbox: 'x' }, ['a']],
    [['outbox', 'ls', '--outbox', 'show'], { outbox: 'show' }, []],
    [['outbox', 'ls', '--', '--help'], {}, ['--help']],
  ])('of %j gets its flags and words', async (args, flags, words) => {
    expect(await line(...args)).toEqual(said(0, ''));
    expect(ran).toMatchObject({ flags, words });
    const { 'id…': _, ...given } = (ran?.flags ?? {}) as Record<string, unknown>;
    expect(
      Object.keys(given)
        .filter((name) => given[name] !== undefined && given[name] !== false)
        .sort(),
    ).toEqual(Object.keys(flags).sort());
  });

  test('that only reads keeps the default action of signals', async () => {
    const lines = ['health', 'outbox ls', 'outbox show', 'outbox stats', 'config show', 'config check'];
    for (const words of lines) {
      await line(...words.split(' '));
      expect({ line: words, ...ran }).toMatchObject({ line: words, stops: false });
    }
    for (const words of ['drain', 'config init']) {
      await line(...words.split(' '));
      expect({ line: words, ...ran }).toMatchObject({ line: words, stops: true });
    }
  });

  test('ends with the code that it returns, or 0', async () => {
    expect(await line('seven')).toEqual(said(7, ''));
    expect(await line('word')).toEqual(said(0, ''));
  });

  test.each<[string[], string]>([
    [['outbx'], ": there is no command 'hpc-collector outbx': did you mean 'hpc-collector outbox'?"],
    [['frobnicate'], ": there is no command 'hpc-collector frobnicate': see hpc-collector --help"],
    [['outbox', 'lss'], ": there is no command 'hpc-collector outbox lss': did you mean 'hpc-collector outbox ls'?"],
    [
      ['outbox', 'x'.repeat(61)],
      `: there is no command 'hpc-collector outbox ${'x'.repeat(60)}…': see hpc-collector outbox --help`,
    ],
    [['constructor'], ": there is no command 'hpc-collector constructor': see hpc-collector --help"],
    [['help', 'constructor'], ": there is no command 'hpc-collector constructor': see hpc-collector --help"],
    [['help', 'files', 'x'], ": there is no command 'hpc-collector files': see hpc-collector --help"],
    [['help', 'x', 'files'], ": there is no command 'hpc-collector x': see hpc-collector --help"],
    [['--frobnicate', 'drain'], ' has no flag --frobnicate: see hpc-collector --help'],
    [['--v', 'drain'], ' drain has no flag --v: did you mean -v?'],
    [['outbox', '--frobnicate'], ' outbox has no flag --frobnicate: see hpc-collector outbox --help'],
    [['--config'], ': --config needs a value'],
    [['drain', '--version'], ' drain has no flag --version: see hpc-collector drain --help'],
    [['drain', 'a'], " drain does not take 'a': see hpc-collector drain --help"],
  ])('is not found, or not run, in %j', async (args, message) => {
    expect(await line(...args)).toEqual(refused(message));
    expect(ran).toBeNull();
  });
});

describe('help', () => {
  test('of a command is on standard output, whatever else is typed', async () => {
    const listing = said(0, await usageOf(outbox.subCommands.ls, 'hpc-collector outbox ls'));
    for (const args of [
      ['outbox', 'ls', '--help'],
      ['outbox', 'ls', '-h', '--frobnicate'],
      ['help', 'outbox', 'ls'],
      ['outbox', '--quiet', 'ls', '--help'],
    ])
      expect(await line(...args)).toEqual(listing);
    expect(await line('help')).toEqual(said(0, await usageOf(root, 'hpc-collector')));
    expect(await line('help', 'config')).toEqual(said(0, await usageOf(config, 'hpc-collector config')));
    expect(ran).toBeNull();
  });

  test('of a command without a verb is an error', async () => {
    expect(await line()).toEqual(said(2, '', await usageOf(root, 'hpc-collector')));
    expect(await line('outbox', '-v')).toEqual(said(2, '', await usageOf(outbox, 'hpc-collector outbox')));
  });

  test('of a topic is the text of the topic', async () => {
    expect(await line('help', 'files')).toEqual(said(0, topics.files ?? ''));
  });
});

test.each([['--version'], ['-V'], ['version']])('%s prints the version', async (word) => {
  expect(await line(word)).toEqual(said(0, `${versionLine()}\n`));
  expect(await line('-q', word)).toEqual(word === 'version' ? expect.anything() : said(0, `${versionLine()}\n`));
  expect(await line(word, '--json')).toEqual(said(0, `${JSON.stringify(about)}\n`));
});

describe('an error', () => {
  test('of the operator is one line, with the stack if --verbose is given', async () => {
    expect(await line('wrong')).toEqual(said(75, '', 'hpc-collector: wrong\n'));
    expect(await line('usage')).toEqual(said(2, '', 'hpc-collector usage: wrong\n'));
    expect(await line('long')).toEqual(said(2, '', `hpc-collector: ${'x'.repeat(2000)}…\n`));
    expect(await line('citty')).toEqual(said(2, '', 'hpc-collector: no such argument\n'));
    const stack = expect.stringMatching(/^hpc-collector: wrong\n.*\n +at .*command-line\.test\.ts.*\n$/s);
    for (const flag of ['-v', '--verbose'])
      expect(await line(flag, 'wrong')).toEqual({ ...said(75, ''), stderr: stack });
  });

  test('of the program is called a bug and has the stack, without secrets', async () => {
    const { exit, stderr } = await line('bug');
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^hpc-collector: this is a bug: of https:.*\n +at .*command-line\.test\.ts.*\n$/s);
    expect(stderr).not.toContain('secret');
    expect(await line('text')).toEqual(refused(': this is a bug: a text'));
  });

  test('of a closed output prints nothing', async () => {
    expect(await line('closed')).toEqual(said(141, ''));
  });
});
