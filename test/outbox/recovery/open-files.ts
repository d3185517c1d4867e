import { readdirSync, readlinkSync } from 'node:fs';

/** Returns the files below a directory that this process has open. */
export function openFilesBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((descriptor) => targetOf(`/proc/self/fd/${descriptor}`))
    .filter((path) => path.startsWith(directory));
}

/** Returns where a symbolic link leads; an empty text if it is gone. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
