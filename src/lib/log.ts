import { closeSync, constants, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
// Not all of consola: its own reporters, which are not used, take longer to load than a collection of nothing.
import { type ConsolaInstance, createConsola, type LogObject } from 'consola/core';
import { messageOf } from './errors.ts';
import { codeOf } from './sqlite.ts';
import { writeAboveStatus } from './status-line.ts';
import { printable } from './text.ts';
import { readableUtc } from './time.ts';

/** Writes lines of log about one thing: the collector, or one system. */
export type Log = ConsolaInstance;

export type LogOptions = {
  /** What standard error shows: `quiet` only warnings and errors, `verbose` everything, or what a filter lets through. */
  readonly terminal: 'quiet' | 'normal' | 'verbose' | TerminalFilter;
  readonly format: 'text' | 'json';
  /** The file that always gets INFO and up; null for none. */
  readonly file: string | null;
  /** Files of their own for the lines of one system, by its name. */
  readonly fileBySystem: ReadonlyMap<string, string>;
  /** Takes the lock under which one process at a time rotates, null where it is held; null where another program rotates. */
  readonly lockRotation: LockRotation | null;
};

/** One line of log: what it is about, what it says, and the whole of it as it would be shown. */
export type LogLine = {
  readonly isError: boolean;
  readonly name: string;
  readonly text: string;
  readonly whole: string;
  /** The probes that an error is about: `log.error({ message, probes })`. */
  readonly probes: readonly string[];
};

/** Tells whether a line is shown. */
export type TerminalFilter = (line: LogLine) => boolean;

/** Locks a file that is made for it. */
export type LockRotation = (lockFile: string) => { release(): void } | null;

/** consola's levels: 0 error, 1 warn, 2 log, 3 info, 4 debug. */
const levels = { quiet: 1, normal: 3, verbose: 4 } as const;
const maxFileBytes = 10 * 1024 * 1024;
const keptFiles = 5;

/**
 * The log of this process: text as `[2025-11-25 14:30:00] INFO [collector] …` (UTC) or JSON Lines, on standard error and
 * in a file that is rotated at 10 MB and kept five times. `withTag(system)` gives the log of one system.
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

/** What the line is about: the innermost of the tags that consola joins with colons. */
function nameOf(entry: LogObject): string {
  return entry.tag.split(':').at(-1) ?? '';
}

/** Much of what is logged comes from outside: it must neither steer a terminal nor make lines of its own. */
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

/** Opens a log file to append. It never waits: opening a FIFO that nothing reads would block the run for ever. */
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
 * Moves each kept file one on. Two processes at once would move a file over one that the other has just moved. A line
 * that is being written meanwhile goes into the file under its new name.
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
