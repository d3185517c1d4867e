import { z } from 'zod';
import { proxySettings } from './proxy.ts';
import { failedProbePolicy } from './system.ts';

/** `collector.yaml`: what belongs to no system. */
export const collectorSchema = z.strictObject({
  /** The systems that `run` without a name collects. */
  systems: z.array(z.string()).default([]),
  destinations: z
    .strictObject({
      sam: z
        .strictObject({
          url: z.string().optional(),
          /** Requests a minute; the API refuses more than 120. */
          max_per_minute: z.int().positive().default(60),
          /** Bodies over this many bytes are not sent: the API's edge refuses them. */
          max_body_bytes: z
            .int()
            .positive()
            .default(1024 * 1024),
          timeout: z.number().positive().optional(),
          allow_insecure_http: z.boolean().default(false),
          /** A PEM file with the site's certificate authority. */
          ca_file: z.string().startsWith('/').optional(),
        })
        .prefault({}),
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
