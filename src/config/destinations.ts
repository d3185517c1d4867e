import { z } from 'zod';
import { isProxyAddress } from '../lib/address.ts';
import type { Environment } from './paths.ts';
import { type ProxySettings, proxyFor } from './proxy.ts';

/**
 * The APIs that a destination can speak: the SAM status API, a usage-history API, or the post receiver of sampled jobs.
 * The receiver speaks all of them.
 */
export const destinationKinds = ['sam', 'ingest', 'sams'] as const;
export type DestinationKind = (typeof destinationKinds)[number];

/** Default of `timeout` by kind, in seconds. A usage-history API stores a thousand jobs in one request. */
export const defaultTimeouts: Readonly<Record<DestinationKind, number>> = { sam: 30, ingest: 120, sams: 30 };

const common = {
  max_per_minute: z.int().positive().default(60).describe('requests a minute; the SAM API refuses more than 120'),
  /** A proxy in front of the API usually has such a limit. */
  max_body_bytes: z
    .int()
    .positive()
    .default(1024 * 1024)
    .describe('largest body in bytes'),
  allow_insecure_http: z.boolean().default(false).describe('permit plain HTTP'),
  ca_file: z
    .string()
    .startsWith('/')
    .optional()
    .describe('PEM file with the certificate authority of the site, used instead of those of the host'),
  proxy: z
    .string()
    // Do not show the value in the message: it can have a password.
    .refine((text) => text === 'none' || isProxyAddress(text), {
      error: 'is not none, or an http or https URL such as http://proxy.example.org:3128',
    })
    .optional()
    .describe('proxy to this destination instead of any other, or `none`'),
};

const url = z.string().optional();
const secondsOfRequest = 'seconds for one request';

/**
 * The order in which the entries of a stream are sent after an outage. By default the server's answers decide, except to
 * `sam`: the oldest first.
 */
const catchUp = z.enum(['oldest-first', 'newest-first']).optional();

/** A destination that has a kind of its own. */
const named = z
  .strictObject({
    kind: z
      .enum(destinationKinds)
      .describe('`sam` for a status API, `ingest` for a usage-history API, `sams` for samples of jobs'),
    url: url.describe('address, instead of `NAME_API_URL`'),
    ...common,
    timeout: z
      .number()
      .positive()
      .optional()
      .describe(
        `${secondsOfRequest} (default: ${defaultTimeouts.ingest} for \`ingest\`, ${defaultTimeouts.sam} for the others)`,
      ),
    catch_up: catchUp.describe(
      'only for kind `sam`: `oldest-first` or `newest-first` after an outage (default: `newest-first` if the server says that it stores snapshots right in any order, as the receiver does)',
    ),
  })
  .refine(({ kind, catch_up }) => kind === 'sam' || catch_up === undefined, {
    path: ['catch_up'],
    error: 'is only for kind sam: finished jobs have no order',
  });

/**
 * `destinations:` of `collector.yaml`. `sam` and `ingest` always exist; others are added by name. A name is the beginning
 * of streams and, in upper case, of variables.
 */
export const destinationsSettings = z
  .object({
    sam: z
      .strictObject({
        kind: z.literal('sam').default('sam').describe('always `sam`'),
        url: url.describe('address, instead of `STATUS_API_URL`'),
        ...common,
        timeout: z.number().positive().default(defaultTimeouts.sam).describe(secondsOfRequest),
        catch_up: catchUp.describe('`oldest-first` (default) or `newest-first` after an outage (`help destinations`)'),
      })
      .prefault({}),
    /** The usage-history API for finished jobs. */
    ingest: z
      .strictObject({
        kind: z.literal('ingest').default('ingest').describe('always `ingest`'),
        url: url.describe('address, instead of `INGEST_API_URL`'),
        ...common,
        timeout: z.number().positive().default(defaultTimeouts.ingest).describe(secondsOfRequest),
      })
      .prefault({}),
  })
  .catchall(named)
  .superRefine((destinations, context) => {
    for (const name of Object.keys(destinations)) {
      const message = problemOfName(name);
      if (message !== null) context.addIssue({ code: 'custom', path: [name], message });
    }
  })
  .prefault({});

function problemOfName(name: string): string | null {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
    return 'is not a name of a destination: use lower-case letters, digits and - (at most 32)';
  return name === 'status' ? 'must have another name: STATUS_API_URL is for sam' : null;
}

/** Names of destinations to deliver to; each name once. */
export const deliverTo = z
  .array(z.string())
  .min(1)
  .transform((names) => [...new Set(names)]);

/** The environment variables of one destination, by setting; those of one setting are synonyms. */
export type DestinationVariables = Readonly<
  Record<'url' | 'user' | 'password' | 'key' | 'proxy', readonly [string, ...string[]]>
>;

/** Returns the variables of a destination: `NAME_API_URL` and so on. `sam` has its earlier names too. */
export function variablesOf(name: string): DestinationVariables {
  const own = (setting: string) => `${name.toUpperCase().replaceAll('-', '_')}_API_${setting}`;
  return {
    url: name === 'sam' ? ['STATUS_API_URL', 'SAM_API_URL'] : [own('URL')],
    user: name === 'sam' ? ['STATUS_API_USER', 'SAM_API_USER'] : [own('USER')],
    password: name === 'sam' ? ['STATUS_API_PASSWORD', 'STATUS_API_KEY', 'SAM_API_PASSWORD'] : [own('PASSWORD')],
    key: [own('KEY')],
    proxy: [own('PROXY')],
  };
}

/**
 * Returns the name of the setting with the address of a destination: the variable that is set, otherwise
 * `destinations.NAME.url` if `collector.yaml` has it, otherwise the variable to set.
 */
export function addressSettingOf(name: string, url: string | undefined, environment: Environment): string {
  const variables = variablesOf(name).url;
  const set = variables.find((variable) => environment[variable] !== undefined);
  return set ?? (url === undefined ? variables[0] : `destinations.${name}.url`);
}

/** Returns the variables that set something for a destination of this kind. */
export function variablesOfKind(name: string, kind: DestinationKind): readonly string[] {
  const { url, user, password, key, proxy } = variablesOf(name);
  return [...url, ...(kind === 'sam' ? [...user, ...password] : key), ...proxy];
}

/**
 * Returns the proxy to a destination; null for none, and always for loopback. The destination's own variable wins over
 * its own setting, and both win over the proxy of the environment and of `collector.yaml`.
 */
export function proxyOf(
  name: string,
  baseUrl: string,
  own: string | undefined,
  settings: ProxySettings,
  environment: Environment,
): string | null {
  const [variable] = variablesOf(name).proxy;
  const proxy = environment[variable] ?? own;
  if (proxy === undefined) return proxyFor(baseUrl, settings, environment);
  return proxy === 'none' ? null : proxyFor(baseUrl, { proxy, no_proxy: [] }, {});
}
