import { samStatusPath, samStream } from '../delivery/sam-entries.ts';
import type { Log } from '../lib/log.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Collected } from './collect.ts';

/** Stores a snapshot in the outbox; gives the entry's id. A snapshot that fails our own validation is stored as rejected. */
export function store(
  outbox: Outbox,
  systemName: string,
  collected: Extract<Collected, { kind: 'collected' }>,
  now: Date,
  log: Log,
): string {
  // Another system may have taken this very millisecond; the next free one is as true.
  for (let milliseconds = 0; ; milliseconds++) {
    const moment = new Date(now.getTime() + milliseconds);
    const validated = collected.at(moment);
    const added = outbox.add({
      stream: samStream(systemName),
      destination: 'sam',
      method: 'POST',
      path: samStatusPath(systemName),
      body: JSON.stringify(validated.payload),
      collectedAt: moment,
      failedProbes: collected.failedProbes,
      rejectedBecause: validated.kind === 'valid' ? null : `is not what the API takes: ${validated.reason}`,
    });
    if (added.kind === 'moment-taken') continue;
    logValidation(validated, added.id, log);
    return added.id;
  }
}

function logValidation(
  validated: ReturnType<Extract<Collected, { kind: 'collected' }>['at']>,
  id: string,
  log: Log,
): void {
  if (validated.kind === 'invalid') {
    log.error(`✗ the snapshot is not what the API takes: ${validated.reason}; kept as rejected entry ${id}`);
    return;
  }
  for (const value of validated.dropped) log.warn(`dropped ${value}`);
}
