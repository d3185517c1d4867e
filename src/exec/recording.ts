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

/** Endings without an exit status. The text of standard error is in its own file. */
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
    /** Duration of the command. */
    seconds: z.number().min(0).optional(),
    /** Names of the files with the output; absent if there was no output. */
    stdout: fileName.optional(),
    stderr: fileName.optional(),
  })
  .refine(({ exit, ending }) => (exit === undefined) !== (ending === undefined), {
    error: 'needs either exit or ending',
  });

const recording = z.strictObject({
  /** Origin of the recording: program, version, command, licence. */
  provenance: z.string().optional(),
  commands: z.array(recordedCommand),
});

/** One command of a recording and how it ended. */
export type RecordedCommand = z.infer<typeof recordedCommand>;
/** The list of a recording. */
export type Recording = z.infer<typeof recording>;

/**
 * Reads the list of a recording and checks all its files, so that a broken recording is reported before any command runs.
 * Throws OperatorError, which names the file and the error.
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

/** Returns the list of a recording as YAML text. */
export function recordingText(content: Recording): string {
  // Load the package only to write a recording, because a replay does not need it.
  const { stringify }: typeof import('yaml') = require('yaml');
  return stringify(content, { lineWidth: 0 });
}

/** Returns how a recorded command ended. `stderr` is the content of its file. */
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

/** True if a path stays inside the folder. A recording of somebody else must not make us read `/etc/passwd`. */
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
    // A symbolic link may also point outside the folder, and reading a pipe would never end.
    if (!file.startsWith(realpathSync(directory) + sep)) return 'is outside the folder';
    if (!statSync(file).isFile()) return 'is not a file';
    accessSync(file, constants.R_OK);
    return null;
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}
