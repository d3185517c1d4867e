import { z } from 'zod';
import { isLoopback, isProxyAddress } from '../lib/address.ts';
import type { Environment } from './paths.ts';

/** The settings `proxy` and `no_proxy` of `collector.yaml`. They exist because cron and systemd set no proxy variables. */
export const proxySettings = {
  /** With `user:password@` if the proxy requires a login. */
  proxy: z
    .string()
    // Do not show the value in the message: it can have a password.
    .refine(isProxyAddress, {
      error: 'is not an http or https URL such as http://proxy.example.org:3128',
    })
    .optional()
    .describe('proxy for HTTP requests, because cron has no environment; `HTTPS_PROXY` wins'),
  /** A name includes all its subdomains; `*` is every host. */
  no_proxy: z
    .array(z.string().min(1))
    .default([])
    .describe('domains and hosts to reach directly, such as `example.org` or `10.1.2.3:8443`'),
};

export type ProxySettings = { readonly proxy?: string | undefined; readonly no_proxy: readonly string[] };

/**
 * Returns the proxy for a URL; null for none, and always for loopback. If the environment or the env file names a proxy
 * for the URL's scheme, it wins over both settings.
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

/** Adds `http://` to an address without a scheme, as curl does. */
function withScheme(address: string | undefined): string | undefined {
  return address === undefined || address.includes('://') ? address : `http://${address}`;
}

/** Returns the value of the lower-case or the upper-case variable. The lower-case one wins, as with curl. */
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
