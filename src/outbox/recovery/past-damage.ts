import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import type { Log } from '../../lib/log.ts';
import { Metadata } from '../metadata.ts';
import type { Outbox } from '../outbox.ts';

/** A recovery, which is kept until a person acknowledges it. */
export type Damage = z.infer<typeof damage>;
const damage = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** The path of the damaged file. */
  file: z.string(),
  /** The damage that was found. */
  reason: z.string(),
  recovered: z.int(),
  /** The number of entries that were found without their bodies. */
  without_body: z.int(),
  /** The number of bodies that were found without their entries. */
  without_entry: z.int(),
});
const damages = z.array(damage);

/** Returns the recoveries that are not acknowledged, oldest first. */
export function unacknowledgedDamage({ database }: Outbox): Damage[] {
  return damagesIn(database);
}

/** The same for a file that is not opened as an outbox. */
export function damagesIn(database: Database): Damage[] {
  return new Metadata(database).readJson('damage', damages) ?? [];
}

/** Adds a recovery. */
export function rememberDamage(database: Database, latest: Damage): void {
  new Metadata(database).write('damage', JSON.stringify([...damagesIn(database), latest]));
}

/** Acknowledges all recoveries and returns them. */
export function acknowledgeDamage(outbox: Outbox): Damage[] {
  return outbox.atomically(() => {
    const acknowledged = unacknowledgedDamage(outbox);
    outbox.metadata.forget('damage');
    return acknowledged;
  });
}

/** Logs a warning if there are recoveries that are not acknowledged. */
export function warnOfDamage(outbox: Outbox, log: Log): void {
  const all = unacknowledgedDamage(outbox);
  const latest = all.at(-1);
  if (!latest) return;
  const times = all.length === 1 ? '' : ` ${all.length} times, the last`;
  log.warn(
    `the outbox was damaged${times} at ${latest.at} and recovered: see hpc-collector outbox recover; to stop this warning: hpc-collector outbox recover --ack`,
  );
}
