import { type ArgsDef, runCommand } from 'citty';
import { exitCodes, messageOf, OperatorError, operatorErrorOf } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { complain, OutputClosed, print } from '../lib/output.ts';
import { withoutSecrets } from '../lib/secrets.ts';
import { isTerminal } from '../lib/terminal.ts';
import { printable } from '../lib/text.ts';
import { about, versionLine } from '../lib/version.ts';
import { stopOnSignals } from '../run/signals.ts';
import { beforeDashes, type Chosen, checkFlags, checkWords } from './check-arguments.ts';
import { commonArgs } from './common.ts';
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
    // citty would take the first value of a flag for a subcommand; the subcommand is chosen already.
    const { result } = await runCommand({ ...command, subCommands: {} }, { rawArgs: [...chosen.args] });
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

async function definitionsOf(command: CommandDefinition): Promise<ArgsDef> {
  return (await resolved(command.args)) ?? {};
}
