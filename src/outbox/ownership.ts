import type { Database } from 'bun:sqlite';
import { sameHost } from '../exec/host-name.ts';
import { OperatorError } from '../lib/errors.ts';
import { Metadata } from './metadata.ts';
import type { Outbox } from './outbox.ts';

/**
 * Checks that this host may write the outbox. Login hosts share home directories, and two hosts that collect into one
 * file would send everything twice. The first host that writes a file owns it. Throws OperatorError, exit code 2, on
 * another host.
 */
export function claim(database: Database, file: string, host: string): void {
  const owner = new Metadata(database).read('host') ?? firstOwner(database, host);
  if (sameHost(owner, host)) return;
  throw new OperatorError(
    `the outbox ${file} is written by ${owner} and this is ${host}: run there, or give this host an outbox of its own with --outbox; if ${owner} is retired, take the outbox over with: hpc-collector outbox adopt`,
  );
}

/** Makes this host the owner unless another host became it at the same time. Returns the owner. */
function firstOwner(database: Database, host: string): string {
  database.query(`INSERT INTO meta (key, value) VALUES ('host', ?) ON CONFLICT (key) DO NOTHING`).run(host);
  return new Metadata(database).read('host') ?? host;
}

/** Makes this host the owner. Returns the earlier owner; null if there was none. */
export function adopt({ database }: Outbox, host: string): string | null {
  const owner = new Metadata(database).read('host');
  new Metadata(database).write('host', host);
  return owner;
}
