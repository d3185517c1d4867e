import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { runProgram } from '../../exec/local-program.ts';

/**
 * Returns the owner of a file's directory, by name if it has one; null for root. A directory that does not exist yet
 * will be ours.
 */
export async function ownerOf(file: string): Promise<{ readonly user: string; readonly group: string } | null> {
  const directory = dirname(file);
  const { uid, gid } = existsSync(directory)
    ? statSync(directory)
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (uid === 0) return null;
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
