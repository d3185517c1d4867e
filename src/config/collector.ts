import { z } from 'zod';
import { failedProbePolicy } from './fields.ts';
import { jobsSettings } from './jobs.ts';
import { proxySettings } from './proxy.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'is no http or https URL' });

/** An API that takes deliveries; `timeout` is the default for one request, in seconds. */
const destination = (defaults: { readonly timeout: number }) =>
  z
    .strictObject({
      url: z.string().optional(),
      /** Requests a minute; the SAM API refuses more than 120. */
      max_per_minute: z.int().positive().default(60),
      /** Bodies over this many bytes are not sent: what stands before an API commonly refuses them. */
      max_body_bytes: z
        .int()
        .positive()
        .default(1024 * 1024),
      timeout: z.number().positive().default(defaults.timeout),
      allow_insecure_http: z.boolean().default(false),
      /** A PEM file with the site's certificate authority. */
      ca_file: z.string().startsWith('/').optional(),
    })
    .prefault({});

/** `collector.yaml`: what belongs to no system. */
export const collectorSchema = z.strictObject({
  /** The systems that `run` without a name collects. */
  systems: z.array(z.string()).default([]),
  destinations: z
    .strictObject({
      sam: destination({ timeout: 30 }),
      /** The usage-history API that finished jobs are sent to. */
      ingest: destination({ timeout: 120 }),
    })
    .prefault({}),
  /** Where snapshots are kept that the outbox cannot take: on another filesystem. */
  fallback_directory: z.string().startsWith('/').optional(),
  outbox: z
    .strictObject({
      /** How large the outbox may get; before it would pass that, the oldest entries are given up. */
      max_mib: z.int().min(4).default(2048),
      keep_delivered_days: z.number().nonnegative().default(7),
    })
    .prefault({}),
  ...proxySettings,
  jobs: jobsSettings,
  /** How old a system's last snapshot, or what waits, may be. */
  health: z
    .strictObject({
      warn_minutes: z.number().positive().default(10),
      critical_minutes: z.number().positive().default(15),
    })
    .refine(({ warn_minutes, critical_minutes }) => warn_minutes <= critical_minutes, {
      message: 'warn_minutes must not be more than critical_minutes',
    })
    .prefault({}),
  /** Who is told when the state of health changes. */
  notify: z
    .strictObject({
      /** A program and its arguments; the message is added as the last one. */
      command: z.tuple([z.string().startsWith('/')], z.string()).optional(),
      /** Gets the message as JSON. */
      webhook: httpUrl.optional(),
      /** How often one is told again while it lasts. */
      still_after_hours: z.number().positive().default(4),
    })
    .prefault({}),
  /** Fetched after each good run. */
  heartbeat_url: httpUrl.optional(),
  on_failed_probe: failedProbePolicy.default('last-known'),
  log: z
    .strictObject({
      file: z.string().startsWith('/').optional(),
      format: z.enum(['text', 'json']).default('text'),
      /** Whether the collector rotates its log itself; not where logrotate does. */
      rotate: z.boolean().default(true),
    })
    .prefault({}),
});

export type CollectorSettings = z.output<typeof collectorSchema>;
