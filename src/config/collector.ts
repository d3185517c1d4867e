import { z } from 'zod';
import { deliverTo, destinationsSettings } from './destinations.ts';
import { failedProbePolicy } from './fields.ts';
import { jobsSettings } from './jobs.ts';
import { presetNames } from './presets.ts';
import { proxySettings } from './proxy.ts';
import { samplesSettings } from './samples.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' });

/** The schema of `collector.yaml`: settings that belong to no single system. */
export const collectorSchema = z.strictObject({
  /** The systems that `run` collects if none is named. */
  systems: z.array(z.string()).default([]),
  /** Which settings of Derecho and Casper are built in. */
  preset: z.enum(presetNames).default('original'),
  destinations: destinationsSettings,
  /** Where the snapshots and outages of a system go that does not say it itself. */
  deliver_to: deliverTo.default(['sam']),
  /** Directory for snapshots that the outbox cannot store; use another filesystem. */
  fallback_directory: z.string().startsWith('/').optional(),
  outbox: z
    .strictObject({
      /** Size limit in MiB; the oldest entries are deleted before the outbox exceeds it. */
      max_mib: z.int().min(4).default(2048),
      keep_delivered_days: z.number().nonnegative().default(7),
    })
    .prefault({}),
  ...proxySettings,
  jobs: jobsSettings,
  samples: samplesSettings,
  /** Ages, in minutes, of the last snapshot and of the oldest pending entry. */
  health: z
    .strictObject({
      warn_minutes: z.number().positive().default(10),
      critical_minutes: z.number().positive().default(15),
    })
    .refine(({ warn_minutes, critical_minutes }) => warn_minutes <= critical_minutes, {
      message: 'warn_minutes must not be more than critical_minutes',
    })
    .prefault({}),
  /** How changes of the health status are reported. */
  notify: z
    .strictObject({
      /** A program and its arguments; the message is appended as the last argument. */
      command: z.tuple([z.string().startsWith('/')], z.string()).optional(),
      /** An address that gets the message as JSON. */
      webhook: httpUrl.optional(),
      /** True if the webhook and `heartbeat_url` can be plain HTTP to another host. */
      allow_insecure_http: z.boolean().default(false),
      /** Hours after which the message of a continuing problem is repeated. */
      still_after_hours: z.number().positive().default(4),
    })
    .prefault({}),
  /** An address to fetch after each successful run. */
  heartbeat_url: httpUrl.optional(),
  on_failed_probe: failedProbePolicy.default('last-known'),
  log: z
    .strictObject({
      file: z.string().startsWith('/').optional(),
      format: z.enum(['text', 'json']).default('text'),
      /** True if the collector rotates its log itself; false if logrotate does. */
      rotate: z.boolean().default(true),
    })
    .prefault({}),
});

export type CollectorSettings = z.output<typeof collectorSchema>;
