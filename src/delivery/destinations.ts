import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Destination } from './destination.ts';
import { ingestDestination } from './ingest.ts';
import { samDestination } from './sam.ts';

/** All destinations, by their names in entries. */
const makers = {
  sam: ({ sam }: Config, envFile: string) => samDestination(sam, envFile),
  ingest: ({ ingest }: Config, envFile: string) => ingestDestination(ingest, envFile),
};

/** True if this version has a destination of that name. */
export function isKnown(name: string): name is keyof typeof makers {
  return Object.hasOwn(makers, name);
}

/**
 * Returns a configured destination. Throws OperatorError, exit code 2, if its configuration is missing or incomplete.
 */
export function destinationNamed(name: string, config: Config): Destination {
  if (isKnown(name)) return makers[name](config, join(config.directory, 'env'));
  throw new OperatorError(
    `there are pending entries for the destination '${printable(name, 40)}', which this version does not know: use the version that stored them`,
  );
}

/** Returns the URL of a destination, without a slash at the end; null if it is not configured. */
export function addressOf(name: string, config: Config): string | null {
  return isKnown(name) ? config[name].baseUrl : null;
}
