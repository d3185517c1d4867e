import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { runProgram } from '../../exec/local-program.ts';

/**
 * Whose directory a file is in, by names where there are names for them; null for root's. A directory that is yet to be
 * made will be ours.
 */
export async function ownerOf(file: string): Promise<{ readonly user: string; readonly group: string } | null> {
  const directory = dirname(file);
  const { uid, gid } = existsSync(directory)
    ? statSync(directory)
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (uid === 0) return null;
  return { user: await nameOf('passwd', uid), group: await nameOf('group', gid) };
}

/** Who runs this program. */
export function userName(): Promise<string> {
  return nameOf('passwd', process.getuid?.() ?? 0);
}

/** Not `userInfo()`, which Bun takes from the environment, where it may be missing. */
async function nameOf(database: 'passwd' | 'group', id: number): Promise<string> {
  const found = await runProgram(['getent', database, String(id)]);
  return (found.kind === 'done' && found.output.toString().split(':')[0]) || String(id);
}
