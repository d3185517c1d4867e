import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';

const addresses = z.array(z.string());

/** True if the server at an address has refused jobs that never started. */
export function requiresStart(outbox: Outbox, address: string): boolean {
  return known(outbox).includes(address);
}

/** Stores that the server at an address refuses jobs that never started. */
export function rememberStartRequired(outbox: Outbox, address: string): void {
  write(outbox, [...known(outbox).filter((other) => other !== address), address]);
}

/** Deletes that record of an address, so that the next delivery sends such jobs again. */
export function forgetStartRequired(outbox: Outbox, address: string): void {
  if (requiresStart(outbox, address))
    write(
      outbox,
      known(outbox).filter((other) => other !== address),
    );
}

function known(outbox: Outbox): readonly string[] {
  return outbox.metadata.readJson('start-required', addresses) ?? [];
}

function write(outbox: Outbox, all: readonly string[]): void {
  outbox.metadata.write('start-required', JSON.stringify(all));
}
