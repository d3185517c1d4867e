import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { z } from 'zod';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { plainWords } from '../lib/plain-words.ts';
import { printable } from '../lib/text.ts';
import type { Ending, UnreachableReason } from './command.ts';

/** The file in a recording's folder that lists its commands. */
export const recordingFileName = 'recording.yaml';

const reasons = [
  'does not answer',
  'login timed out',
  'connection refused',
  'unknown host name',
  'host key not trusted',
  'login refused',
  'connection lost',
  'login shell did not run the command',
  'ssh failed',
] as const satisfies readonly UnreachableReason[];

/** Endings without an exit status; what was on standard error is in its file. */
const otherEnding = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('killed'), signal: z.string() }),
  z.strictObject({ kind: z.literal('cut-off') }),
  z.strictObject({ kind: z.literal('timed-out'), seconds: z.number() }),
  z.strictObject({ kind: z.literal('output-too-large'), limitBytes: z.number() }),
  z.strictObject({ kind: z.literal('not-found'), program: z.string() }),
  z.strictObject({ kind: z.literal('unreachable'), host: z.string(), reason: z.enum(reasons) }),
]);

const fileName = z.string().refine(staysInside, { error: 'must be a file in the folder of the recording' });

const recordedCommand = z
  .strictObject({
    /** Null for the host that the recording was made on. */
    host: z.string().nullable(),
    argv: z.tuple([z.string()], z.string()),
    exit: z.int().min(0).max(255).optional(),
    ending: otherEnding.optional(),
    /** How long it took. */
    seconds: z.number().min(0).optional(),
    /** Files beside the list; none for nothing. */
    stdout: fileName.optional(),
    stderr: fileName.optional(),
  })
  .refine(({ exit, ending }) => (exit === undefined) !== (ending === undefined), {
    error: 'needs either exit or ending',
  });

const recording = z.strictObject({
  /** Where it comes from: program, version, command, licence. */
  provenance: z.string().optional(),
  commands: z.array(recordedCommand),
});

export type RecordedCommand = z.infer<typeof recordedCommand>;
export type Recording = z.infer<typeof recording>;

/**
 * Reads the list of a recording and looks for all its files, so that a broken one is known before anything runs.
 * Throws an OperatorError that names the file and what is wrong with it.
 */
export function readRecording(directory: string): Recording {
  const file = join(directory, recordingFileName);
  let content: unknown;
  try {
    content = Bun.YAML.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new OperatorError(`Not a recording: ${file}: ${printable(messageOf(error))}`, { cause: error });
  }
  const result = recording.safeParse(content, { error: plainWords });
  if (!result.success) {
    const issues = result.error.issues.map(({ message, path }) => `${path.join('.') || 'the file'}: ${message}`);
    throw new OperatorError(`Not a recording: ${file}: ${printable(issues.join('; '))}`);
  }
  for (const { stdout, stderr } of result.data.commands) {
    for (const name of [stdout, stderr]) if (name !== undefined) checkFile(directory, name);
  }
  return result.data;
}

/** The text of a recording's list. */
export function recordingText(content: Recording): string {
  // Loaded only where a recording is made: replaying one does without it.
  const { stringify }: typeof import('yaml') = require('yaml');
  return stringify(content, { lineWidth: 0 });
}

/** How the command ends when it is replayed; `stderr` is what its file holds. */
export function recordedEnding({ exit, ending }: RecordedCommand, stderr: string): Ending {
  if (ending === undefined) return { kind: 'exited', code: exit ?? 0, stderr };
  switch (ending.kind) {
    case 'killed':
    case 'cut-off':
    case 'unreachable':
      return { ...ending, stderr };
    default:
      return ending;
  }
}

/** A recording may come from anybody: it must not make us read `/etc/passwd`. */
function staysInside(name: string): boolean {
  const path = normalize(name);
  return name !== '' && !isAbsolute(path) && path !== '.' && path !== '..' && !path.startsWith(`..${sep}`);
}

function checkFile(directory: string, name: string): void {
  const wrong = whatIsWrong(directory, name);
  if (wrong === null) return;
  throw new OperatorError(`Not a recording: ${join(directory, recordingFileName)}: ${printable(name)} ${wrong}`);
}

function whatIsWrong(directory: string, name: string): string | null {
  try {
    const file = realpathSync(join(directory, name));
    // A link may lead out of the folder as well, and a pipe would never end.
    if (!file.startsWith(realpathSync(directory) + sep)) return 'lies outside of the folder';
    if (!statSync(file).isFile()) return 'is not a file';
    accessSync(file, constants.R_OK);
    return null;
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}
