import { readdirSync, readFileSync } from 'node:fs';

/** The largest number of open connections, if the process may open as many files. */
const mostConnections = 8000;
/** Files that the process needs beside its connections: the database, its connections to PostgreSQL, modules. */
const otherFiles = 100;

/**
 * Returns the largest number of files that the process may have open before it must drop connections. At its limit of
 * open files (RLIMIT_NOFILE), Bun would call accept() without end and use a whole core.
 */
export function openFilesLimit(): number {
  // proc_pid_limits(5): "Max open files   SOFT   HARD   files".
  const soft = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
  return Math.min(mostConnections, Math.max(soft - otherFiles, soft / 2)) + otherFiles / 2;
}

/** Returns the number of open files of the process, connections included. */
export function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    // The directory cannot be opened because every file descriptor is in use.
    return Number.POSITIVE_INFINITY;
  }
}
