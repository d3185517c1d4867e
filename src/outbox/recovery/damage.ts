import type { Database } from 'bun:sqlite';
import { OperatorError } from '../../lib/errors.ts';
import { codeOf, readPragma, schemaVersion } from '../../lib/sqlite.ts';
import { Metadata } from '../metadata.ts';

/** A file up to this size, in bytes, is checked each time it is opened; that takes a tenth of a second. */
const alwaysCheckedBytes = 32 * 1024 * 1024;
/** A larger file is checked at this interval, in milliseconds. */
const checkedEvery = 86_400_000;

/** The file is not an outbox, or not one any more. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** True if an error, or one of its causes, means that the file is damaged. */
export function isDamage(error: unknown): boolean {
  return causesOf(error).some((cause) => {
    const code = codeOf(cause) ?? '';
    return cause instanceof DamageError || code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
  });
}

/** True if an error, or one of its causes, means that a read failed: the file itself may be intact. */
export function isReadFault(error: unknown): boolean {
  return causesOf(error).some((cause) =>
    /^(SQLITE_IOERR_(READ|SHORT_READ|CORRUPTFS|FSTAT)|EIO|ESTALE)$/.test(codeOf(cause) ?? ''),
  );
}

/** True if an error means that the file was replaced while it was open: another process recovered it. */
export function isReplaced(error: unknown): boolean {
  return causesOf(error).some((cause) => codeOf(cause) === 'SQLITE_READONLY_DBMOVED');
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && !causes.includes(cause); cause = cause.cause) causes.push(cause);
  return causes;
}

/**
 * Throws DamageError if an outbox lacks its tables, and OperatorError if the file is an intact database of another
 * program, because a recovery after a mistyped `--outbox` would rename that file. An empty database is a new outbox.
 */
export function refuseForeign(database: Database, file: string): void {
  // Read in one transaction, because another process can create the tables at the same time.
  const finding = database.transaction((): 'ours' | 'lost' | 'foreign' => {
    const names = database
      .query<{ name: string }, []>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .all()
      .map(({ name }) => name);
    if (readPragma(database, 'application_id') !== 0) return 'foreign';
    if (schemaVersion(database) === 0) return names.length === 0 ? 'ours' : 'foreign';
    if (names.includes('entries')) return 'ours';
    return names.length === 0 || names.includes('bodies') || names.includes('attempts') ? 'lost' : 'foreign';
  });
  const found = finding.deferred();
  if (found === 'lost') throw new DamageError('its tables are missing');
  if (found === 'foreign')
    throw new OperatorError(
      `${file} is another program's database, not an outbox: correct --outbox, or move the file away`,
    );
}

/** The number of SQLITE_IOERR; quick_check reports a failed read as if it had found damage. */
const ioError = 10;

/** Checks the whole file, a large one once a day. Throws DamageError, or SQLite's own error. */
export function checkForDamage(database: Database, now: Date): void {
  const bytes = Number(readPragma(database, 'page_count')) * Number(readPragma(database, 'page_size'));
  const isLarge = bytes > alwaysCheckedBytes;
  if (isLarge) {
    const age = now.getTime() - Date.parse(new Metadata(database).read('checked') ?? '');
    if (age >= 0 && age < checkedEvery) return;
  }
  const finding = readPragma(database, 'quick_check(1)');
  if (finding !== 'ok') {
    const words = String(finding)
      .replace(/^\*\*\* .* \*\*\*/, '')
      .replaceAll(/\s+/g, ' ')
      .trim();
    const [, code] = /unable to get the page\. error code=(\d+)/.exec(words) ?? [];
    // An extended code has the primary one in its lowest byte (https://www.sqlite.org/rescode.html).
    if (code !== undefined && (Number(code) & 0xff) === ioError)
      throw Object.assign(new Error(words), { code: 'SQLITE_IOERR_READ' });
    throw new DamageError(words);
  }
  if (!isLarge) return;
  try {
    new Metadata(database).write('checked', now.toISOString());
  } catch (error) {
    // On a full disk the next command checks the file again.
    if (isDamage(error)) throw error;
  }
}
