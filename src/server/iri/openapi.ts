import { z } from 'zod';
import { type Answered, json } from '../http/answer.ts';
import type { Call } from '../http/routing.ts';
import { queries } from './query.ts';
import { eventSchema, facilitySchema, incidentSchema, problemSchema, resourceSchema, siteSchema } from './schemas.ts';
import { serverOf } from './uris.ts';

/** An operation: the name and path that the specification gives it, its parameters and its answer. */
type Operation = {
  readonly id: string;
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
};

const operations: readonly Operation[] = [
  operation('getFacility', '/facility', 'Get Facility', queries.modified, facilitySchema),
  operation('getSites', '/facility/sites', 'List Sites', queries.sites, z.array(siteSchema)),
  operation('getSite', '/facility/sites/{site_id}', 'Get Site', queries.modified, siteSchema),
  operation('getResources', '/status/resources', 'Get all resources', queries.resources.v2, z.array(resourceSchema)),
  operation('getResource', '/status/resources/{resource_id}', 'Get a resource', queries.none, resourceSchema),
  operation('getIncidents', '/status/incidents', 'Get all incidents', queries.incidents, z.array(incidentSchema)),
  operation('getIncident', '/status/incidents/{incident_id}', 'Get an incident', queries.none, incidentSchema),
  // The specification gives this name to the list of all events.
  operation('getEventsByIncident', '/status/events', 'Get all events', queries.events, z.array(eventSchema)),
  operation('getEventByIncident', '/status/events/{event_id}', 'Get an event', queries.none, eventSchema),
];

function operation(id: string, path: string, summary: string, query: z.ZodObject, answer: z.ZodType): Operation {
  return { id, path, summary, query, answer };
}

/** Returns the handler that shows the OpenAPI document of version 2. */
export function getDocument() {
  let document: ReturnType<typeof makeDocument> | null = null;
  return async ({ client }: Call): Promise<Answered> => {
    // Made once, because it takes 30 ms.
    document ??= makeDocument();
    const servers = [{ url: serverOf(client) }];
    return { response: json(200, JSON.stringify({ ...document, servers })) };
  };
}

function makeDocument() {
  return {
    openapi: '3.1.0',
    info: { title: 'IRI Facility API: status and facility', version: '2.0.0' },
    paths: Object.fromEntries(operations.map((one) => [`/api/v2${one.path}`, { get: described(one) }])),
    components: { schemas: { Problem: formOf(problemSchema) } },
  };
}

function described({ id, path, summary, query, answer }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: formOf(schema),
  }));
  const problem = { description: 'Problem details (RFC 9457)', content: problemContent };
  return {
    operationId: id,
    summary,
    tags: [path.split('/')[1]],
    parameters: [...inPath, ...inQuery],
    responses: {
      200: { description: 'Successful Response', content: { 'application/json': { schema: formOf(answer) } } },
      400: problem,
      404: problem,
      422: problem,
    },
  };
}

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** Returns the JSON schema of a value. OpenAPI 3.1 uses that of 2020-12. */
function formOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...form } = z.toJSONSchema(schema, { io: 'input' });
  return form;
}
