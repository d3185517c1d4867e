import type { ArgsDef } from 'citty';
import { OperatorError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { printable } from '../lib/text.ts';
import { repeatableFlags } from './repeated.ts';
import type { CommandDefinition } from './tree.ts';

/** A command that the command line names, and the arguments after its name. */
export type Chosen = {
  readonly command: CommandDefinition;
  /** `hpc-collector outbox ls` */
  readonly name: string;
  readonly args: readonly string[];
};

/**
 * Throws OperatorError for a flag that the command does not have, because a mistyped `--dry-run` must not run for real.
 * Returns the words that are neither flags nor their values.
 */
export function checkFlags(definitions: ArgsDef, { args, name }: Pick<Chosen, 'args' | 'name'>): readonly string[] {
  const flags = new Map<string, ArgsDef[string]>();
  for (const [key, definition] of Object.entries(definitions)) {
    if (definition.type === 'positional') continue;
    flags.set(`--${key}`, definition);
    if (definition.type === 'boolean') flags.set(`--no-${key}`, definition);
    for (const alias of 'alias' in definition && definition.alias ? [definition.alias].flat() : [])
      flags.set(`-${alias}`, definition);
  }
  const words = beforeDashes(args);
  const others = [...args.slice(words.length + 1)];
  const given = new Set<ArgsDef[string]>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-') || word === '-') {
      others.push(word);
      continue;
    }
    const [flag = '', ...value] = word.split('=');
    const definition = flags.get(flag);
    if (!definition) {
      const meant = nearest(flag, [...flags.keys()]);
      throw new OperatorError(
        `${name} has no flag ${printable(flag, 60)}: ${meant === null ? `see ${name} --help` : `did you mean ${meant}?`}`,
      );
    }
    const takesValue = definition.type === 'string' || definition.type === 'enum';
    if (takesValue && given.has(definition) && !repeatableFlags.includes(flag))
      throw new OperatorError(`${name}: ${flag} is given twice: give it once`);
    given.add(definition);
    if (!takesValue) continue;
    if (value.length === 0) index += 1;
    const text = value.length > 0 ? value.join('=') : words[index];
    // In `--state --json` the value is missing. A value that begins with dashes needs `=`: `--state=--json`.
    if (text === undefined || (value.length === 0 && text.startsWith('--')))
      throw new OperatorError(`${name}: ${flag} needs a value`);
    const options = definition.type === 'enum' ? (definition.options ?? []) : null;
    if (options !== null && !options.includes(text))
      throw new OperatorError(`${name}: ${flag} ${printable(text, 40)}: give ${options.join(' or ')}`);
  }
  for (const [key, definition] of Object.entries(definitions)) {
    const isMissing = definition.type !== 'positional' && definition.required === true && !given.has(definition);
    if (isMissing) throw new OperatorError(`${name} needs --${key}: see ${name} --help`);
  }
  const isGiven = (flag: string) => [...given].some((definition) => definition === definitions[flag]);
  if (isGiven('verbose') && isGiven('quiet'))
    throw new OperatorError(`${name}: --verbose and --quiet cannot be used together: give one of them`);
  return others;
}

/**
 * Throws OperatorError for missing words, and for extra ones, because `drain derecho` must not drain everything. A
 * positional whose key ends with `…` takes many.
 */
export function checkWords(definitions: ArgsDef, { name }: Chosen, words: readonly string[]): void {
  const places = Object.entries(definitions).filter(([, definition]) => definition.type === 'positional');
  const missing = places[words.length];
  if (missing && missing[1].required !== false) {
    throw new OperatorError(`${name} needs ${missing[0].toUpperCase()}: see ${name} --help`);
  }
  const takesMany = places.some(([key]) => key.endsWith('…'));
  const tooMuch = takesMany ? undefined : words[places.length];
  if (tooMuch !== undefined) {
    throw new OperatorError(`${name} does not take '${printable(tooMuch, 60)}': see ${name} --help`);
  }
}

/** Returns the arguments before `--`; those after it are words, even if they begin with a dash. */
export function beforeDashes(args: readonly string[]): readonly string[] {
  const dashes = args.indexOf('--');
  return dashes < 0 ? args : args.slice(0, dashes);
}

/** Returns the arguments after the first `--`. */
export function afterDashes(args: readonly string[]): readonly string[] {
  return args.slice(beforeDashes(args).length + 1);
}
