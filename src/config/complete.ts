import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { learnSecret } from '../lib/secrets.ts';
import { readAuthority } from './authority.ts';
import type { Config } from './config.ts';
import { secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { HubSettings, HubSystem } from './hub.ts';
import { ConfigError } from './problem.ts';
import { proxyFor } from './proxy.ts';
import { readSecretFile } from './secret-file.ts';
import type { BatchSystem, System, SystemSettings } from './system.ts';

/**
 * Completes the settings of a system with those of the environment and `collector.yaml`. Throws OperatorError, which
 * names `origin`, if an address, a token or a certificate authority cannot be used.
 */
export function completed(settings: SystemSettings | HubSettings, config: Config, origin: string): System {
  return 'service' in settings ? completedHub(settings, config, origin) : completedBatch(settings, config);
}

function completedBatch(settings: SystemSettings, config: Config): BatchSystem {
  return {
    ...settings,
    kind: 'batch',
    // The API refuses a snapshot that lists a filesystem twice.
    filesystems: [...new Set(settings.filesystems)].map((entry) => ({
      name: entry,
      path: settings.mounts[entry] ?? entry,
    })),
    ...inherited(settings, config),
    timeouts: commandTimeouts(settings.timeouts, config),
  };
}

function completedHub({ token_file, ca_file, ...settings }: HubSettings, config: Config, origin: string): HubSystem {
  const address = settings.url
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/hub$/, '');
  const url = checkHttpAddress(address, settings.allow_insecure_http, {
    what: `${origin}: url: the hub's address`,
    setting: 'url',
    credentials: 'JUPYTERHUB_ADMIN_TOKEN',
    insecure: 'allow_insecure_http',
  });
  return {
    ...settings,
    kind: 'hub',
    url,
    ...inherited(settings, config),
    token: tokenOf(token_file, config),
    ca: ca_file === undefined ? null : readAuthority(ca_file, `${origin}: ca_file`),
    proxy: proxyFor(url, config.collector, config.environment),
    timeouts: { request: settings.timeouts.request, ...commandTimeouts(settings.timeouts, config) },
  };
}

/** Returns the settings whose default is in `collector.yaml`. */
function inherited({ on_failed_probe, deliver_to }: SystemSettings | HubSettings, { collector }: Config) {
  return {
    on_failed_probe: on_failed_probe ?? collector.on_failed_probe,
    deliver_to: deliver_to ?? collector.deliver_to,
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
    const words = `${where}the token for the hub is missing: set JUPYTERHUB_ADMIN_TOKEN in this file, or token_file in its YAML`;
    throw new ConfigError([{ file: join(directory, 'env'), line: null, column: null, words }]);
  }
  // The token becomes an HTTP header. Never print it, not even if it is wrong.
  if (!/^[\x21-\x7e]+$/.test(token.trim())) {
    const where = environment.JUPYTERHUB_ADMIN_TOKEN === undefined ? file : 'JUPYTERHUB_ADMIN_TOKEN';
    throw new OperatorError(
      `the token for the hub in ${where} is empty, or has blanks or characters that are not printable ASCII`,
    );
  }
  learnSecret(token.trim());
  return token.trim();
}
