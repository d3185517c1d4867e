import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { loadSystem } from '../../config/load.ts';
import type { Installation } from '../../install/installation.ts';
import { OperatorError } from '../../lib/errors.ts';
import { type CommonArgs, type Context, chosenSystems } from '../../run/context.ts';
import { userName } from './owner.ts';

export const installArgs = {
  write: { type: 'boolean', description: 'Install, replacing an earlier installation' },
  remove: { type: 'boolean', description: 'Remove the installation' },
} as const;

export const systemsArg = {
  'system…': {
    type: 'positional',
    required: false,
    description: 'Systems to collect (default: all enabled ones at each run)',
  },
} as const;

export type InstallArgs = CommonArgs & { readonly write?: boolean | undefined; readonly remove?: boolean | undefined };

/** Returns what the flags ask for. Throws OperatorError if they contradict each other. */
export function actionOf({ write, remove }: InstallArgs): 'print' | 'write' | 'remove' {
  if (write && remove) throw new OperatorError('--write and --remove cannot be used together: give one of them');
  return write ? 'write' : remove ? 'remove' : 'print';
}

/** Returns what to install. Throws OperatorError for an unknown system, or if there is no system to collect. */
export async function installationOf(
  names: readonly string[],
  args: InstallArgs,
  context: Context,
  what: 'systems' | 'no system' = 'systems',
): Promise<Installation> {
  if (what === 'systems' && names.length === 0) chosenSystems([], context, 'as named');
  for (const name of names) loadSystem(name, context.config);
  const files = [
    ['--config', args.config],
    ['--outbox', args.outbox],
    ['--log-file', args['log-file']],
  ] as const;
  const variables = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'PBS_CONF_FILE', 'SLURM_CONF'].flatMap((name) => {
    const value = process.env[name];
    return value?.startsWith('/') ? [[name, value] as const] : [];
  });
  return {
    binary: process.execPath,
    flags: files.flatMap(([flag, file]) => (file === undefined ? [] : [flag, resolve(file)])),
    systems: names,
    environment: Object.fromEntries(variables),
    host: hostname(),
    user: await userName(),
    isRoot: process.getuid?.() === 0,
  };
}
