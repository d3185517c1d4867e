/** Which arguments a command accepts, and what it says about the others. */

import { describe, expect, test } from 'bun:test';
import type { ArgsDef } from 'citty';
import { afterDashes, beforeDashes, checkFlags, checkWords } from '../../src/commands/check-arguments.ts';

const aliases: string[] = ['s', 'S'];
const definitions = {
  'id…': { type: 'positional', required: false },
  stream: { type: 'string', alias: aliases },
  format: { type: 'enum', options: ['text', 'json'] },
  cluster: { type: 'string' },
  scope: { type: 'string' },
  'dry-run': { type: 'boolean', alias: 'n' },
  verbose: { type: 'boolean', alias: 'v' },
  quiet: { type: 'boolean' },
} as const satisfies ArgsDef;
const check = (...args: string[]) => checkFlags(definitions, { name: 'hpc-collector ls', args });

describe('flags', () => {
  test.each<[string[], string[]]>([
    [[], []],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    // Without a value of its own, a flag takes the next word.
    [['--stream', 'x', 'a'], ['a']],
    [['--stream=x', 'a'], ['a']],
    [['--stream=', 'a'], ['a']],
    [['--stream', '-', 'a'], ['a']],
    [['--stream', '-1', 'a'], ['a']],
    [['--stream=--json', 'a'], ['a']],
    [['-s', 'x', 'a'], ['a']],
    [['-S', 'x', 'a'], ['a']],
    [['--format', 'json', 'a'], ['a']],
    [['--format=text', 'a'], ['a']],
    [['--dry-run', 'a'], ['a']],
    [['-n', '--no-dry-run', '--dry-run', 'a'], ['a']],
    [['--cluster', 'x', '--scope=1', '--cluster=y', '--scope', '2', 'a'], ['a']],
    [['--verbose', '--verbose', 'a'], ['a']],
    // A dash alone is standard input.
    [
      ['-', 'a'],
      ['-', 'a'],
    ],
    [
      ['a', '--', '-b', '--', '--stream'],
      ['-b', '--', '--stream', 'a'],
    ],
    [['--', '--unknown'], ['--unknown']],
  ])('%j leave the words %j', (args, words) => {
    expect(check(...args)).toEqual(words);
  });

  test.each<[string[], string]>([
    [['--strem', 'x'], 'has no flag --strem: did you mean --stream?'],
    [['--no-dryrun'], 'has no flag --no-dryrun: did you mean --no-dry-run?'],
    [['--no-stream'], 'has no flag --no-stream: did you mean --stream?'],
    [['--frobnicate=7'], 'has no flag --frobnicate: see hpc-collector ls --help'],
    [['--id…', 'x'], 'has no flag --id…: see hpc-collector ls --help'],
    [[`--${'x'.repeat(59)}`], `has no flag --${'x'.repeat(58)}…: see hpc-collector ls --help`],
    [['--stream', 'x', '--stream=y'], ': --stream is given twice: give it once'],
    [['-s', 'x', '--stream=y'], ': --stream is given twice: give it once'],
    [['--format', 'text', '--format', 'text'], ': --format is given twice: give it once'],
    [['a', '--stream'], ': --stream needs a value'],
    [['--stream', '--dry-run'], ': --stream needs a value'],
    [['--stream', '--', 'a'], ': --stream needs a value'],
    [['--format', 'xml'], ': --format xml: give text or json'],
    [['--format=json=text'], ': --format json=text: give text or json'],
    [['--format='], ': --format : give text or json'],
    [['--format', 'x'.repeat(41)], `: --format ${'x'.repeat(40)}…: give text or json`],
    [['-v', '--quiet'], ': --verbose and --quiet cannot be used together: give one of them'],
  ])('%j is refused', (args, message) => {
    const refusal = `hpc-collector ls${message.startsWith(':') ? '' : ' '}${message}`;
    expect(() => check(...args)).toThrow(new Error(refusal));
  });

  test('a required flag must be given', () => {
    const required = {
      name: { type: 'positional', required: true },
      note: { type: 'string', required: false },
      title: { type: 'string', required: true },
    } as const;
    const checkTitle = (...args: string[]) => checkFlags(required, { name: 'report', args });
    expect(() => checkTitle('--note', 'x')).toThrow(new Error('report needs --title: see report --help'));
    expect(checkTitle('a', '--title=x')).toEqual(['a']);
  });
});

describe('words', () => {
  const checkPlaces = (places: Readonly<Record<string, boolean>>, ...words: string[]) => {
    const positional = ([key, required]: [string, boolean]) => [key, { type: 'positional', required }] as const;
    const flags = { stream: { type: 'string' } } as const;
    const all = { ...flags, ...Object.fromEntries(Object.entries(places).map(positional)) };
    checkWords(all, { name: 'hpc-collector ls', args: words, command: {} }, words);
  };

  test.each<[Readonly<Record<string, boolean>>, string[]]>([
    [{}, []],
    [{ id: true }, ['a']],
    [{ id: false }, []],
    [{ id: true, file: false }, ['a']],
    [{ id: true, file: false }, ['a', 'b']],
    [{ 'id…': false }, []],
    [{ 'id…': true }, ['a', 'b', 'c']],
    [{ file: true, 'id…': true }, ['a', 'b', 'c']],
  ])('%j takes %j', (places, words) => {
    expect(() => checkPlaces(places, ...words)).not.toThrow();
  });

  test.each<[Readonly<Record<string, boolean>>, string[], string]>([
    [{}, ['a'], "does not take 'a'"],
    [{ id: true }, [], 'needs ID'],
    [{ id: true, file: true }, ['a'], 'needs FILE'],
    [{ 'system…': true }, [], 'needs SYSTEM…'],
    [{ id: true, file: false }, ['a', 'b', 'c', 'd'], "does not take 'c'"],
    [{ id: true }, ['a', 'x'.repeat(61)], `does not take '${'x'.repeat(60)}…'`],
  ])('%j does not take %j', (places, words, message) => {
    const refusal = new Error(`hpc-collector ls ${message}: see hpc-collector ls --help`);
    expect(() => checkPlaces(places, ...words)).toThrow(refusal);
  });

  test('are required unless a definition says otherwise', () => {
    const chosen = { name: 'show', args: [], command: {} };
    expect(() => checkWords({ id: { type: 'positional' } }, chosen, [])).toThrow('show needs ID: see show --help');
  });
});

test.each<[string[], string[], string[]]>([
  [[], [], []],
  [['a', '-b'], ['a', '-b'], []],
  [['a', '--'], ['a'], []],
  [['a', '--', 'b', '--', 'c'], ['a'], ['b', '--', 'c']],
  [['--', 'b'], [], ['b']],
])('of %j, %j is before the dashes and %j after them', (args, before, after) => {
  expect(beforeDashes(args)).toEqual(before);
  expect(afterDashes(args)).toEqual(after);
});
