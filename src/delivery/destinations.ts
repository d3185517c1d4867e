import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Destination } from './destination.ts';
import { ingestDestination } from './ingest.ts';
import { samDestination } from './sam.ts';
import { samsDestination } from './sams.ts';

/**
 * Returns a configured destination. Throws OperatorError, exit code 2, if its configuration is missing or incomplete.
 */
export function destinationNamed(name: string, config: Config): Destination {
  const settings = config.destinations.get(name);
  const envFile = join(config.directory, 'env');
  if (settings !== undefined)
    switch (settings.kind) {
      case 'sam':
        return samDestination(settings, envFile, name);
      case 'ingest':
        return ingestDestination(settings, envFile, name);
      case 'sams':
        return samsDestination(settings, envFile, name);
    }
  const shown = printable(name, 40);
  throw new OperatorError(
    `there are pending entries for the destination ${shown}, which is not configured: add ${shown} to destinations: in ${join(config.directory, 'collector.yaml')}, or delete its entries: hpc-collector outbox drop --stream ${shown}/SYSTEM`,
  );
}

/** Returns the URL of a destination, without a slash at the end; null if it is not configured. */
export function addressOf(name: string, { destinations }: Config): string | null {
  return destinations.get(name)?.baseUrl ?? null;
}
