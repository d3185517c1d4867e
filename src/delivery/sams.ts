import { z } from 'zod';
import { variablesOf } from '../config/destinations.ts';
import type { IngestSettings } from '../config/ingest.ts';
import { OperatorError } from '../lib/errors.ts';
import { learnSecret } from '../lib/secrets.ts';
import type { Destination } from './destination.ts';
import { jsonRequests } from './json-request.ts';
import { type ApiDialect, jsonOf, judgeReply } from './judge.ts';

/** The receiver's answer to a body that it does not accept. */
const failure = z.object({ error: z.string() });

/**
 * The post receiver of sampled jobs as a destination: that of the original program, whose proxy can want a key, or
 * our receiver. `name` is its name in `destinations:`. Throws OperatorError, exit code 2, if its address is missing.
 */
export function samsDestination(settings: IngestSettings, envFile: string, name: string): Destination {
  const { baseUrl, addressSetting, apiKey } = settings;
  const { key } = variablesOf(name);
  if (baseUrl === null) {
    throw new OperatorError(
      `the address of the destination ${name} is not configured: set ${addressSetting} in the environment or in ${envFile}`,
    );
  }
  if (apiKey !== null) learnSecret(apiKey);
  const requestOf = jsonRequests(name, baseUrl, settings);
  const dialect: ApiDialect = {
    addressSetting,
    loginSetting: `${key[0]} and the cluster it is for`,
    // Both servers answer these two letters (sams-post-receiver of softwareaccounting 1.10).
    acceptance: ({ body }) => (body.trim() === 'OK' ? 'stored' : null),
    errorOf: (body) => failure.safeParse(jsonOf(body)).data?.error ?? null,
    ownMeaning: () => null,
  };
  return {
    name,
    content: `samples to ${name}`,
    address: baseUrl,
    usesCollectionTime: false,
    catchUp: null,
    description: `${name} at ${baseUrl}`,
    maxPerMinute: settings.max_per_minute,
    maxBodyBytes: settings.max_body_bytes,
    request: (entry, body, sender) => requestOf(entry, body, sender, apiKey === null ? {} : { 'X-API-Key': apiKey }),
    prepare: (body) => ({ body, leftOut: [], ifRefused: null }),
    reduce: () => null,
    omit: () => null,
    judge: (reply, { mayHaveArrived }) => judgeReply(reply, mayHaveArrived, dialect),
  };
}
