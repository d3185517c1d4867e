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
import { ownYaml } from './yaml.ts';

/** One file of a new configuration. */
export type Initialised = {
  readonly file: string;
  /** False where it was there: it is left as it is. */
  readonly isNew: boolean;
};

/** What the YAML of a cluster that is not built in is begun from, by its scheduler. */
const templates = { slurm: slurmTemplate } as const;

/** The schedulers that a cluster can be begun for. */
export const newSchedulers = Object.keys(templates);

/**
 * Writes a configuration to start from: the YAML of the given systems (all built-in clusters for none), `collector.yaml` that
 * enables them, and `env` for the credentials. With a scheduler the systems are new ones under it. Nothing that is there is
 * changed. Throws OperatorError.
 */
export function initialise(
  directory: string,
  named: readonly string[],
  scheduler: string | null = null,
): Initialised[] {
  const systems = named.length > 0 || scheduler !== null ? [...new Set(named)] : builtInClusters();
  const text = scheduler === null ? yamlOf : newSystems(systems, scheduler);
  const files = [
    { name: 'env', text: envTemplate, mode: 0o600 },
    { name: 'collector.yaml', text: enabling(systems), mode: 0o644 },
    ...systems.map((system) => ({ name: `${system}.yaml`, text: text(system), mode: 0o644 })),
  ];
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new OperatorError(`cannot make ${directory}: ${messageOf(error)}; name another with --config`, {
      cause: error,
    });
  }
  return files.map(({ name, text, mode }) => {
    const file = join(directory, name);
    return { file, isNew: writeNew(file, text, mode) };
  });
}

/** The variables in `env` that have no default and that these systems need. */
export function variablesToSet(named: readonly string[]): readonly string[] {
  const needsToken = named.some((name) => embeddedSystems.has(name) && !builtInClusters().includes(name));
  return ['STATUS_API_USER', 'STATUS_API_PASSWORD', ...(needsToken ? ['JUPYTERHUB_ADMIN_TOKEN'] : [])];
}

/** A service needs a token of its own, which who has not heard of it does not have. */
function builtInClusters(): string[] {
  return [...embeddedSystems].flatMap(([name, text]) => ('service' in ownYaml(text, name).value ? [] : [name]));
}

function yamlOf(system: string): string {
  const yaml = embeddedSystems.get(system);
  if (yaml !== undefined) return yaml;
  const known = [...embeddedSystems.keys()];
  const meant = nearest(system, known);
  const hint = meant === null ? `there are ${known.join(', ')}` : `did you mean '${meant}'?`;
  throw new OperatorError(
    `there is no built-in system '${system}': ${hint}; for a cluster of your own add --scheduler ${newSchedulers.join(' or ')}`,
  );
}

/** Gives the YAML of each of some systems under a scheduler, once it is sure that all of them can be written. */
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

function enabling(systems: readonly string[]): string {
  return collectorTemplate.replace('systems: []', `systems: [${systems.join(', ')}]`);
}

/** False where there is one already, be it a link that leads nowhere. */
function writeNew(file: string, text: string, mode: number): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new OperatorError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}
