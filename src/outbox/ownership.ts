import type { Database } from 'bun:sqlite';
import { sameHost } from '../exec/host-name.ts';
import { OperatorError } from '../lib/errors.ts';
import { readFact, writeFact } from './facts.ts';

/**
 * Makes sure that this host may write the outbox: home directories are shared, and two hosts that collect into one file
 * would double everything. The first host that writes a file owns it. Throws OperatorError, exit code 2, on another one.
 */
export function claim(database: Database, file: string, host: string): void {
  const owner = readFact(database, 'host') ?? firstOwner(database, host);
  if (sameHost(owner, host)) return;
  throw new OperatorError(
    `the outbox ${file} is written by ${owner} and this is ${host}: run there, or give this host an outbox of its own with --outbox; where ${owner} is retired, take it over with: hpc-collector outbox adopt`,
  );
}

/** Of two hosts that come at once, one. */
function firstOwner(database: Database, host: string): string {
  database.query(`INSERT INTO meta (key, value) VALUES ('host', ?) ON CONFLICT (key) DO NOTHING`).run(host);
  return readFact(database, 'host') ?? host;
}

/** Gives the outbox to this host; gives the host it was taken from, null where it had none. */
export function adopt(database: Database, host: string): string | null {
  const owner = readFact(database, 'host');
  writeFact(database, 'host', host);
  return owner;
}
