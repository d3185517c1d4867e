import { messageOf, OperatorError, operatorErrorOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { fileExists } from './files.ts';
import { Outbox } from './outbox.ts';
import { claim } from './ownership.ts';
import { openToRead } from './read-only.ts';
import { isDamage } from './recovery/damage.ts';
import { HealingOutbox, openOutbox } from './recovery/open.ts';
import { keepReserve } from './reserve.ts';
import type { Spool } from './spool/spool.ts';
import { takeInSpool } from './spool/take-in.ts';
import { unwritable } from './unwritable.ts';

/**
 * An outbox and the values needed to open it. Every command opens the outbox with one of the functions of this file.
 */
export type OutboxLocation = {
  readonly file: string;
  /** True if `--outbox` named the file: a missing file is then an error, because the name may be mistyped. */
  readonly isNamed: boolean;
  /** This host; one host writes an outbox, all others only read it. */
  readonly host: string;
  /** Has the snapshots and answers that the outbox could not store. */
  readonly spool: Spool;
  readonly log: Log;
};

/**
 * Opens the outbox to read it; null if there is none. Nothing is written, on any host: the file is not created,
 * migrated, claimed or recovered. Throws OperatorError if `--outbox` names a missing file or the outbox cannot be read.
 */
export function openReadOnly(location: OutboxLocation): Outbox | null {
  const { file } = location;
  checkNamed(location);
  try {
    const database = openToRead(file);
    return database && new Outbox(file, null, database);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (!isDamage(error)) throw unwritable('read the outbox', file, error);
    const words = `the outbox ${file} is damaged: ${messageOf(error)}`;
    throw new OperatorError(`${words}; recover its readable entries with: hpc-collector outbox recover`, {
      cause: error,
    });
  }
}

/** How each kind of repair opens the outbox. `isChecked`: search it for damage first. */
const repairs = {
  change: { isChecked: false, mayCreate: false, claims: true, drainLock: 'free' },
  import: { isChecked: true, mayCreate: true, claims: true, drainLock: 'free' },
  recover: { isChecked: true, mayCreate: true, claims: false, drainLock: 'free' },
  /** The caller holds the lock of the drain, and changes the host that owns the outbox. */
  adopt: { isChecked: true, mayCreate: false, claims: false, drainLock: 'held' },
} as const;

/**
 * Opens the outbox for a change by a person. A damaged outbox is recovered first. Throws OperatorError if there is no
 * outbox (except for an import or a recovery), or if another host writes it (except for a recovery or an adoption).
 */
export function openForRepair(location: OutboxLocation, repair: keyof typeof repairs): Outbox {
  const { file, host, log } = location;
  const { isChecked, mayCreate, claims, drainLock } = repairs[repair];
  if (repair !== 'import') checkNamed(location);
  if (!mayCreate && !fileExists(file))
    throw new OperatorError('there is no outbox yet: the first collection creates it');
  const outbox = openOutbox(file, { host, log, drainLock, isChecked });
  if (claims) claim(outbox.database, file, host);
  return outbox;
}

/**
 * Opens the outbox to collect or deliver: creates or migrates it if necessary, recovers it if it is damaged, claims it
 * for this host, keeps its disk reserve, and imports the spool. `drainLock` is 'held' if the caller holds the lock of
 * the drain. Throws OutboxUnwritable if it cannot be written, and another OperatorError if it must not be.
 */
export function openToWrite(location: OutboxLocation, drainLock: 'held' | 'free'): HealingOutbox {
  const { file, host, log, spool } = location;
  return new HealingOutbox(file, {
    host,
    log,
    drainLock,
    open: (path) => new Outbox(path, spool),
    prepare: (outbox) => prepare(outbox, location),
  });
}

/** Throws OperatorError if `--outbox` names a missing file: an empty listing would look as if all were well. */
export function checkNamed({ file, isNamed }: OutboxLocation): void {
  if (isNamed && !fileExists(file)) throw new OperatorError(`there is no outbox ${file}: correct --outbox`);
}

function prepare(outbox: Outbox, { file, host, log, spool }: OutboxLocation): void {
  try {
    claim(outbox.database, file, host);
    keepReserve(file);
    takeInSpool(outbox, spool, log);
  } catch (error) {
    const isOfSystem = !(error instanceof OperatorError) && operatorErrorOf(error) !== null;
    throw isOfSystem && !isDamage(error) ? unwritable('write the outbox', file, error) : error;
  }
}
