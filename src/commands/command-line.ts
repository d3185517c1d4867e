import { type ArgsDef, runCommand } from 'citty';
import { exitCodes, messageOf, OperatorError, operatorErrorOf } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { complain, OutputClosed, print } from '../lib/output.ts';
import { withoutSecrets } from '../lib/secrets.ts';
import { isTerminal } from '../lib/terminal.ts';
import { printable } from '../lib/text.ts';
import { about, versionLine } from '../lib/version.ts';
import { stopOnSignals } from '../run/signals.ts';
import { commonArgs } from './common.ts';
import { repeatableFlags } from './repeated.ts';
import { type CommandDefinition, resolved } from './tree.ts';
import { usageOf } from './usage.ts';

/**
 * Commands that only read. They keep the default action of signals, because a handler in JavaScript runs only after the
 * current read has ended. On a hung filesystem it never ends.
 */
const readOnly: readonly string[] = [
  'health',
  'outbox ls',
  'outbox show',
  'outbox stats',
  'config show',
  'config check',
];

type Chosen = {
  readonly command: CommandDefinition;
  /** `hpc-collector outbox ls` */
  readonly name: string;
  readonly args: readonly string[];
};

/**
 * Runs the command that the arguments name and returns its exit code. citty ignores unknown flags, loses flags before a
 * subcommand, and exits with 1 for every error. This function corrects all three.
 */
export async function runCommandLine(root: CommandDefinition, args: readonly string[]): Promise<number> {
  const isVerbose = args.includes('--verbose') || args.includes('-v');
  try {
    if (args[0] === 'help' && args.length === 2 && (await showTopic(args[1] ?? ''))) return exitCodes.done;
    const chosen = await choose(root, withWordsAsFlags(args));
    if (chosen.command === root && chosen.args.some((arg) => arg === '--version' || arg === '-V')) {
      print(`${chosen.args.includes('--json') ? JSON.stringify(about) : versionLine()}\n`);
      return exitCodes.done;
    }
    const { command } = chosen;
    if (beforeDashes(chosen.args).some((arg) => arg === '--help' || arg === '-h')) {
      print(await usageOf(command, chosen.name));
      return exitCodes.done;
    }
    const definitions = await definitionsOf(command);
    if (!command.run) {
      checkFlags({ ...commonArgs, ...definitions }, chosen);
      complain(await usageOf(command, chosen.name));
      return exitCodes.fatal;
    }
    checkWords(definitions, chosen, checkFlags(definitions, chosen));
    if (!readOnly.includes(chosen.name.replace(/^hpc-collector /, ''))) stopOnSignals();
    const { result } = await runCommand(command, { rawArgs: [...chosen.args] });
    return typeof result === 'number' ? result : exitCodes.done;
  } catch (error) {
    return report(error, isVerbose);
  }
}

/** Shows a help topic, on a terminal in the pager. Returns false if there is no topic of that name. */
async function showTopic(name: string): Promise<boolean> {
  const { topics } = await import('./help/topics.ts');
  const text = Object.hasOwn(topics, name) ? topics[name] : undefined;
  if (text === undefined) return false;
  const { page } = await import('../exec/pager.ts');
  if (!isTerminal(1) || !(await page(text))) print(text);
  return true;
}

/** Translates the words `help` and `version` into flags: `help outbox ls` is `outbox ls --help`. */
function withWordsAsFlags(args: readonly string[]): readonly string[] {
  if (args[0] === 'help') return [...args.slice(1), '--help'];
  return args[0] === 'version' ? ['--version', ...args.slice(1)] : args;
}

/** Prints an error in one line, with its stack for a bug or with `--verbose`. Returns the exit code. */
function report(error: unknown, isVerbose: boolean): number {
  // 128 and the number of SIGPIPE, as shells report it.
  if (error instanceof OutputClosed) return 128 + 13;
  const known = operatorErrorOf(error);
  const isExpected = known !== null || isUsageError(error);
  const message = Bun.stripANSI(messageOf(known ?? error));
  // Usage errors begin with the command themselves.
  const prefix = message.startsWith('hpc-collector') ? '' : 'hpc-collector: ';
  complain(`${prefix}${isExpected ? '' : 'this is a bug: '}${printable(message, 2000)}\n`);
  if (error instanceof Error && (isVerbose || !isExpected)) complain(`${withoutSecrets(String(error.stack))}\n`);
  return known?.exitCode ?? exitCodes.fatal;
}

function isUsageError(error: unknown): boolean {
  return error instanceof Error && error.name === 'CLIError';
}

/** Finds the command that the arguments name; common flags can stand between its words. Throws OperatorError. */
async function choose(root: CommandDefinition, args: readonly string[]): Promise<Chosen> {
  const early: string[] = [];
  let rest = [...args];
  let command = root;
  let name = 'hpc-collector';
  for (;;) {
    const subcommands = await resolved(command.subCommands);
    if (!subcommands) break;
    const [word] = rest;
    if (word === undefined) break;
    if (word.startsWith('-')) {
      const taken = takeCommonFlag(rest);
      if (taken === 0) break;
      early.push(...rest.slice(0, taken));
      rest = rest.slice(taken);
      continue;
    }
    const found = Object.hasOwn(subcommands, word) ? subcommands[word] : undefined;
    if (!found) {
      const meant = nearest(word, Object.keys(subcommands));
      const hint = meant === null ? `see ${name} --help` : `did you mean '${name} ${meant}'?`;
      throw new OperatorError(`there is no command '${name} ${printable(word, 60)}': ${hint}`);
    }
    command = await resolved(found);
    name = `${name} ${word}`;
    rest = rest.slice(1);
  }
  return { command, name, args: [...early, ...rest] };
}

/** Returns how many arguments a common flag at the start of `args` takes, itself included; 0 if there is none. */
function takeCommonFlag(args: readonly string[]): number {
  const [flag = '', value] = args;
  const name = flag.replace(/^--?/, '').split('=')[0] ?? '';
  const definition = Object.entries(commonArgs).find(
    ([key, arg]) => key === name || ('alias' in arg && arg.alias === name),
  )?.[1];
  if (!definition) return 0;
  return definition.type === 'boolean' || flag.includes('=') || value === undefined ? 1 : 2;
}

/**
 * Throws OperatorError for a flag that the command does not have, because a mistyped `--dry-run` must not run for real.
 * Returns the words that are neither flags nor their values.
 */
function checkFlags(definitions: ArgsDef, { args, name }: Chosen): readonly string[] {
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
function checkWords(definitions: ArgsDef, { name }: Chosen, words: readonly string[]): void {
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

function beforeDashes(args: readonly string[]): readonly string[] {
  const dashes = args.indexOf('--');
  return dashes < 0 ? args : args.slice(0, dashes);
}

async function definitionsOf(command: CommandDefinition): Promise<ArgsDef> {
  return (await resolved(command.args)) ?? {};
}
