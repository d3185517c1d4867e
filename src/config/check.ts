import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { alertSettings } from './alerts.ts';
import { type CollectorSettings, collectorSchema } from './collector.ts';
import type { Config } from './config.ts';
import { checkDeliverTo } from './deliver-to.ts';
import { addressOfDestination, allDestinations } from './destination-settings.ts';
import { variablesOf, variablesOfKind } from './destinations.ts';
import { envFileProblems } from './env-file.ts';
import { oneOf, readEnvironment, secondsFrom } from './environment.ts';
import { type LayerPlace, type Layers, placeIn } from './layers.ts';
import { checkDirectory, collectorLayers, knownSystems, loadSystem } from './load.ts';
import { defaultConfigDirectory, defaultStateDirectory, type Environment } from './paths.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { loadReceiverSettings } from './receiver.ts';
import { samBaseUrl } from './sam.ts';
import { readSecretFile } from './secret-file.ts';
import { checkSettings } from './settings.ts';
import type { System } from './system.ts';

/** The configuration as far as it can be read, and all its errors. */
export type Examined = {
  /** True if there is a configuration directory. */
  readonly exists: boolean;
  /** The configuration; a part that cannot be read has its defaults. */
  readonly config: Config;
  /** The requested systems without errors. */
  readonly systems: readonly System[];
  readonly problems: readonly ConfigProblem[];
};

/**
 * Reads the whole configuration and collects errors instead of stopping at the first one. Checks the named systems;
 * without names, every system that is enabled or has a file.
 */
export function examine(
  configDirectory: string | null,
  processEnvironment: Environment,
  named: readonly string[],
): Examined {
  const problems: ConfigProblem[] = [];
  /** Runs one step. If it throws, records the error, at `place` if the error does not name a place. */
  const attempt = <T>(work: () => T, place: LayerPlace | null = null): T | null => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(...problemsOf(error, place));
      return null;
    }
  };

  const directory = configDirectory ?? defaultConfigDirectory(processEnvironment);
  const exists = existsSync(directory);
  // If the directory is a file, stop: nothing can be read. If it does not exist, check the defaults.
  if (exists) checkDirectory(configDirectory);
  else attempt(() => checkDirectory(configDirectory));
  const envFile = join(directory, 'env');
  const envText = attempt(() => readSecretFile(envFile, 'passwords'));
  const layers = attempt(() => collectorLayers(directory)) ?? [];
  const checked = attempt(() => checkSettings(collectorSchema, layers));
  const collector = checked ?? collectorSchema.parse({});
  if (checked !== null) attempt(() => checkDeliverTo(layers, checked));
  if (envText !== null) problems.push(...envFileProblems(envText, envFile, variablesOfDestinations(collector)));
  const environment = withoutBroken(
    // Errors of the file itself are recorded above.
    envText === null ? processEnvironment : readEnvironment(processEnvironment, envFile),
    attempt,
  );
  const addressOf = (name: string) =>
    attempt(() => addressOfDestination(name, collector, environment), placeOfAddress(layers, name, environment));
  const config: Config = {
    directory,
    stateDirectory: defaultStateDirectory(processEnvironment),
    collector,
    ...allDestinations(collector, environment, addressOf),
    environment,
  };
  attempt(() => alertSettings(config));
  attempt(() => loadReceiverSettings(directory));
  const systems = (named.length > 0 ? named : wantedSystems(config)).flatMap((name) => {
    const place = placeIn(layers, ['systems', collector.systems.indexOf(name)], 'value');
    return attempt(() => loadSystem(name, config), named.length > 0 ? null : place) ?? [];
  });
  return { exists, config, systems, problems };
}

/** Returns the environment without the wrong variables, so that each is reported once. */
function withoutBroken(environment: Environment, attempt: (work: () => unknown) => unknown): Environment {
  const kept = { ...environment };
  const { url, user, password } = variablesOf('sam');
  for (const names of [url, user, password]) {
    const normalise = names === url ? samBaseUrl : undefined;
    const isBroken = attempt(() => oneOf(environment, names, normalise) ?? '') === null;
    if (isBroken) for (const name of names) delete kept[name];
  }
  for (const name of ['API_TIMEOUT', 'PBS_COMMAND_TIMEOUT', 'SSH_TIMEOUT']) {
    if (attempt(() => secondsFrom(environment, name) ?? 0) === null) delete kept[name];
  }
  return kept;
}

/** Returns the variables of the destinations that the configuration names. */
function variablesOfDestinations({ destinations }: CollectorSettings): readonly string[] {
  return Object.entries(destinations).flatMap(([name, { kind }]) => variablesOfKind(name, kind));
}

/** Returns where an address is set in YAML; null if the environment sets it. */
function placeOfAddress(layers: Layers, destination: string, environment: Environment): LayerPlace | null {
  const isInYaml = variablesOf(destination).url.every((name) => environment[name] === undefined);
  return isInYaml ? placeIn(layers, ['destinations', destination, 'url'], 'value') : null;
}

function wantedSystems({ directory, collector }: Config): readonly string[] {
  const hasFile = (name: string) =>
    existsSync(join(directory, `${name}.yaml`)) || existsSync(join(directory, name, 'config.yaml'));
  return [...new Set([...collector.systems, ...knownSystems({ directory }).filter(hasFile)])];
}

function problemsOf(error: OperatorError, place: LayerPlace | null): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems;
  return [{ file: null, line: null, column: null, ...place, words: error.message }];
}
