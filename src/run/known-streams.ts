import type { Config } from '../config/config.ts';
import { destinationsOfKind } from '../config/destination-settings.ts';
import { knownSystems } from '../config/load.ts';
import { outageStream, samStream } from '../delivery/sam-entries.ts';
import { OperatorError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';
import { printable } from '../lib/text.ts';
import { streamNames } from '../outbox/latest.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { hasStream, streamsDropped } from '../outbox/streams.ts';

/**
 * Throws OperatorError if neither the outbox nor the configuration has the stream: a mistyped name must not look like a
 * stream without entries. Null means all streams.
 */
export function checkStream(outbox: Outbox, stream: string | null, config: Config): void {
  if (stream === null || hasStream(outbox, stream)) return;
  // The entries of a stream can all be delivered and pruned, or dropped.
  const stored = [...streamNames(outbox), ...streamsDropped(outbox)];
  const systems = knownSystems(config);
  const possible = destinationsOfKind(config, 'sam').flatMap((destination) => [
    ...systems.map((system) => samStream(system, destination)),
    outageStream(destination),
  ]);
  const known = [...new Set([...stored, ...possible])].sort();
  if (known.includes(stream)) return;
  const meant = known.find((name) => name.endsWith(`/${stream}`)) ?? nearest(stream, known);
  const hint = meant === null ? `the streams are ${known.join(', ')}` : `did you mean '${meant}'?`;
  throw new OperatorError(`--stream ${printable(stream, 60)}: there is no such stream: ${hint}`);
}
