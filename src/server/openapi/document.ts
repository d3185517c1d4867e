import { z } from 'zod';
import { about } from '../../lib/version.ts';
import { type Answered, json } from '../http/answer.ts';
import { errorSchema } from '../status/answers.ts';
import { statusOperations } from '../status/operations.ts';
import { usageOperations } from '../usage/operations.ts';
import type { Operation } from './operation.ts';

const operations: readonly Operation[] = [...statusOperations, ...usageOperations];

/** Returns the handler that shows the OpenAPI document. */
export function getOpenApi() {
  let text: string | null = null;
  return async (): Promise<Answered> => {
    // Made at the first request: it takes some milliseconds, and most receivers are never asked for it.
    text ??= JSON.stringify(openApiDocument());
    return { response: json(200, text) };
  };
}

/** Returns the OpenAPI 3.1 document of the status and the usage API, made of the schemas that validate its bodies and answers. */
export function openApiDocument() {
  const paths = Map.groupBy(operations, ({ path }) => path);
  return {
    openapi: '3.1.0',
    info: { title: 'hpc-collector receiver: status and usage API', version: about.version },
    paths: Object.fromEntries(
      [...paths].map(([path, list]) => [path, Object.fromEntries(list.map((one) => [one.method, described(one)]))]),
    ),
    components: {
      schemas: { Error: formOf(errorSchema) },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
    security: [{ basic: [] }, { key: [] }],
  };
}

function described({ id, summary, path, query = {}, required = [], body, answer, success, problems }: Operation) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    schema: { type: name === 'outage' ? 'integer' : 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    ...{ name, in: 'query', required: required.includes(name), description },
    schema: { type: 'string' },
  }));
  const problem = (description: string) => ({ description, content: content({ $ref: '#/components/schemas/Error' }) });
  return {
    operationId: id,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body && { requestBody: { required: true, content: content(formOf(body)) } }),
    responses: {
      [success ?? 200]: { description: 'Done', content: content(formOf(answer)) },
      400: problem('The request is not valid; the error names every problem'),
      401: problem('A login or key is needed'),
      403: problem('The login or key lacks a scope'),
      ...Object.fromEntries(Object.entries(problems).map(([status, description]) => [status, problem(description)])),
      503: problem('The database does not answer; try again after Retry-After seconds'),
    },
  };
}

function content(schema: Readonly<Record<string, unknown>>) {
  return { 'application/json': { schema } };
}

/** Returns the JSON schema of what a client sends or gets. OpenAPI 3.1 uses that of 2020-12. */
function formOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...form } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return form;
}
