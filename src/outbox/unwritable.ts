import { dirname } from 'node:path';
import { exitCodes, messageOf, OperatorError } from '../lib/errors.ts';
import { codeOf } from '../lib/sqlite.ts';

/**
 * The outbox cannot be written: what would be stored must go elsewhere. Not thrown where it may not be written, because a
 * newer version or another host writes it: then nothing must be done.
 */
export class OutboxUnwritable extends OperatorError {
  /** What is the matter, without the mend. */
  readonly problem: string;
  /** What a person can do. */
  readonly mend: string;

  constructor(problem: string, mend: string, cause: unknown) {
    super(`${problem}; ${mend}`, { exitCode: exitCodes.failed, cause });
    this.name = 'OutboxUnwritable';
    this.problem = problem;
    this.mend = mend;
  }
}

/** The same failure as an OutboxUnwritable: `cannot open the outbox /x: no space is left`, with the mend. */
export function unwritable(doing: string, file: string, error: unknown): OutboxUnwritable {
  if (error instanceof OutboxUnwritable) return error;
  const code = codeOf(error) ?? '';
  const known = causes.find(([codes]) => codes.test(code));
  const [, why, mend] = known ?? [null, messageOf(error), 'check the directory, its owner and the space left'];
  return new OutboxUnwritable(
    `cannot ${doing} ${file}: ${why}`,
    mend.replaceAll('{directory}', dirname(file)).replaceAll('{file}', file),
    error,
  );
}

/** Whether a failed write may succeed once there is room: a used-up quota is only an I/O error to SQLite. */
export function isForLackOfSpace(error: unknown): boolean {
  return /^(SQLITE_FULL|SQLITE_IOERR.*|ENOSPC|EDQUOT|EFBIG)$/.test(codeOf(error) ?? '');
}

/** What codes of SQLite and of the system mean here, and the mend; the first that matches counts. */
const causes: readonly (readonly [codes: RegExp, why: string, mend: string])[] = [
  [/^(SQLITE_FULL|ENOSPC)$/, 'no space is left', 'make room: df -h {directory}; df -i {directory}'],
  [/^(EDQUOT|EFBIG)$/, 'the quota is used up', 'make room: quota -s; ulimit -f'],
  [
    /^(SQLITE_IOERR_(READ|SHORT_READ|CORRUPTFS|FSTAT)|EIO|ESTALE)$/,
    'it cannot be read: the disk, or the server that it is on, fails',
    'check both: dmesg; findmnt -T {directory}. If only this file stays unreadable: mv {file} {file}.bad; hpc-collector outbox recover {file}.bad',
  ],
  [
    /^SQLITE_IOERR/,
    'the disk takes no more: it fails, or a quota is used up',
    'check both: df -h {directory}; quota -s; dmesg',
  ],
  [
    /^(EROFS|SQLITE_READONLY.*)$/,
    'it is read-only',
    'check how it is mounted and whose it is: findmnt -T {directory}; ls -ld {directory} {file}',
  ],
  [/^(EACCES|EPERM)$/, 'permission denied', 'it must be yours: ls -ld {directory} {file}'],
  [/^(ENOENT|ENOTDIR|EEXIST)$/, 'its directory cannot be made', 'make {directory}, or correct --outbox'],
  [/^EISDIR$/, 'a directory is in its place', 'move it away: ls -ld {file}'],
  [/^SQLITE_CANTOPEN/, 'it cannot be opened', 'it must be yours, in a directory that is: ls -ld {directory} {file}'],
  [/^SQLITE_(BUSY|LOCKED)/, 'another process keeps it locked', 'see which: fuser -v {file}'],
];
