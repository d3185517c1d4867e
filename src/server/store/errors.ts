import { messageOf } from '../../lib/errors.ts';
import { codeOf } from '../../lib/sqlite.ts';

/** Why the store cannot be used now. */
export type UnavailableReason = 'full' | 'busy' | 'unreachable' | 'replaced' | 'failed';

/** Thrown if the store cannot read or write at this time. Nothing of the request is stored. */
export class Unavailable extends Error {
  readonly reason: UnavailableReason;

  /** @param message for the log of the receiver; it may name files */
  constructor(reason: UnavailableReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unavailable';
    this.reason = reason;
  }
}

// https://www.sqlite.org/rescode.html: an extended code begins with its primary code.
const reasons: readonly (readonly [code: string, reason: UnavailableReason, meaning: string])[] = [
  ['SQLITE_FULL', 'full', "the disk of the receiver's database is full; make room: df -h"],
  ['SQLITE_BUSY', 'busy', "another process holds the receiver's database"],
  ['SQLITE_LOCKED', 'busy', "another process holds the receiver's database"],
  ['SQLITE_IOERR', 'failed', "the disk of the receiver's database fails"],
  ['SQLITE_READONLY', 'failed', "the receiver's database is read-only; check its permissions and its mount"],
  ['SQLITE_CANTOPEN', 'failed', "the receiver's database cannot be opened; check its directory"],
  ['SQLITE_CORRUPT', 'failed', "the receiver's database is damaged; stop the receiver and restore a copy"],
  ['SQLITE_NOTADB', 'failed', "the receiver's database is damaged; stop the receiver and restore a copy"],
];

/** Returns an error of SQLite as `Unavailable` if it concerns the disk or the file, and any other error unchanged. */
export function storeError(error: unknown): unknown {
  const code = codeOf(error) ?? '';
  const found = reasons.find(([prefix]) => code === prefix || code.startsWith(`${prefix}_`));
  if (!found) return error;
  const [, reason, meaning] = found;
  return new Unavailable(reason, `${meaning} (${code}: ${messageOf(error)})`, { cause: error });
}

/** Thrown if a request contradicts the stored data. The message is for the client. */
export class Conflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Conflict';
  }
}

/** Thrown if a request has text that the database cannot hold. */
export class Unstorable extends Error {
  constructor() {
    super('Text must not have the character NUL (U+0000)');
    this.name = 'Unstorable';
  }
}
