import { destinationsOfKind } from '../../config/destination-settings.ts';
import { knownSystems } from '../../config/load.ts';
import { systemOfStream } from '../../delivery/sam-entries.ts';
import { OperatorError } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { printable } from '../../lib/text.ts';
import { streamNames } from '../../outbox/latest.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import type { Context } from '../../run/context.ts';

/**
 * Throws OperatorError for a system that is neither configured nor in the outbox, because maintenance of a mistyped
 * name would have no effect.
 */
export function checkSystem(name: string, outbox: Outbox, { config }: Context): void {
  const destinations = destinationsOfKind(config, 'sam');
  const stored = streamNames(outbox).flatMap((stream) => systemOfStream(stream, destinations) ?? []);
  const known = [...new Set([...knownSystems(config), ...stored])];
  if (known.includes(name)) return;
  const meant = nearest(name, known);
  const hint = meant === null ? `known are ${known.join(', ')}` : `did you mean '${meant}'?`;
  throw new OperatorError(`there is no system '${printable(name, 60)}': ${hint}`);
}
