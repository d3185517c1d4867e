import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import collectorTemplate from '../../config/collector.example.yaml' with { type: 'text' };
import envTemplate from '../../config/env.example' with { type: 'text' };
import slurmTemplate from '../../config/slurm.example.yaml' with { type: 'text' };
import { messageOf, OperatorError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { codeOf } from '../lib/sqlite.ts';
import { printable } from '../lib/text.ts';
import { embeddedSystems } from './embedded.ts';
import { commonSettings } from './fields.ts';
import { notSystems } from './load.ts';
import { type PresetName, presets } from './presets.ts';
import { ownYaml } from './yaml.ts';

/** One file of a new configuration. */
export type Initialised = {
  readonly file: string;
  /** False if the file existed; it is unchanged then. */
  readonly isNew: boolean;
};

/** The YAML template of a new cluster, by scheduler. */
const templates = { slurm: slurmTemplate } as const;

/** The schedulers that a new cluster can have. */
export const newSchedulers = Object.keys(templates);

/**
 * Writes a new configuration: the YAML of the given systems (all built-in clusters if none is given), `collector.yaml`
 * that enables them, and `env` for the credentials. With a scheduler, the systems are new ones of that scheduler. A preset
 * other than `original` is set in `collector.yaml`, and the YAML of its systems leaves the settings to it. Never changes an
 * existing file. Throws OperatorError.
 */
export function initialise(
  directory: string,
  named: readonly string[],
  scheduler: string | null = null,
  preset: PresetName = 'original',
): Initialised[] {
  const systems = named.length > 0 || scheduler !== null ? [...new Set(named)] : builtInClusters();
  const text = scheduler === null ? builtInYaml(preset) : newSystems(systems, scheduler);
  const files = [
    { name: 'env', text: envTemplate, mode: 0o600 },
    { name: 'collector.yaml', text: enabling(systems, preset), mode: 0o644 },
    ...systems.map((system) => ({ name: `${system}.yaml`, text: text(system), mode: 0o644 })),
  ];
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new OperatorError(`cannot create ${directory}: ${messageOf(error)}; name another with --config`, {
      cause: error,
    });
  }
  return files.map(({ name, text, mode }) => {
    const file = join(directory, name);
    return { file, isNew: writeNew(file, text, mode) };
  });
}

/** Returns the variables without a default that these systems need in `env`. */
export function variablesToSet(named: readonly string[]): readonly string[] {
  const needsToken = named.some((name) => embeddedSystems.has(name) && !builtInClusters().includes(name));
  return ['STATUS_API_USER', 'STATUS_API_PASSWORD', ...(needsToken ? ['JUPYTERHUB_ADMIN_TOKEN'] : [])];
}

/** Hubs are left out, because a hub needs a token of its own. */
function builtInClusters(): string[] {
  return [...embeddedSystems].flatMap(([name, text]) => ('service' in ownYaml(text, name).value ? [] : [name]));
}

function builtInYaml(preset: PresetName): (system: string) => string {
  return (system) =>
    presets[preset].has(system)
      ? `# Settings here replace those of the preset ${preset}: hpc-collector config show ${system}\nsystem_name: ${system}\n`
      : yamlOf(system);
}

function yamlOf(system: string): string {
  const yaml = embeddedSystems.get(system);
  if (yaml !== undefined) return yaml;
  const known = [...embeddedSystems.keys()];
  const meant = nearest(system, known);
  const hint = meant === null ? `the built-in systems are ${known.join(', ')}` : `did you mean '${meant}'?`;
  throw new OperatorError(
    `there is no built-in system '${system}': ${hint}; for a cluster of your own add --scheduler ${newSchedulers.join(' or ')}`,
  );
}

/**
 * Returns a function that makes the YAML of a new system. Throws OperatorError if one of the systems cannot be written.
 */
function newSystems(systems: readonly string[], scheduler: string): (system: string) => string {
  const template = Object.entries(templates).find(([name]) => name === scheduler)?.[1];
  if (template === undefined) {
    throw new OperatorError(`--scheduler can be ${newSchedulers.join(' or ')}, not '${printable(scheduler, 40)}'`);
  }
  if (systems.length === 0)
    throw new OperatorError('name the system: hpc-collector config init NAME --scheduler slurm');
  for (const system of systems) {
    if (embeddedSystems.has(system)) throw new OperatorError(`'${system}' is built in: leave out --scheduler`);
    if (notSystems.includes(system) || !commonSettings.system_name.safeParse(system).success) {
      throw new OperatorError(`'${printable(system, 40)}' cannot be the name of a system: use a-z, 0-9, - and _`);
    }
  }
  return (system) => template.replace('system_name: mycluster', `system_name: ${system}`);
}

function enabling(systems: readonly string[], preset: PresetName): string {
  return collectorTemplate
    .replace('systems: []', `systems: [${systems.join(', ')}]`)
    .replace('#preset: original', preset === 'original' ? '$&' : `preset: ${preset}`);
}

/** Writes a new file; returns false if there is one already, even a broken symbolic link. */
function writeNew(file: string, text: string, mode: number): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new OperatorError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}
