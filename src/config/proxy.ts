import { z } from 'zod';
import { isLoopback, isProxyAddress } from '../lib/address.ts';
import type { Environment } from './paths.ts';

/** `proxy:` and `no_proxy:` of `collector.yaml`: cron and systemd give a program no environment to say it in. */
export const proxySettings = {
  /** For every request: `http://proxy.example.org:3128`, with `user:password@` where it wants them. */
  proxy: z
    .string()
    // Never with the value in the message: there may be a password in it.
    .refine(isProxyAddress, {
      error: 'is no http or https URL such as http://proxy.example.org:3128',
    })
    .optional(),
  /** Hosts that are reached without it: names, with all that ends in `.name`, each with a port if need be; or `*`. */
  no_proxy: z.array(z.string().min(1)).default([]),
};

export type ProxySettings = { readonly proxy?: string | undefined; readonly no_proxy: readonly string[] };

/**
 * Returns the proxy for a URL; null for none, and always for loopback. An environment (or env file) that names a proxy for
 * the URL's scheme wins over both settings.
 */
export function proxyFor(target: string, settings: ProxySettings, environment: Environment): string | null {
  const url = new URL(target);
  if (isLoopback(url)) return null;
  const name = `${url.protocol.slice(0, -1)}_proxy`;
  const named = withScheme(either(environment, name));
  const exceptions = named === undefined ? settings.no_proxy : (either(environment, 'no_proxy') ?? '').split(',');
  const proxy = named ?? settings.proxy;
  return proxy === undefined || exceptions.some((exception) => isMeant(exception.trim(), url)) ? null : proxy;
}

/** curl takes `proxy.example.org:3128` for an http proxy. */
function withScheme(address: string | undefined): string | undefined {
  return address === undefined || address.includes('://') ? address : `http://${address}`;
}

/** The small name counts where both are set, as with curl. */
function either(environment: Environment, name: string): string | undefined {
  return environment[name] ?? environment[name.toUpperCase()];
}

function isMeant(exception: string, url: URL): boolean {
  if (exception === '*') return true;
  const [, name = '', port] = /^\*?\.?(.+?)(?::(\d+))?$/.exec(exception.toLowerCase()) ?? [];
  if (name === '') return false;
  const usualPort = url.protocol === 'https:' ? '443' : '80';
  if (port !== undefined && port !== (url.port || usualPort)) return false;
  return url.hostname === name || url.hostname.endsWith(`.${name}`);
}
