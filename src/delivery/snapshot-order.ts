import { newestFirstStreams, putNewestFirstStreams } from '../outbox/order.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Destination } from './destination.ts';
import { knownAddresses } from './known-addresses.ts';
import { destinationOfStream, mayBeOutageStream } from './sam-entries.ts';

/** The value of the header `X-Snapshot-Order` with which a server says that it stores snapshots right in any order. */
const anyOrder = 'any';

const servers = knownAddresses('any-order');

/** True if the last accepted answer of the server at an address says that it stores snapshots right in any order. */
export const takesAnyOrder = servers.has;

/** Stores what an accepted answer says about the order of snapshots, and the order of sending that follows from it. */
export function rememberOrder(outbox: Outbox, destination: Destination, order: string | null): void {
  const isAny = order === anyOrder;
  if (destination.catchUp === null || takesAnyOrder(outbox, destination.address) === isAny) return;
  servers.put(outbox, destination.address, isAny);
  applyOrder(outbox, destination);
}

/**
 * Stores the order in which a destination gets the entries of its streams: as its settings say, otherwise as its answers
 * did. Outages always go in their order, because the SAM API shows the last report that arrives.
 */
export function applyOrder(outbox: Outbox, { name, address, catchUp }: Destination): void {
  const isNewestFirst = catchUp === 'by-answer' ? takesAnyOrder(outbox, address) : catchUp === 'newest-first';
  const streams = outbox.heads(name).map(({ stream }) => stream);
  const known = [...newestFirstStreams(outbox)];
  const all = isNewestFirst
    ? [...known, ...streams.filter((stream) => !mayBeOutageStream(stream))]
    : known.filter((stream) => destinationOfStream(stream) !== name);
  putNewestFirstStreams(outbox, new Set(all));
}
