import type { Outbox } from '../outbox/outbox.ts';
import { knownAddresses } from './known-addresses.ts';

const servers = knownAddresses('start-required');

/** True if the server at an address has refused jobs that never started. */
export const requiresStart = servers.has;

/** Stores that the server at an address refuses jobs that never started. */
export function rememberStartRequired(outbox: Outbox, address: string): void {
  servers.put(outbox, address, true);
}

/** Deletes that record of an address, so that the next delivery sends such jobs again. */
export function forgetStartRequired(outbox: Outbox, address: string): void {
  servers.put(outbox, address, false);
}
