import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { type CollectorSettings, collectorSchema } from './collector.ts';
import { embeddedSystems } from './embedded.ts';
import { oneOf, readEnvironment, secondsFrom } from './environment.ts';
import { defaultConfigDirectory, defaultStateDirectory, type Environment } from './paths.ts';
import { proxyFor } from './proxy.ts';
import { checkSamUrl, samBaseUrl } from './sam-address.ts';
import { type System, systemSchema } from './system.ts';
import { checkSettings, mergeDeep, parseYaml, readYaml, readYamlIfAny } from './yaml.ts';

/** Where the SAM API is and how to speak with it. */
export type SamSettings = CollectorSettings['destinations']['sam'] & {
  /** Without a slash at the end; null where none is configured. */
  readonly baseUrl: string | null;
  /** Null where they are missing: what is collected is stored all the same. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  readonly timeoutSeconds: number;
  /** Null for none, or the environment's. */
  readonly proxy: string | null;
};

/** Everything that is configured, but for the systems, which are loaded by name. */
export type Config = {
  readonly directory: string;
  readonly stateDirectory: string;
  readonly collector: CollectorSettings;
  readonly sam: SamSettings;
  readonly environment: Environment;
};

/**
 * Reads `collector.yaml` and `env` from a directory (the default one if null) and lays the environment over them.
 * Throws OperatorError, exit code 2, for whatever is wrong with them. Missing credentials are not: collecting needs none.
 */
export function loadConfig(configDirectory: string | null, processEnvironment: Environment): Config {
  const directory = configDirectory ?? defaultConfigDirectory(processEnvironment);
  if (configDirectory !== null && !existsSync(configDirectory)) {
    throw new OperatorError(`there is no configuration directory ${configDirectory}: create it or correct --config`);
  }
  const environment = readEnvironment(processEnvironment, join(directory, 'env'));
  const file = join(directory, 'collector.yaml');
  const collector = checkSettings(collectorSchema, readYamlIfAny(file), file);
  return {
    directory,
    stateDirectory: defaultStateDirectory(processEnvironment),
    collector,
    sam: samSettings(collector, environment),
    environment,
  };
}

function samSettings(collector: CollectorSettings, environment: Environment): SamSettings {
  const { sam } = collector.destinations;
  const address = oneOf(environment, ['STATUS_API_URL', 'SAM_API_URL'], samBaseUrl) ?? sam.url;
  const user = oneOf(environment, ['STATUS_API_USER', 'SAM_API_USER']);
  const password = oneOf(environment, ['STATUS_API_PASSWORD', 'STATUS_API_KEY', 'SAM_API_PASSWORD']);
  const baseUrl = address === undefined ? null : checkSamUrl(address, sam.allow_insecure_http);
  return {
    ...sam,
    baseUrl,
    proxy: baseUrl === null ? null : proxyFor(baseUrl, collector, environment),
    credentials: user !== undefined && password !== undefined ? { user, password } : null,
    timeoutSeconds: secondsFrom(environment, 'API_TIMEOUT') ?? sam.timeout ?? 30,
  };
}

/** Files of the configuration directory that are for no system. */
const notSystems = ['collector', 'node_types', 'config'];

/**
 * Loads one system: its YAML (`<system>.yaml`, or `<system>/config.yaml` with `node_types.yaml` beside it, as earlier
 * collectors lay them out) merged over the embedded one of that name. Throws OperatorError where there is neither.
 */
export function loadSystem(name: string, config: Config): System {
  const file = [join(config.directory, `${name}.yaml`), join(config.directory, name, 'config.yaml')].find(existsSync);
  const embedded = embeddedSystems.get(name);
  if (notSystems.includes(name) || (file === undefined && embedded === undefined)) {
    const known = knownSystems(config);
    const meant = nearest(name, known);
    const hint = meant === null ? `known are ${known.join(', ')}` : `did you mean '${meant}'?`;
    throw new OperatorError(
      `there is no system '${name}': ${hint}; a system of your own is a file ${join(config.directory, `${name}.yaml`)}`,
    );
  }
  const origin = file ?? `the built-in ${name}.yaml`;
  const types = [join(config.directory, name, 'node_types.yaml'), join(config.directory, 'node_types.yaml')].find(
    existsSync,
  );
  const merged = [
    embedded === undefined ? {} : parseYaml(embedded, origin),
    types === undefined ? {} : { node_types: readYaml(types) },
    file === undefined ? {} : readYaml(file),
  ].reduce(mergeDeep);
  const { on_failed_probe, timeouts, filesystems, ...settings } = checkSettings(
    systemSchema,
    { system_name: name, ...merged },
    origin,
  );
  if (settings.system_name !== name) {
    throw new OperatorError(
      `${origin}: system_name is '${settings.system_name}' but the file is for '${name}': make them agree`,
    );
  }
  return {
    ...settings,
    // The API refuses a filesystem that is there twice, and the snapshot with it.
    filesystems: [...new Set(filesystems)].map((entry) => ({
      name: entry,
      path: pathOf(entry, settings.mounts, origin),
    })),
    on_failed_probe: on_failed_probe ?? config.collector.on_failed_probe,
    timeouts: {
      command: secondsFrom(config.environment, 'PBS_COMMAND_TIMEOUT') ?? timeouts.command ?? 30,
      connect: secondsFrom(config.environment, 'SSH_TIMEOUT') ?? timeouts.connect ?? 10,
    },
  };
}

function pathOf(filesystem: string, mounts: Readonly<Record<string, string>>, origin: string): string {
  const path = mounts[filesystem] ?? (filesystem.startsWith('/') ? filesystem : undefined);
  if (path !== undefined) return path;
  const known = Object.keys(mounts).join(', ') || 'none';
  throw new OperatorError(`${origin}: filesystems: '${filesystem}' has no path: add it to mounts (which has ${known})`);
}

/** The systems there is a YAML for: built in, or in the configuration directory. */
export function knownSystems(config: Config): string[] {
  const names = new Set(embeddedSystems.keys());
  for (const entry of existsSync(config.directory) ? readdirSync(config.directory, { withFileTypes: true }) : []) {
    if (entry.isDirectory() && existsSync(join(config.directory, entry.name, 'config.yaml'))) names.add(entry.name);
    else if (entry.name.endsWith('.yaml')) names.add(basename(entry.name, '.yaml'));
  }
  for (const other of notSystems) names.delete(other);
  return [...names].sort();
}
