import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Destination } from './destination.ts';
import { ingestDestination } from './ingest.ts';
import { samDestination } from './sam.ts';

/** Every destination, by the name that entries have. */
const makers = {
  sam: ({ sam }: Config, envFile: string) => samDestination(sam, envFile),
  ingest: ({ ingest }: Config, envFile: string) => ingestDestination(ingest, envFile),
};

/** True if this version has a destination of that name. */
export function isKnown(name: string): name is keyof typeof makers {
  return Object.hasOwn(makers, name);
}

/** A destination as it is configured. Throws OperatorError, exit code 2, with the mend where it is not, or not wholly. */
export function destinationNamed(name: string, config: Config): Destination {
  if (isKnown(name)) return makers[name](config, join(config.directory, 'env'));
  throw new OperatorError(
    `entries wait for a destination '${printable(name, 40)}' that this version does not know: use the one that stored them`,
  );
}

/** Where a destination's entries are sent, without a slash at the end; null where that is not configured. */
export function addressOf(name: string, config: Config): string | null {
  return isKnown(name) ? config[name].baseUrl : null;
}
