import { z } from 'zod';
import { absolutePath, commonSettings, type FailedProbePolicy, hostName, mebibytes, seconds } from './fields.ts';

/** The kinds of session that the SAM API counts. `jobs_suspended` counts broken sessions. */
const sessionClasses = ['casper_login_jobs', 'casper_batch_jobs', 'derecho_batch_jobs', 'jobs_suspended'] as const;
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
      name: z.string().optional().describe('pattern of the server name, which is empty for the default server'),
      options: values.optional().describe('patterns of its `user_options`'),
      /** The hub shows the state of the spawner only to the scope admin:server_state. */
      state: values.optional().describe('patterns of its `state`; `null` for an absent value'),
    })
    .optional(),
  class: z
    .enum(sessionClasses)
    .describe('`casper_login_jobs`, `casper_batch_jobs`, `derecho_batch_jobs` or `jobs_suspended`'),
  beside: z
    .boolean()
    .default(false)
    .describe('also apply the next rules to the server, so that it counts in several classes'),
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
  service: z.literal('jupyterhub').describe('always `jupyterhub`'),
  url: z.string().describe('address of the hub, without `/hub`'),
  token_file: absolutePath.optional().describe('file with the token, mode 600; `JUPYTERHUB_ADMIN_TOKEN` wins'),
  ca_file: absolutePath.optional().describe('PEM file with the certificate authority of the site'),
  allow_insecure_http: z.boolean().default(false).describe('permit plain HTTP'),
  session_rules: z.array(sessionRule).default([]).describe('the first matching rule gives a running server its class'),
  nodes_command: z
    .tuple([z.string().min(1)], z.string())
    .optional()
    .describe('command that prints the nodes of the sessions as `pbsnodes -aSj` does'),
  nodes_host: hostName.nullable().default(null).describe('host to run it on, by ssh (default: this host)'),
  /** The Prometheus metrics of the hub that give its utilisation; they win over the node table. */
  metrics: z
    .strictObject({
      cpu_utilization_percent: utilization.optional().describe('name of a metric, or `{ used: NAME, total: NAME }`'),
      memory_utilization_percent: utilization.optional().describe('the same'),
    })
    .default({}),
  timeouts: z
    .strictObject({
      request: seconds.default(30).describe('seconds for one page of users; four times that for all'),
      command: seconds.optional().describe('seconds for `nodes_command` (default: 30); `PBS_COMMAND_TIMEOUT` wins'),
      connect: seconds.optional().describe('seconds to connect by ssh (default: 10); `SSH_TIMEOUT` wins'),
    })
    .default({ request: 30 }),
  max_output_mib: z
    .strictObject({ host: mebibytes.default(1).describe('largest output of `nodes_command` in MiB') })
    .default({ host: 1 }),
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
