import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import type { Log } from '../../lib/log.ts';
import { forgetFact, readJsonFact, writeFact } from '../metadata.ts';

/** What is remembered of a recovery until a person looked. */
export type Damage = z.infer<typeof damage>;
const damage = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** Where the damaged file is kept. */
  file: z.string(),
  /** What was wrong with it. */
  reason: z.string(),
  recovered: z.int(),
  /** Entries that were found, but not their bodies. */
  without_body: z.int(),
  /** Bodies that were found, but not their entries. */
  without_entry: z.int(),
});
const damages = z.array(damage);

/** Every recovery of this outbox that nobody has acknowledged, oldest first. */
export function unacknowledgedDamage(database: Database): Damage[] {
  return readJsonFact(database, 'damage', damages) ?? [];
}

export function rememberDamage(database: Database, latest: Damage): void {
  writeFact(database, 'damage', JSON.stringify([...unacknowledgedDamage(database), latest]));
}

/** A person looked; gives what is forgotten. */
export function acknowledgeDamage(database: Database): Damage[] {
  return database
    .transaction(() => {
      const forgotten = unacknowledgedDamage(database);
      forgetFact(database, 'damage');
      return forgotten;
    })
    .immediate();
}

/** One line until a person looked. */
export function warnOfDamage(database: Database, log: Log): void {
  const all = unacknowledgedDamage(database);
  const latest = all.at(-1);
  if (!latest) return;
  const times = all.length === 1 ? '' : ` ${all.length} times, the last`;
  log.warn(
    `the outbox was damaged${times} at ${latest.at} and recovered, see: hpc-collector outbox recover; this is said until: hpc-collector outbox recover --ack`,
  );
}
