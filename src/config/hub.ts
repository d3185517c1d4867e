import { z } from 'zod';
import { absolutePath, commonSettings, type FailedProbePolicy, hostName, mebibytes, seconds } from './fields.ts';

/** The kinds of session that the SAM API counts; `jobs_suspended` are those that are broken. */
export const sessionClasses = [
  'casper_login_jobs',
  'casper_batch_jobs',
  'derecho_batch_jobs',
  'jobs_suspended',
] as const;
export type SessionClass = (typeof sessionClasses)[number];

/** A pattern with `*` and `?` for a value; null for one that is absent. */
const valueCondition = z.union(
  [z.string(), z.number().transform(String), z.boolean().transform(String), z.null()],
  'must be a text, a number, true, false, or null for what is absent',
);

/** By the path to it (`child_state.job_id`). */
const values = z.record(z.string(), valueCondition);

/** One rule: the first whose conditions all hold gives a session its class. Without `when` it always holds. */
const sessionRule = z.strictObject({
  when: z
    .strictObject({
      /** The name of the server; the default one's is empty. */
      name: z.string().optional(),
      /** What the user chose (`user_options`). */
      options: values.optional(),
      /** What the spawner keeps (`state`), which the hub shows to the scope admin:server_state only. */
      state: values.optional(),
    })
    .optional(),
  class: z.enum(sessionClasses),
  /** Counts the session in this class, and lets a later rule give it another one. */
  beside: z.boolean().default(false),
});

const metricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'is no name of a Prometheus metric');

/** A metric in percent, or two of which one is a part of the other; of several series the sum. */
const utilization = z.union(
  [metricName, z.strictObject({ used: metricName, total: metricName })],
  'must be the name of a metric, or { used: NAME, total: NAME }',
);

/** `<system>.yaml` of a JupyterHub. */
export const hubSchema = z.strictObject({
  ...commonSettings,
  service: z.literal('jupyterhub'),
  /** The hub's address, without `/hub`. */
  url: z.string(),
  /** A file with the token, where JUPYTERHUB_ADMIN_TOKEN has none. */
  token_file: absolutePath.optional(),
  /** A PEM file with the site's certificate authority. */
  ca_file: absolutePath.optional(),
  allow_insecure_http: z.boolean().default(false),
  session_rules: z.array(sessionRule).default([]),
  /** A command that prints the nodes of the sessions as `pbsnodes -aSj` does. */
  nodes_command: z.tuple([z.string().min(1)], z.string()).optional(),
  /** Where it runs; null for this host. */
  nodes_host: hostName.nullable().default(null),
  /** What of the hub's Prometheus metrics is its utilisation; it wins over the node table's. */
  metrics: z
    .strictObject({
      cpu_utilization_percent: utilization.optional(),
      memory_utilization_percent: utilization.optional(),
    })
    .default({}),
  timeouts: z
    .strictObject({ request: seconds.default(30), command: seconds.optional(), connect: seconds.optional() })
    .default({ request: 30 }),
  max_output_mib: z.strictObject({ host: mebibytes.default(1) }).default({ host: 1 }),
});

export type HubSettings = z.output<typeof hubSchema>;
export type SessionRule = z.output<typeof sessionRule>;
export type Utilization = z.output<typeof utilization>;

/** A JupyterHub, complete. */
export type HubSystem = Omit<HubSettings, 'on_failed_probe' | 'timeouts' | 'token_file' | 'ca_file'> & {
  readonly kind: 'hub';
  readonly on_failed_probe: FailedProbePolicy;
  readonly token: string;
  /** PEM text; null for the authorities that the host trusts. */
  readonly ca: string | null;
  /** The proxy to reach it through; null for none. */
  readonly proxy: string | null;
  /** Seconds. */
  readonly timeouts: { readonly request: number; readonly command: number; readonly connect: number };
};
