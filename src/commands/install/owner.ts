import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { runProgram } from '../../exec/local-program.ts';

/**
 * Returns the owner of the directory of a file, by names if they have names, for logrotate's `su`; null if logrotate needs
 * no `su` there. It refuses a directory that others than root can write: another owner's, and one that a group can write
 * (logrotate(8), "su"). A directory that does not exist yet will be ours.
 */
export async function ownerOf(file: string): Promise<{ readonly user: string; readonly group: string } | null> {
  const directory = dirname(file);
  const { uid, gid, mode } = existsSync(directory)
    ? statSync(directory)
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o700 };
  const isRootsOnly = uid === 0 && (mode & 0o002) === 0 && (gid === 0 || (mode & 0o020) === 0);
  if (isRootsOnly) return null;
  return { user: await nameOf('passwd', uid), group: await nameOf('group', gid) };
}

/** Returns the name of the user who runs this program. */
export function userName(): Promise<string> {
  return nameOf('passwd', process.getuid?.() ?? 0);
}

/** Do not use `userInfo()`: Bun takes it from the environment, where it can be missing. */
async function nameOf(database: 'passwd' | 'group', id: number): Promise<string> {
  const found = await runProgram(['getent', database, String(id)]);
  return (found.kind === 'done' && found.output.toString().split(':')[0]) || String(id);
}
