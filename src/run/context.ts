import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadConfig, loadSystem } from '../config/load.ts';
import { defaultFallbackDirectory, type Environment } from '../config/paths.ts';
import type { System } from '../config/system.ts';
import { sameHost } from '../exec/host-name.ts';
import { type ExitCode, OperatorError, operatorErrorOf } from '../lib/errors.ts';
import { hangingFiles, patience } from '../lib/hanging.ts';
import { createLog, type Log } from '../lib/log.ts';
import { isTerminal } from '../lib/terminal.ts';
import { outboxFile } from '../outbox/files.ts';
import { tryLock } from '../outbox/lock.ts';
import { type OutboxLocation, openReadOnly } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { Spool } from '../outbox/spool/spool.ts';
import { OutboxUnwritable } from '../outbox/unwritable.ts';
import { hangingRun } from './earlier-run.ts';
import { ErrorChanges } from './ongoing-errors.ts';

/** The values of the flags that every command has. */
export type CommonArgs = {
  readonly config?: string | undefined;
  readonly outbox?: string | undefined;
  readonly verbose?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly 'log-file'?: string | undefined;
  readonly 'log-format'?: 'text' | 'json' | undefined;
};

/** The configuration, log and outbox of a command, from the common flags and the environment. */
export type Context = {
  readonly config: Config;
  readonly log: Log;
  readonly outbox: OutboxLocation;
  /** Set if the directory of the outbox does not answer, or an earlier run hangs: no file in it may be touched. */
  readonly hanging: OutboxUnwritable | null;
  /** Collects what an unattended run reports at its end; null if a person watches the run. */
  readonly changes: ErrorChanges | null;
};

/** Reads the configuration and opens the log. */
export function openContext(args: CommonArgs, processEnvironment: Environment = process.env): Context {
  return contextWith(args, loadConfig(args.config ?? null, processEnvironment));
}

/**
 * Runs the work that cron starts every few minutes. Without a terminal it prints only changes, at the end of the run: a line
 * for each new error, and for each error that is over.
 */
export async function routinely(args: CommonArgs, work: (context: Context) => Promise<ExitCode>): Promise<ExitCode> {
  const isWatched = isTerminal(2) || args.verbose === true;
  const config = loadConfig(args.config ?? null, process.env);
  const { common, bySystem } = logFilesOf(args, config);
  const outbox = outboxOf(args, config);
  const files = [outbox, common, ...bySystem.values()];
  const [unanswered, earlier] = await Promise.all([hangingFiles(files), hangingRun(outbox)]);
  const changes = isWatched ? null : new ErrorChanges();
  const context =
    earlier === null || unanswered.has(outbox)
      ? contextWith(args, config, changes, unanswered, doesNotAnswer(outbox))
      : contextWith(args, config, changes, new Set(files), earlierHangs(outbox, earlier));
  try {
    return await work(context);
  } finally {
    context.changes?.tell(context);
  }
}

function contextWith(
  args: CommonArgs,
  config: Config,
  changes: ErrorChanges | null = null,
  unusable: ReadonlySet<string> = new Set(),
  reason: OutboxUnwritable | null = null,
): Context {
  const { collector } = config;
  const { common, bySystem } = logFilesOf(args, config);
  const log = createLog({
    terminal: changes ? changes.filter : args.verbose ? 'verbose' : args.quiet ? 'quiet' : 'normal',
    format: args['log-format'] ?? collector.log.format,
    file: unusable.has(common) ? null : common,
    fileBySystem: new Map([...bySystem].filter(([, file]) => !unusable.has(file))),
    lockRotation: collector.log.rotate ? tryLock : null,
  });
  const file = outboxOf(args, config);
  const spool = new Spool(collector.fallback_directory ?? defaultFallbackDirectory(), file);
  const outbox = { file, isNamed: args.outbox !== undefined, host: hostname(), spool, log };
  const hanging = unusable.has(file) ? reason : null;
  return { config, log, outbox, hanging, changes };
}

function outboxOf({ outbox }: CommonArgs, { stateDirectory }: Config): string {
  return outbox ?? outboxFile(stateDirectory);
}

function doesNotAnswer(outbox: string): OutboxUnwritable {
  return new OutboxUnwritable(
    `cannot open the outbox ${outbox}: its directory did not answer within ${patience} s`,
    'check its filesystem and the file server: cat /proc/mounts; dmesg',
    null,
  );
}

function earlierHangs(outbox: string, socket: string): OutboxUnwritable {
  return new OutboxUnwritable(
    `cannot open the outbox ${outbox}: an earlier run waits for a file and does not go on`,
    `check the filesystem of the outbox, and find the process with: ss -xlp | grep ${socket}`,
    null,
  );
}

/** Returns the common log file, and the log files of systems that have their own. */
export function logFilesOf(
  args: CommonArgs,
  { environment, collector, stateDirectory }: Config,
): { readonly common: string; readonly bySystem: ReadonlyMap<string, string> } {
  const named = args['log-file'];
  const ownFiles = ['derecho', 'casper'].flatMap((system) => {
    const file = environment[`${system.toUpperCase()}_LOG_FILE`];
    return file === undefined || named !== undefined ? [] : [[system, file] as const];
  });
  return { common: named ?? collector.log.file ?? join(stateDirectory, 'collector.log'), bySystem: new Map(ownFiles) };
}

/**
 * Runs the work of a command. Logs an OperatorError, because the standard error of a cron job is not kept, and returns its
 * exit code.
 */
export async function logged(log: Log, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    const known = operatorErrorOf(error);
    if (known === null) throw error;
    log.error(`✗ ${known.message}`);
    log.debug(String(known.stack));
    return known.exitCode;
  }
}

/** The systems to collect, and an exit code for each requested system that cannot be collected. */
export type ChosenSystems = { readonly systems: readonly System[]; readonly failures: readonly ExitCode[] };

/**
 * Returns the systems named on the command line, or without names those that the configuration enables. Without names, and
 * with `here`, leaves out systems that are not collected on this host, because all login hosts can have the same crontab.
 * Logs an unknown or wrongly configured system. Throws OperatorError if no other system is left.
 */
export function chosenSystems(
  names: readonly string[],
  { config, log }: Context,
  which: 'here' | 'as named',
): ChosenSystems {
  const wanted = names.length > 0 ? names : config.collector.systems;
  if (wanted.length === 0 && which === 'here' && config.collector.samples !== undefined)
    return { systems: [], failures: [] };
  if (wanted.length === 0) {
    throw new OperatorError(
      `no system is named and none is enabled: name a system, or list them under 'systems:' in ${join(config.directory, 'collector.yaml')}, which hpc-collector config init writes`,
    );
  }
  const systems: System[] = [];
  const errors: OperatorError[] = [];
  for (const name of new Set(wanted)) {
    try {
      systems.push(loadSystem(name, config));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first && systems.length === 0) throw first;
  for (const error of errors) log.error(`✗ ${error.message}`);
  const isHere = ({ hosts }: System) => hosts?.some((host) => sameHost(host, hostname())) ?? true;
  return {
    systems: names.length > 0 && which === 'as named' ? systems : systems.filter(isHere),
    failures: errors.map((error) => error.exitCode),
  };
}

/** Opens the outbox for a preview; null if there is none or it cannot be opened, because a preview works without it. */
export function outboxForPreview({ outbox }: Context): Outbox | null {
  try {
    return openReadOnly(outbox);
  } catch (error) {
    if (error instanceof OutboxUnwritable) return null;
    throw error;
  }
}
