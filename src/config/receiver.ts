import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkSettings } from './settings.ts';
import { noSoftwareRules, readSoftwareRules, type SoftwareRuleSettings } from './software-rules.ts';
import { readYaml } from './yaml.ts';

const text = z.string().min(1).max(255);
/** An id is part of a URL. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be letters, digits, - or _ (at most 64)');

const days = z.int().min(1).max(36_500);
const shorter = 'must not be less than the days before it';

/** The schema of `receiver.yaml`: the settings of `serve`. */
export const receiverSchema = z.strictObject({
  /** The facility that the DOE IRI API shows. */
  facility: z
    .strictObject({
      id: id.default('facility'),
      name: text.optional(),
      short_name: text.optional(),
      description: text.optional(),
      organization_name: text.optional(),
      support_uri: z
        .url({ protocol: /^https?$/, error: 'is not an http or https URL' })
        .max(2083)
        .optional(),
    })
    .prefault({}),
  /** The site of the facility at which all its systems are. */
  site: z
    .strictObject({
      id: id.default('site'),
      name: text.optional(),
      short_name: text.optional(),
      description: text.optional(),
      operating_organization: text.optional(),
      country_name: text.optional(),
      locality_name: text.optional(),
      state_or_province_name: text.optional(),
      street_address: text.optional(),
      /** The United Nations code of the place. */
      unlocode: z
        .string()
        .regex(/^[A-Z]{2}[A-Z2-9]{3}$/, 'is not a UN/LOCODE, such as USCYS')
        .optional(),
      /** Meters above sea level. */
      altitude: z.number().min(-500).max(9000).optional(),
      /** Degrees. */
      latitude: z.number().min(-90).max(90).optional(),
      longitude: z.number().min(-180).max(180).optional(),
    })
    .prefault({}),
  /** A file with the rules that map the paths of programs to software, as `sample report --rules` takes it. */
  software_rules: z.string().startsWith('/', 'must be an absolute path').optional(),
  /** For how many days the history of systems is kept. */
  retention: z
    .strictObject({
      /** Snapshots, and the values at their times. */
      raw_days: days.default(90),
      /** Values by the hour. */
      hourly_days: days.default(730),
      /** Values by the day; null means without end. */
      daily_days: days.nullable().default(null),
    })
    .superRefine(({ raw_days, hourly_days, daily_days }, context) => {
      if (hourly_days < raw_days) context.addIssue({ code: 'custom', path: ['hourly_days'], message: shorter });
      if (daily_days !== null && daily_days < hourly_days) {
        context.addIssue({ code: 'custom', path: ['daily_days'], message: shorter });
      }
    })
    .prefault({}),
});

/** The settings of `serve`. */
export type ReceiverSettings = Omit<z.output<typeof receiverSchema>, 'software_rules'> & {
  readonly softwareRules: SoftwareRuleSettings;
  /** The time at which the file was changed; null without a file. */
  readonly changedAt: Date | null;
};

/** The settings without a file. */
export const defaultReceiverSettings: ReceiverSettings = {
  ...receiverSchema.parse({}),
  softwareRules: noSoftwareRules,
  changedAt: null,
};

/** Reads `receiver.yaml` of a configuration directory; without it, returns the defaults. Throws ConfigError. */
export function loadReceiverSettings(directory: string): ReceiverSettings {
  const file = join(directory, 'receiver.yaml');
  if (!existsSync(file)) return defaultReceiverSettings;
  const { software_rules, ...settings } = checkSettings(receiverSchema, [readYaml(file)]);
  const softwareRules = software_rules === undefined ? noSoftwareRules : readSoftwareRules(software_rules);
  return { ...settings, softwareRules, changedAt: statSync(file).mtime };
}
