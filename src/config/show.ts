import { join } from 'node:path';
import { mask, withoutSecretsInJson } from '../lib/secrets.ts';
import type { Config } from './config.ts';
import { type DestinationKind, defaultTimeouts, variablesOf } from './destinations.ts';
import { type Layers, layerOf, placeIn } from './layers.ts';
import { collectorLayers, systemLayers, systemSettings } from './load.ts';
import { defaultFallbackDirectory, type Environment } from './paths.ts';
import { isMapping, type YamlMap } from './yaml.ts';

/** One setting with the source of its value. */
export type Shown = {
  /** Such as `destinations.sam.url`; settings of a system begin with its name. */
  readonly setting: string;
  /** `********` for a secret; null if the setting is not set. */
  readonly value: unknown;
  /**
   * `built-in default`, `not set`, `environment API_TIMEOUT`, `/dir/env API_TIMEOUT`, `/dir/casper.yaml:3` or
   * `--outbox`.
   */
  readonly from: string;
};

/** The configuration, and the sources of its values. */
export type ShowSource = {
  readonly config: Config;
  readonly processEnvironment: Environment;
  readonly outboxFile: string;
  /** Flags by name, without the dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
};

/** The variables and flags that set a setting besides YAML, and its default. */
type Rule = { readonly variables?: readonly string[]; readonly flag?: string; readonly default?: unknown };

/** Lists the whole configuration: the settings of the collector, then those of each system. Throws OperatorError. */
export function shownSettings(source: ShowSource, systems: readonly string[]): Shown[] {
  const { config } = source;
  const { directory, stateDirectory, collector } = config;
  const layers = collectorLayers(directory);
  const shared = shown(source, collector, layers, {
    config: { flag: 'config', variables: ['XDG_CONFIG_HOME'], default: directory },
    outbox_file: { flag: 'outbox', variables: ['XDG_STATE_HOME'], default: source.outboxFile },
    'log.file': { flag: 'log-file', default: join(stateDirectory, 'collector.log') },
    'log.format': { flag: 'log-format' },
    fallback_directory: { default: defaultFallbackDirectory() },
    ...Object.fromEntries(
      Object.entries(collector.destinations).flatMap(([name, { kind }]) => destinationRules(name, kind)),
    ),
  });
  return [...shared, ...systems.flatMap((name) => systemShown(source, name, shared))];
}

/** Settings of a system whose default is the setting of that name in `collector.yaml`. */
const inherited: readonly string[] = ['on_failed_probe', 'deliver_to'];

function destinationRules(name: string, kind: DestinationKind): [string, Rule][] {
  const { url, user, password, key, proxy } = variablesOf(name);
  const rules: Readonly<Record<string, Rule>> = {
    url: { variables: url },
    ...(kind === 'sam'
      ? { user: { variables: user }, password: { variables: password } }
      : { api_key: { variables: key } }),
    timeout: { variables: ['API_TIMEOUT'], default: defaultTimeouts[kind] },
    proxy: { variables: proxy },
  };
  return Object.entries(rules).map(([setting, rule]) => [`destinations.${name}.${setting}`, rule]);
}

function systemShown(source: ShowSource, name: string, shared: readonly Shown[]): Shown[] {
  const layers = systemLayers(name, source.config);
  const settings = systemSettings(name, layers);
  return shown(source, settings, layers, {
    ...('service' in settings ? { token: { variables: ['JUPYTERHUB_ADMIN_TOKEN'] } } : {}),
    'timeouts.command': { variables: ['PBS_COMMAND_TIMEOUT'], default: 30 },
    'timeouts.connect': { variables: ['SSH_TIMEOUT'], default: 10 },
    on_failed_probe: { default: null },
    deliver_to: { default: null },
    log_file: { variables: [`${name.toUpperCase()}_LOG_FILE`] },
  }).map((one) => ({
    ...(inherited.includes(one.setting) && one.value === null
      ? { ...one, ...shared.find(({ setting }) => setting === one.setting) }
      : one),
    setting: `${name}.${one.setting}`,
  }));
}

function shown(source: ShowSource, settings: YamlMap, layers: Layers, rules: Readonly<Record<string, Rule>>): Shown[] {
  const leaves = new Map(leavesOf(settings, []).map((path) => [path.join('.'), path]));
  for (const setting of Object.keys(rules)) leaves.set(setting, leaves.get(setting) ?? setting.split('.'));
  return [...leaves].map(([setting, path]) => {
    const rule = rules[setting] ?? {};
    const { value, from } =
      flagged(source, rule) ?? fromVariable(source, rule) ?? configured(settings, layers, path, rule);
    return { setting, value: masked(path, value), from };
  });
}

function flagged({ flags }: ShowSource, { flag }: Rule): Omit<Shown, 'setting'> | null {
  const value = flag === undefined ? undefined : flags[flag];
  return value === undefined ? null : { value, from: `--${flag}` };
}

/** Shows the resulting directory, because an XDG variable gives only its parent. */
function fromVariable({ config, processEnvironment }: ShowSource, rule: Rule): Omit<Shown, 'setting'> | null {
  const name = rule.variables?.find((one) => config.environment[one] !== undefined);
  if (name === undefined) return null;
  const from = processEnvironment[name] ? `environment ${name}` : `${join(config.directory, 'env')} ${name}`;
  return { value: name.startsWith('XDG_') ? rule.default : config.environment[name], from };
}

function configured(settings: YamlMap, layers: Layers, path: readonly string[], rule: Rule): Omit<Shown, 'setting'> {
  const value = valueAt(settings, path) ?? rule.default ?? null;
  const layer = layerOf(layers, path);
  if (layer) return { value, from: `${layer.origin}:${placeIn(layers, path, 'key')?.line}` };
  return { value, from: value === null ? 'not set' : 'built-in default' };
}

/** Lists the paths of all values that are not mappings with members. */
function leavesOf(settings: YamlMap, path: readonly string[]): string[][] {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) =>
      isMapping(value) && Object.keys(value).length > 0 ? leavesOf(value, [...path, key]) : [[...path, key]],
    );
}

function valueAt(settings: YamlMap, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isMapping(at) && Object.hasOwn(at, key) ? at[key] : undefined), settings);
}

/** Masks secrets: settings with a secret's name, and logins in addresses. */
function masked(path: readonly string[], value: unknown): unknown {
  if (value === null) return null;
  const isSecret = path.some((key) => /password|token(?!_file$)|secret|webhook|heartbeat|(^|_)key$/i.test(key));
  if (isSecret) return mask;
  return value === undefined ? value : JSON.parse(withoutSecretsInJson(JSON.stringify(value)));
}
