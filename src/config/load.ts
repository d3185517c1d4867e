import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { OperatorError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { printable } from '../lib/text.ts';
import { collectorSchema } from './collector.ts';
import { completed } from './complete.ts';
import type { Config } from './config.ts';
import { checkDeliverTo, unknownDestinations } from './deliver-to.ts';
import { allDestinations } from './destination-settings.ts';
import { withTodaysNames } from './earlier-names.ts';
import { embeddedSystems } from './embedded.ts';
import { readEnvironment } from './environment.ts';
import { commonSettings } from './fields.ts';
import { type HubSettings, hubSchema } from './hub.ts';
import { type Layers, mergedLayers } from './layers.ts';
import { defaultConfigDirectory, defaultStateDirectory, type Environment } from './paths.ts';
import { presets } from './presets.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';
import { checkSettings, problemAt } from './settings.ts';
import { type System, type SystemSettings, systemSchema } from './system.ts';
import { ownYaml, readYaml, type YamlFile } from './yaml.ts';

/**
 * Reads `collector.yaml` and `env` of a directory (the default one if null) and applies the environment. Throws
 * OperatorError, exit code 2, for wrong settings. Missing credentials are no error, because collecting needs none.
 */
export function loadConfig(configDirectory: string | null, processEnvironment: Environment): Config {
  const directory = configDirectory ?? defaultConfigDirectory(processEnvironment);
  checkDirectory(configDirectory);
  const environment = readEnvironment(processEnvironment, join(directory, 'env'));
  const layers = collectorLayers(directory);
  const collector = checkSettings(collectorSchema, layers);
  checkDeliverTo(layers, collector);
  return {
    directory,
    stateDirectory: defaultStateDirectory(processEnvironment),
    collector,
    ...allDestinations(collector, environment),
    environment,
  };
}

/** Throws OperatorError unless the directory that `--config` names exists; null if it is not given. */
export function checkDirectory(named: string | null): void {
  if (named === null) return;
  const stat = statSync(named, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new OperatorError(`there is no configuration directory ${named}: create it or correct --config`);
  if (!stat.isDirectory())
    throw new OperatorError(`--config ${named} is a file: give its directory, ${dirname(named)}`);
}

/** Reads `collector.yaml` if it exists. */
export function collectorLayers(directory: string): Layers {
  const file = join(directory, 'collector.yaml');
  return existsSync(file) ? [readYaml(file)] : [];
}

/** Files of the configuration directory that do not describe a system. */
export const notSystems: readonly string[] = ['collector', 'receiver', 'node_types', 'config'];

/**
 * Reads the YAML of one system: `<system>.yaml`, or `<system>/config.yaml` with `node_types.yaml` beside it (the layout
 * of earlier collectors), over the preset and the built-in one. Throws OperatorError if there is neither a file nor a
 * built-in one.
 */
export function systemLayers(name: string, { directory, collector }: Pick<Config, 'directory' | 'collector'>): Layers {
  const preset = presets[collector.preset].get(name);
  const file = [join(directory, `${name}.yaml`), join(directory, name, 'config.yaml')].find(existsSync);
  const embedded = embeddedSystems.get(name);
  if (notSystems.includes(name) || (file === undefined && embedded === undefined)) {
    const known = knownSystems({ directory });
    const meant = nearest(name, known);
    const hint = meant === null ? `the known systems are ${known.join(', ')}` : `did you mean '${meant}'?`;
    throw new OperatorError(
      `there is no system '${name}': ${hint}; a system of your own is a file ${join(directory, `${name}.yaml`)}`,
    );
  }
  const types = [join(directory, name, 'node_types.yaml'), join(directory, 'node_types.yaml')].find(existsSync);
  const layers = [
    ...(embedded === undefined ? [] : [ownYaml(embedded, `the built-in ${name}.yaml`)]),
    ...(preset === undefined ? [] : [ownYaml(preset, `the preset ${collector.preset}`)]),
    ...(types === undefined ? [] : [within('node_types', readYaml(types))]),
    ...(file === undefined ? [] : [readYaml(file)]),
  ];
  return isHub(layers) ? layers : layers.map(withTodaysNames);
}

/** Nests the content of a file under one setting. */
function within(setting: string, file: YamlFile): YamlFile {
  return { ...file, value: { [setting]: file.value }, placeOf: (path, what) => file.placeOf(path.slice(1), what) };
}

/** Validates the merged YAML of a system. Throws ConfigError that lists every error. */
export function systemSettings(name: string, layers: Layers): SystemSettings | HubSettings {
  return checkSettings(namedSchema(name, layers), layers, contradictions(name, layers));
}

/** A file with `service` describes a hub. */
function isHub(layers: Layers): boolean {
  return 'service' in mergedLayers(layers);
}

/** The name in a file is optional; the default is the name of the file. */
function namedSchema(name: string, layers: Layers) {
  const system_name = commonSettings.system_name.default(name);
  return isHub(layers) ? hubSchema.extend({ system_name }) : systemSchema.extend({ system_name });
}

/** Finds errors between settings, as far as the settings can be read. */
function contradictions(name: string, layers: Layers): ConfigProblem[] {
  const { system_name, filesystems, mounts } = readable.parse(mergedLayers(layers));
  const known = Object.keys(mounts);
  return [
    ...(system_name === undefined || system_name === name
      ? []
      : [
          problemAt(
            layers,
            ['system_name'],
            `it is '${printable(system_name, 60)}' but the file is for '${name}': make them agree`,
          ),
        ]),
    ...filesystems.flatMap((entry, index) =>
      typeof entry !== 'string' || known.includes(entry) || entry.startsWith('/')
        ? []
        : [
            problemAt(
              layers,
              ['filesystems', index],
              `'${printable(entry, 60)}' has no path: add it to mounts (which has ${known.join(', ') || 'none'})`,
            ),
          ],
    ),
  ];
}

const readable = z.object({
  system_name: z.string().optional().catch(undefined),
  filesystems: z.array(z.unknown()).catch([]),
  mounts: z.record(z.string(), z.unknown()).catch({}),
});

/** Loads one system. Throws OperatorError if there is no such system or its configuration is wrong. */
export function loadSystem(name: string, config: Config): System {
  const layers = systemLayers(name, config);
  const settings = systemSettings(name, layers);
  const problems = unknownDestinations(layers, ['deliver_to'], 'sam', config.collector);
  if (problems.length > 0) throw new ConfigError(problems);
  return completed(settings, config, layers.at(-1)?.origin ?? name);
}

/** Returns the destinations of a system; the default ones if its settings cannot be read or there is no such system. */
export function destinationsOfSystem(name: string, config: Config): readonly string[] {
  try {
    return systemSettings(name, systemLayers(name, config)).deliver_to ?? config.collector.deliver_to;
  } catch (error) {
    if (error instanceof OperatorError) return config.collector.deliver_to;
    throw error;
  }
}

/** Lists the systems with a YAML file, built-in or in the configuration directory. */
export function knownSystems(config: Pick<Config, 'directory'>): string[] {
  const names = new Set(embeddedSystems.keys());
  for (const entry of existsSync(config.directory) ? readdirSync(config.directory, { withFileTypes: true }) : []) {
    if (entry.isDirectory() && existsSync(join(config.directory, entry.name, 'config.yaml'))) names.add(entry.name);
    else if (entry.name.endsWith('.yaml')) names.add(basename(entry.name, '.yaml'));
  }
  for (const other of notSystems) names.delete(other);
  return [...names].sort();
}
