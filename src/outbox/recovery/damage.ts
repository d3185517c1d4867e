import type { Database } from 'bun:sqlite';
import { OperatorError } from '../../lib/errors.ts';
import { codeOf, readPragma, schemaVersion } from '../../lib/sqlite.ts';
import { Metadata } from '../metadata.ts';

/** A file up to this size is checked whenever it is opened: a tenth of a second. */
const alwaysCheckedBytes = 32 * 1024 * 1024;
/** A larger one is checked so often, in milliseconds. */
const checkedEvery = 86_400_000;

/** Says that a file is not, or no longer, an outbox. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

/** Whether an error, or one that caused it, says that the file is damaged. */
export function isDamage(error: unknown): boolean {
  return causesOf(error).some((cause) => {
    const code = codeOf(cause) ?? '';
    return cause instanceof DamageError || code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
  });
}

/** True if an error, or one that caused it, says that the file could not be read now: it may be sound all the same. */
export function isReadFault(error: unknown): boolean {
  return causesOf(error).some((cause) =>
    /^(SQLITE_IOERR_(READ|SHORT_READ|CORRUPTFS|FSTAT)|EIO|ESTALE)$/.test(codeOf(cause) ?? ''),
  );
}

/** Whether an error says that the file was replaced while it was open: somebody else recovered it. */
export function isReplaced(error: unknown): boolean {
  return causesOf(error).some((cause) => codeOf(cause) === 'SQLITE_READONLY_DBMOVED');
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && !causes.includes(cause); cause = cause.cause) causes.push(cause);
  return causes;
}

/**
 * Throws DamageError where an outbox lost its tables, and OperatorError where a sound database is another program's: a
 * mistyped `--outbox` must not cost somebody's file its name. An empty one is a new outbox.
 */
export function refuseForeign(database: Database, file: string): void {
  // In one transaction: another process may make the tables just now.
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
  if (found === 'lost') throw new DamageError('it lost its tables');
  if (found === 'foreign')
    throw new OperatorError(`${file} is another program's database and no outbox: correct --outbox, or move it away`);
}

/** The number of SQLITE_IOERR; quick_check reports a failed read as if it had found damage. */
const ioError = 10;

/** Looks through the whole file, a large one once a day. Throws DamageError, or SQLite's own error. */
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
    // A full disk only means that it is checked again next time.
    if (isDamage(error)) throw error;
  }
}
