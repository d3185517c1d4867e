import { z } from 'zod';
import { systemStates } from '../status/state.ts';

// The models of the DOE IRI facility API 2.0.0, as far as the receiver answers them. Source: all_spec_v2.yaml of
// https://github.com/doe-iri/iri-facility-api-docs.

/** A word in the API for each state that the receiver knows. */
const statusSchema = z.enum(systemStates).meta({ description: 'Status of a resource' });
export const incidentTypes = ['planned', 'unplanned', 'reservation'] as const;
export const resolutions = ['unresolved', 'cancelled', 'completed', 'extended', 'pending'] as const;

const time = z.string().meta({ format: 'date-time' });
const uri = z.string().meta({ description: 'Absolute URI' });
const optional = z.string().nullish();

/** The members of every object. */
const common = {
  id: z.string(),
  name: optional,
  description: optional,
  last_modified: time,
};

export const resourceSchema = z.object({
  ...common,
  group: optional,
  current_status: statusSchema,
  resource_type: z.string(),
  supported_endpoints: z.array(z.enum(['compute', 'filesystem'])),
  self_uri: uri,
  site_uri: uri,
  capability_uris: z.array(uri),
});

export const incidentSchema = z.object({
  ...common,
  status: statusSchema,
  start: time,
  end: time.nullable(),
  type: z.enum(incidentTypes),
  resolution: z.enum(resolutions),
  self_uri: uri,
  event_uris: z.array(uri),
  resource_uris: z.array(uri),
});

export const eventSchema = z.object({
  ...common,
  occurred_at: time,
  status: statusSchema,
  self_uri: uri,
  resource_uri: uri,
  incident_uri: uri.nullable(),
});

export const facilitySchema = z.object({
  ...common,
  short_name: optional,
  organization_name: optional,
  support_uri: z.url().nullish(),
  self_uri: uri,
  site_uris: z.array(uri),
});

export const siteSchema = z.object({
  ...common,
  short_name: optional,
  operating_organization: z.string().nullable(),
  country_name: optional,
  locality_name: optional,
  state_or_province_name: optional,
  street_address: optional,
  unlocode: optional,
  altitude: z.number().nullish(),
  latitude: z.number().nullish(),
  longitude: z.number().nullish(),
  self_uri: uri,
  resource_uris: z.array(uri),
});

/** Problem details (RFC 9457). */
export const problemSchema = z.object({
  type: z.url(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  invalid_params: z.array(z.object({ name: z.string(), reason: z.string() })).optional(),
});

export type IriResource = z.output<typeof resourceSchema>;
export type IriIncident = z.output<typeof incidentSchema>;
export type IriEvent = z.output<typeof eventSchema>;
export type IriFacility = z.output<typeof facilitySchema>;
export type IriSite = z.output<typeof siteSchema>;
export type IriProblem = z.output<typeof problemSchema>;
