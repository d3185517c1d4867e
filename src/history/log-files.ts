import { basename } from 'node:path';
import type { Command, Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { exitCodes, OperatorError } from '../lib/errors.ts';

/** The location of the accounting log of a PBS server. */
export type LogLocation = {
  readonly executor: Executor;
  /** The host that has the files; null for this host. */
  readonly host: string | null;
  /** A directory with a file for each day, or a single file. */
  readonly path: string;
  /** The time limit for reading one file, in seconds. */
  readonly timeoutSeconds: number;
};

/** A file of the accounting log. */
export type LogFile = {
  /** The day of the file, as `20261127`; the name of a single file. It is the same for a compressed file. */
  readonly name: string;
  readonly path: string;
  /** In bytes, compressed if the file is. */
  readonly size: number;
  readonly compression: 'gz' | 'xz' | null;
};

/** The programs that read a log. `list` prints depth, size and name of each file; the depth is 0 for the path itself. */
export const logCommands = {
  list: (path: string) => ['find', '-L', path, '-maxdepth', '1', '-type', 'f', '-printf', '%d %s %f\\n'],
  head: (path: string, bytes: number) => ['head', '-c', String(bytes), '--', path],
  whole: (path: string) => ['cat', '--', path],
  rest: (path: string, offset: number) => ['tail', '-c', `+${offset + 1}`, '--', path],
  gz: (path: string) => ['gzip', '-dc', '--', path],
  xz: (path: string) => ['xz', '-dc', '--', path],
} as const satisfies Readonly<Record<string, (path: string, at: number) => Command['argv']>>;

/** Lists the files of a log, the oldest first. Throws OperatorError if there are none or they cannot be listed. */
export async function listLog({ executor, host, path, timeoutSeconds }: LogLocation): Promise<readonly LogFile[]> {
  const result = await readText(executor, {
    argv: logCommands.list(path),
    host,
    via: null,
    timeoutSeconds: Math.min(timeoutSeconds, 60),
    maxOutputBytes: 16 * 1024 ** 2,
  });
  if (result.kind === 'failed') throw unreadable(path, result.reason);
  const files = new Map<string, LogFile>();
  for (const line of result.text.split('\n')) {
    const file = fileOf(line, path);
    // While a file is compressed, both exist; the compressed one is not complete then.
    if (file !== null && (file.compression === null || !files.has(file.name))) files.set(file.name, file);
  }
  if (files.size === 0)
    throw new OperatorError(
      `there are no accounting files (named like 20261127) in ${path}${host === null ? '' : ` on ${host}`}: set jobs.accounting_path in collector.yaml to server_priv/accounting of the PBS server, or to a copy of it`,
    );
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function unreadable(path: string, reason: string): OperatorError {
  const remedy = /permission denied/i.test(reason)
    ? 'only root on the PBS server can read it: run the export there as root, or set jobs.accounting_path to a copy of the directory'
    : 'set jobs.accounting_path and jobs.host in collector.yaml to where the accounting files of the PBS server are';
  return new OperatorError(`cannot list the accounting files in ${path}: ${reason}; ${remedy}`, {
    exitCode: exitCodes.failed,
  });
}

function fileOf(line: string, path: string): LogFile | null {
  const [, depth, size, file = ''] = /^(\d+) (\d+) (.+)$/.exec(line) ?? [];
  if (size === undefined) return null;
  const [, name = '', ending] = /^(.*?)(?:\.(gz|xz))?$/.exec(file) ?? [];
  const isSingle = depth === '0';
  if (!isSingle && !/^\d{8}$/.test(name)) return null;
  return {
    name: isSingle ? basename(path).replace(/\.(gz|xz)$/, '') : name,
    path: isSingle ? path : `${path.replace(/\/+$/, '')}/${file}`,
    size: Number(size),
    compression: ending === 'gz' || ending === 'xz' ? ending : null,
  };
}

/** The largest file. It is not held in memory. */
const maxFileBytes = 64 * 1024 ** 3;

/** Returns the command that prints at least the first bytes of a file. */
export function headCommand(file: LogFile, bytes: number, location: LogLocation): Command {
  const command = readCommand(file, 0, location);
  return file.compression === null ? { ...command, argv: logCommands.head(file.path, bytes) } : command;
}

/** Returns the command that prints a file from an offset on. A compressed file is printed from its beginning. */
export function readCommand(file: LogFile, offset: number, { host, timeoutSeconds }: LogLocation): Command {
  return { argv: printCommand(file, offset), host, via: null, timeoutSeconds, maxOutputBytes: maxFileBytes };
}

function printCommand({ path, compression }: LogFile, offset: number): Command['argv'] {
  if (compression !== null) return logCommands[compression](path);
  // tail prints pieces of 4 KiB: for a large file, this takes several times as long as cat.
  return offset === 0 ? logCommands.whole(path) : logCommands.rest(path, offset);
}
