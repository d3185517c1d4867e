import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { readAuthority } from './authority.ts';
import { secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import { type HubSettings, type HubSystem, hubSchema } from './hub.ts';
import type { Config } from './load.ts';
import { readSecretFile } from './secret-file.ts';
import { type BatchSystem, type System, type SystemSettings, systemSchema } from './system.ts';
import { checkSettings } from './yaml.ts';

/**
 * A system from its merged YAML, with what the environment and `collector.yaml` say about it. `service` tells a
 * JupyterHub from a cluster. Throws OperatorError that names `origin` for whatever is wrong.
 */
export function completed(merged: Readonly<Record<string, unknown>>, config: Config, origin: string): System {
  return 'service' in merged
    ? completedHub(checkSettings(hubSchema, merged, origin), config, origin)
    : completedBatch(checkSettings(systemSchema, merged, origin), config, origin);
}

function completedBatch(settings: SystemSettings, config: Config, origin: string): BatchSystem {
  return {
    ...settings,
    kind: 'batch',
    // The API refuses a filesystem that is there twice, and the snapshot with it.
    filesystems: [...new Set(settings.filesystems)].map((entry) => ({
      name: entry,
      path: pathOf(entry, settings.mounts, origin),
    })),
    on_failed_probe: settings.on_failed_probe ?? config.collector.on_failed_probe,
    timeouts: commandTimeouts(settings.timeouts, config),
  };
}

function completedHub({ token_file, ca_file, ...settings }: HubSettings, config: Config, origin: string): HubSystem {
  return {
    ...settings,
    kind: 'hub',
    url: checkHttpAddress(
      settings.url
        .trim()
        .replace(/\/+$/, '')
        .replace(/\/hub$/, ''),
      settings.allow_insecure_http,
      {
        what: `${origin}: url: the hub's address`,
        setting: 'url',
        credentials: 'JUPYTERHUB_ADMIN_TOKEN',
        insecure: 'allow_insecure_http',
      },
    ),
    on_failed_probe: settings.on_failed_probe ?? config.collector.on_failed_probe,
    token: tokenOf(token_file, config),
    ca: ca_file === undefined ? null : readAuthority(ca_file, `${origin}: ca_file`),
    timeouts: { request: settings.timeouts.request, ...commandTimeouts(settings.timeouts, config) },
  };
}

type CommandTimeouts = { readonly command?: number | undefined; readonly connect?: number | undefined };

function commandTimeouts({ command, connect }: CommandTimeouts, { environment }: Config) {
  return {
    command: secondsFrom(environment, 'PBS_COMMAND_TIMEOUT') ?? command ?? 30,
    connect: secondsFrom(environment, 'SSH_TIMEOUT') ?? connect ?? 10,
  };
}

function tokenOf(file: string | undefined, { environment, directory }: Config): string {
  const token = environment.JUPYTERHUB_ADMIN_TOKEN ?? (file === undefined ? null : readSecretFile(file, 'a token'));
  if (token === null) {
    const where = file === undefined ? '' : `there is no ${file}: `;
    throw new OperatorError(
      `${where}the token for the hub is missing: set JUPYTERHUB_ADMIN_TOKEN in ${join(directory, 'env')}, or token_file`,
    );
  }
  // It becomes a header. Never show it: not even one that is wrong.
  if (!/^[\x21-\x7e]+$/.test(token.trim())) {
    const where = environment.JUPYTERHUB_ADMIN_TOKEN === undefined ? file : 'JUPYTERHUB_ADMIN_TOKEN';
    throw new OperatorError(`the token for the hub in ${where} is empty, or has blanks or other characters in it`);
  }
  return token.trim();
}

function pathOf(filesystem: string, mounts: Readonly<Record<string, string>>, origin: string): string {
  const path = mounts[filesystem] ?? (filesystem.startsWith('/') ? filesystem : undefined);
  if (path !== undefined) return path;
  const known = Object.keys(mounts).join(', ') || 'none';
  throw new OperatorError(`${origin}: filesystems: '${filesystem}' has no path: add it to mounts (which has ${known})`);
}
