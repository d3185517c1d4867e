import { z } from 'zod';
import { absolutePath, commonSettings, type FailedProbePolicy, hostName, mebibytes, seconds } from './fields.ts';

/** The kinds of session that the SAM API counts. `jobs_suspended` counts broken sessions. */
export const sessionClasses = [
  'casper_login_jobs',
  'casper_batch_jobs',
  'derecho_batch_jobs',
  'jobs_suspended',
] as const;
export type SessionClass = (typeof sessionClasses)[number];

/** A pattern with `*` and `?` for a value; null if the value must be absent. */
const valueCondition = z.union(
  [z.string(), z.number().transform(String), z.boolean().transform(String), z.null()],
  'must be a text, a number, true, false, or null for an absent value',
);

/** Conditions by the path of the value (`child_state.job_id`). */
const values = z.record(z.string(), valueCondition);

/** A session rule. The first rule whose conditions all hold gives a session its class; without `when` it always holds. */
const sessionRule = z.strictObject({
  when: z
    .strictObject({
      /** The name of the server; empty for the default server. */
      name: z.string().optional(),
      /** The options that the user chose (`user_options`). */
      options: values.optional(),
      /** The state of the spawner (`state`). The hub shows it only to the scope admin:server_state. */
      state: values.optional(),
    })
    .optional(),
  class: z.enum(sessionClasses),
  /** Counts the session in this class, and lets a later rule give it another one. */
  beside: z.boolean().default(false),
});

const metricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'is not the name of a Prometheus metric');

/** A metric in percent, or the metrics of a used and a total amount. Several series of a metric are added up. */
const utilization = z.union(
  [metricName, z.strictObject({ used: metricName, total: metricName })],
  'must be the name of a metric, or { used: NAME, total: NAME }',
);

/** The schema of `<system>.yaml` of a JupyterHub. */
export const hubSchema = z.strictObject({
  ...commonSettings,
  service: z.literal('jupyterhub'),
  /** The hub's address, without `/hub`. */
  url: z.string(),
  /** A file with the token; used if JUPYTERHUB_ADMIN_TOKEN is not set. */
  token_file: absolutePath.optional(),
  /** A PEM file with the site's certificate authority. */
  ca_file: absolutePath.optional(),
  allow_insecure_http: z.boolean().default(false),
  session_rules: z.array(sessionRule).default([]),
  /** A command that prints the nodes of the sessions as `pbsnodes -aSj` does. */
  nodes_command: z.tuple([z.string().min(1)], z.string()).optional(),
  /** The host that runs `nodes_command`; null for this host. */
  nodes_host: hostName.nullable().default(null),
  /** The Prometheus metrics of the hub that give its utilisation; they win over the node table. */
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

/** A JupyterHub with all settings completed. */
export type HubSystem = Omit<HubSettings, 'on_failed_probe' | 'deliver_to' | 'timeouts' | 'token_file' | 'ca_file'> & {
  readonly kind: 'hub';
  readonly on_failed_probe: FailedProbePolicy;
  /** The names of the destinations of its snapshots and outages; at least one. */
  readonly deliver_to: readonly string[];
  readonly token: string;
  /** PEM text of the certificate authorities; null for those that the host trusts. */
  readonly ca: string | null;
  /** The proxy to the hub; null for none. */
  readonly proxy: string | null;
  /** In seconds. */
  readonly timeouts: { readonly request: number; readonly command: number; readonly connect: number };
};
