import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import { readJsonFact, writeFact } from '../outbox/metadata.ts';

const addresses = z.array(z.string());

/** True if the server at an address has refused jobs that never started. */
export function requiresStart(database: Database, address: string): boolean {
  return known(database).includes(address);
}

/** Remembers that the server at an address refuses jobs that never started. */
export function rememberStartRequired(database: Database, address: string): void {
  write(database, [...known(database).filter((other) => other !== address), address]);
}

/** Forgets what an address refused, so that the next delivery asks the server again. */
export function forgetStartRequired(database: Database, address: string): void {
  if (requiresStart(database, address))
    write(
      database,
      known(database).filter((other) => other !== address),
    );
}

function known(database: Database): readonly string[] {
  return readJsonFact(database, 'start-required', addresses) ?? [];
}

function write(database: Database, all: readonly string[]): void {
  writeFact(database, 'start-required', JSON.stringify(all));
}
