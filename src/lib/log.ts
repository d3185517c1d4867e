import { closeSync, constants, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
// Import only the core of consola: its unused reporters take longer to load than an empty collection takes to run.
import { type ConsolaInstance, createConsola, type LogObject } from 'consola/core';
import { messageOf } from './errors.ts';
import { codeOf } from './sqlite.ts';
import { writeAboveStatus } from './status-line.ts';
import { printable } from './text.ts';
import { readableUtc } from './time.ts';

/** Writes log lines about one subject: the collector or one system. */
export type Log = ConsolaInstance;

export type LogOptions = {
  /** What standard error shows: `quiet` only warnings and errors, `verbose` all lines, a filter the lines it accepts. */
  readonly terminal: 'quiet' | 'normal' | 'verbose' | TerminalFilter;
  readonly format: 'text' | 'json';
  /** The file that always gets INFO and more severe lines; null for none. */
  readonly file: string | null;
  /** Separate log files of systems, by system name. */
  readonly fileBySystem: ReadonlyMap<string, string>;
  /** Locks the rotation, so that one process at a time rotates; null if another program rotates the files. */
  readonly lockRotation: LockRotation | null;
};

/** One log line: its subject, its message, and the complete line as it is shown. */
export type LogLine = {
  readonly isError: boolean;
  readonly name: string;
  readonly text: string;
  readonly whole: string;
  /** The probes that an error is about: `log.error({ message, probes })`. */
  readonly probes: readonly string[];
};

/** Returns true if a line is shown. */
export type TerminalFilter = (line: LogLine) => boolean;

/** Creates and locks a lock file; returns null if another process holds the lock. */
export type LockRotation = (lockFile: string) => { release(): void } | null;

/** consola's levels: 0 error, 1 warn, 2 log, 3 info, 4 debug. */
const levels = { quiet: 1, normal: 3, verbose: 4 } as const;
const maxFileBytes = 10 * 1024 * 1024;
const keptFiles = 5;

/**
 * Creates the log of this process: text such as `[2025-11-25 14:30:00] INFO [collector] …` (UTC), or JSON Lines. It goes
 * to standard error and to a file, which is rotated at 10 MB; five old files are kept. `withTag(system)` returns the log
 * of one system.
 */
export function createLog(options: LogOptions): Log {
  const brokenFiles = new Set<string>();
  const lineOf = options.format === 'json' ? jsonLine : textLine;
  const log = createConsola({
    level: levels.verbose,
    throttle: 0,
    reporters: [
      {
        log(entry) {
          const line = lineOf(entry);
          if (isShown(options.terminal, entry, line)) writeAboveStatus(line);
          const file = options.fileBySystem.get(nameOf(entry)) ?? options.file;
          if (file === null || brokenFiles.has(file)) return;
          if (entry.level > (options.terminal === 'verbose' ? levels.verbose : levels.normal)) return;
          try {
            appendRotated(file, line, options.lockRotation);
          } catch (error) {
            brokenFiles.add(file);
            const problem = `cannot write the log file ${file}: ${messageOf(error)}; give another with --log-file`;
            const warning: LogObject = { ...entry, type: 'warn', level: 0, args: [problem] };
            const whole = lineOf(warning);
            if (isShown(options.terminal, warning, whole)) writeAboveStatus(whole);
          }
        },
      },
    ],
  });
  return log.withTag('collector');
}

function isShown(terminal: LogOptions['terminal'], entry: LogObject, whole: string): boolean {
  if (typeof terminal !== 'function') return entry.level <= levels[terminal];
  const probes = Array.isArray(entry.probes) ? entry.probes.map(String) : [];
  return terminal({ isError: entry.level === 0, name: nameOf(entry), text: textOf(entry), whole, probes });
}

function textLine(entry: LogObject): string {
  const level = entry.type === 'warn' ? 'WARNING' : entry.type.toUpperCase();
  return `[${readableUtc(entry.date)}] ${level} [${nameOf(entry)}] ${textOf(entry)}\n`;
}

function jsonLine(entry: LogObject): string {
  const { type: level, date } = entry;
  return `${JSON.stringify({ time: date.toISOString(), level, name: nameOf(entry), message: textOf(entry) })}\n`;
}

/** Returns the subject of a line: the last of the tags, which consola joins with colons. */
function nameOf(entry: LogObject): string {
  return entry.tag.split(':').at(-1) ?? '';
}

/** Returns the message without control characters, because text from outside must not control a terminal or add lines. */
function textOf(entry: LogObject): string {
  return printable(entry.args.map((part) => (part instanceof Error ? part.message : String(part))).join(' '), 4000);
}

function appendRotated(file: string, line: string, lockRotation: LockRotation | null): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (lockRotation !== null && isFull(file, line)) rotate(file, line, lockRotation);
  const descriptor = openLog(file);
  try {
    writeSync(descriptor, line);
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a log file to append. Never blocks: opening a FIFO without a reader would otherwise block the run forever. */
function openLog(file: string): number {
  try {
    return openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK, 0o640);
  } catch (error) {
    throw codeOf(error) === 'ENXIO' ? new Error('it is a FIFO that no program reads', { cause: error }) : error;
  }
}

function isFull(file: string, line: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) + line.length > maxFileBytes;
}

/**
 * Renames each kept file to the next number. Needs the lock, because two processes at once could overwrite a file that
 * the other has just renamed. A line that is written during the rotation goes to the renamed file.
 */
function rotate(file: string, line: string, lockRotation: LockRotation): void {
  const lock = lockRotation(`${file}.lock`);
  if (!lock) return;
  try {
    // Another process may have rotated before this one had the lock.
    if (!isFull(file, line)) return;
    for (let n = keptFiles - 1; n >= 1; n--) {
      if (statSync(`${file}.${n}`, { throwIfNoEntry: false })) renameSync(`${file}.${n}`, `${file}.${n + 1}`);
    }
    renameSync(file, `${file}.1`);
  } finally {
    lock.release();
  }
}
