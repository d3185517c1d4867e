import { dirname } from 'node:path';
import { exitCodes, messageOf, OperatorError } from '../lib/errors.ts';
import { codeOf } from '../lib/sqlite.ts';

/**
 * The outbox cannot be written, so entries must be stored elsewhere. It is not thrown if this host must not write the
 * outbox, because another host or a newer version writes it: nothing must be stored elsewhere then.
 */
export class OutboxUnwritable extends OperatorError {
  /** The problem, without the remedy. */
  readonly problem: string;
  /** The remedy: what a person can do. */
  readonly remedy: string;

  constructor(problem: string, remedy: string, cause: unknown) {
    super(`${problem}; ${remedy}`, { exitCode: exitCodes.failed, cause });
    this.name = 'OutboxUnwritable';
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** Returns an error as an OutboxUnwritable: `cannot open the outbox /x: no space is left`, with the remedy. */
export function unwritable(doing: string, file: string, error: unknown): OutboxUnwritable {
  if (error instanceof OutboxUnwritable) return error;
  const code = codeOf(error) ?? '';
  const known = causes.find(([codes]) => codes.test(code));
  const [, why, remedy] = known ?? [null, messageOf(error), 'check the directory, its owner and the space left'];
  return new OutboxUnwritable(
    `cannot ${doing} ${file}: ${why}`,
    remedy.replaceAll('{directory}', dirname(file)).replaceAll('{file}', file),
    error,
  );
}

/** True if a failed write can succeed with more space. SQLite reports a used-up quota only as an I/O error. */
export function isForLackOfSpace(error: unknown): boolean {
  return /^(SQLITE_FULL|SQLITE_IOERR.*|ENOSPC|EDQUOT|EFBIG)$/.test(codeOf(error) ?? '');
}

/** The reason and the remedy for the error codes of SQLite and of the system. The first match wins. */
const causes: readonly (readonly [codes: RegExp, why: string, remedy: string])[] = [
  [/^(SQLITE_FULL|ENOSPC)$/, 'no space is left', 'make room: df -h {directory}; df -i {directory}'],
  [/^(EDQUOT|EFBIG)$/, 'the quota is used up', 'make room: quota -s; ulimit -f'],
  [
    /^(SQLITE_IOERR_(READ|SHORT_READ|CORRUPTFS|FSTAT)|EIO|ESTALE)$/,
    'it cannot be read: its disk or its file server fails',
    'check both: dmesg; findmnt -T {directory}. If only this file stays unreadable: mv {file} {file}.bad; hpc-collector outbox recover {file}.bad',
  ],
  [
    /^SQLITE_IOERR/,
    'the disk does not accept more data: it fails, or a quota is used up',
    'check both: df -h {directory}; quota -s; dmesg',
  ],
  [
    /^(EROFS|SQLITE_READONLY.*)$/,
    'it is read-only',
    'check its mount and its owner: findmnt -T {directory}; ls -ld {directory} {file}',
  ],
  [/^(EACCES|EPERM)$/, 'permission denied', 'this user must own it: ls -ld {directory} {file}'],
  [/^(ENOENT|ENOTDIR|EEXIST)$/, 'its directory cannot be created', 'create {directory}, or correct --outbox'],
  [/^EISDIR$/, 'it is a directory', 'move it away: ls -ld {file}'],
  [/^SQLITE_CANTOPEN/, 'it cannot be opened', 'this user must own it and its directory: ls -ld {directory} {file}'],
  [/^SQLITE_(BUSY|LOCKED)/, 'another process keeps it locked', 'find the process with: fuser -v {file}'],
];
