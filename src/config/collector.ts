import { z } from 'zod';
import { deliverTo, destinationsSettings } from './destinations.ts';
import { failedProbePolicy } from './fields.ts';
import { jobsSettings } from './jobs.ts';
import { presetNames } from './presets.ts';
import { proxySettings } from './proxy.ts';
import { samplesSettings } from './samples.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'is not an http or https URL' });

/**
 * The schema of `collector.yaml`: settings that belong to no single system. `help configuration` lists the settings with
 * these descriptions.
 */
export const collectorSchema = z.strictObject({
  systems: z.array(z.string()).default([]).describe('systems that `run` without a name collects'),
  preset: z
    .enum(presetNames)
    .default('original')
    .describe("built-in settings to use: `original` or `sam-dashboard` (names and units of today's SAM dashboard)"),
  destinations: destinationsSettings,
  deliver_to: deliverTo
    .default(['sam'])
    .describe('destinations of the snapshots and outages of systems that name none'),
  fallback_directory: z
    .string()
    .startsWith('/')
    .optional()
    .describe(
      'where snapshots go that the outbox cannot store (default `/var/tmp/hpc-collector-UID`); use another filesystem than the outbox',
    ),
  outbox: z
    .strictObject({
      max_mib: z.int().min(4).default(2048).describe('size limit in MiB (`help outbox`)'),
      keep_delivered_days: z.number().nonnegative().default(7).describe('days to keep delivered entries'),
    })
    .prefault({}),
  ...proxySettings,
  jobs: jobsSettings,
  samples: samplesSettings,
  /** Ages, in minutes, of the last snapshot and of the oldest pending entry. */
  health: z
    .strictObject({
      warn_minutes: z.number().positive().default(10).describe('age of a snapshot that is a warning'),
      critical_minutes: z.number().positive().default(15).describe('age that is critical'),
    })
    .refine(({ warn_minutes, critical_minutes }) => warn_minutes <= critical_minutes, {
      message: 'warn_minutes must not be more than critical_minutes',
    })
    .prefault({}),
  /** How changes of the health status are reported. */
  notify: z
    .strictObject({
      /** The message is appended as the last argument. */
      command: z
        .tuple([z.string().startsWith('/')], z.string())
        .optional()
        .describe('program and arguments that get each message'),
      webhook: httpUrl.optional().describe('address that gets each message as JSON'),
      allow_insecure_http: z
        .boolean()
        .default(false)
        .describe('permit plain HTTP to another host for the webhook and `heartbeat_url`'),
      still_after_hours: z
        .number()
        .positive()
        .default(4)
        .describe('repeat the message of a continuing problem after so many hours'),
    })
    .prefault({}),
  heartbeat_url: httpUrl.optional().describe('address to fetch after each successful run'),
  on_failed_probe: failedProbePolicy
    .default('last-known')
    .describe(
      'what to send for the required counts of a failed probe: `last-known`, `zero` or `skip` (`help recovery`)',
    ),
  log: z
    .strictObject({
      file: z
        .string()
        .startsWith('/')
        .optional()
        .describe('log file, instead of `collector.log` in the state directory'),
      format: z.enum(['text', 'json']).default('text').describe('`text` or `json`'),
      rotate: z.boolean().default(true).describe('rotate at 10 MB; `false` if logrotate does it'),
    })
    .prefault({}),
});

export type CollectorSettings = z.output<typeof collectorSchema>;
