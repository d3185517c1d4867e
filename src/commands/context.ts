import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig, loadSystem } from '../config/load.ts';
import type { Environment } from '../config/paths.ts';
import type { System } from '../config/system.ts';
import { type ExitCode, OperatorError } from '../lib/errors.ts';
import { createLog, type Log } from '../lib/log.ts';
import { outboxFile } from '../outbox/files.ts';
import type { RecoveryOptions } from '../outbox/recovery/recover.ts';
import type { CommonArgs } from './common.ts';

/** What every command works with, from the common flags, the environment and the configuration. */
export type Context = {
  readonly config: Config;
  readonly log: Log;
  readonly outboxFile: string;
};

/** Reads the configuration and opens the log. */
export function openContext(args: CommonArgs, processEnvironment: Environment = process.env): Context {
  const config = loadConfig(args.config ?? null, processEnvironment);
  const { environment, collector, stateDirectory } = config;
  const ownFiles = ['derecho', 'casper'].flatMap((system) => {
    const file = environment[`${system.toUpperCase()}_LOG_FILE`];
    return file === undefined || args['log-file'] !== undefined ? [] : [[system, file] as const];
  });
  const log = createLog({
    terminal: args.verbose ? 'verbose' : args.quiet ? 'quiet' : 'normal',
    format: args['log-format'] ?? collector.log.format,
    file: args['log-file'] ?? collector.log.file ?? join(stateDirectory, 'collector.log'),
    fileBySystem: new Map(ownFiles),
  });
  return { config, log, outboxFile: args.outbox ?? outboxFile(stateDirectory) };
}

/** What opening the outbox must know to recover it where it is damaged. */
export function recoveryOptions(context: Context, drainLock: RecoveryOptions['drainLock'] = 'free'): RecoveryOptions {
  return { host: hostname(), log: context.log, drainLock };
}

/**
 * Does a command's work; what a person must mend is a line of the log, because nobody sees the standard error of what
 * cron runs.
 */
export async function logged(log: Log, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    log.error(`✗ ${error.message}`);
    log.debug(String(error.stack));
    return error.exitCode;
  }
}

/**
 * The systems named on the command line; without a name those that the configuration enables on this host.
 * Throws OperatorError where there are none, or one of them is not known.
 */
export function chosenSystems(names: readonly string[], config: Config): System[] {
  if (names.length > 0) return [...new Set(names)].map((name) => loadSystem(name, config));
  const enabled = config.collector.systems;
  if (enabled.length === 0) {
    throw new OperatorError(
      `no system is named and none is enabled: name one, or list them under 'systems:' in ${join(config.directory, 'collector.yaml')}`,
    );
  }
  const here = shortName(hostname());
  return enabled
    .map((name) => loadSystem(name, config))
    .filter((system) => system.hosts === undefined || system.hosts.some((host) => shortName(host) === here));
}

function shortName(host: string): string {
  return (host.split('.')[0] ?? host).toLowerCase();
}
