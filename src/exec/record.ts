import { existsSync, mkdirSync } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OperatorError } from '../lib/errors.ts';
import type { Ending, Execution, Executor } from './command.ts';
import { type RecordedCommand, recordingFileName, recordingText } from './recording.ts';
import { recordingFileNames } from './recording-names.ts';

/** An executor that records the commands that it passes on. */
export type Recorder = Executor & {
  /**
   * Writes the list of commands in the order of their start. Call it after all output was read. Rejects with an
   * OperatorError if the recording could not be written; the commands are not affected by that.
   */
  finish(): Promise<void>;
};

/** Files are new and private, because output contains user names. */
const newFile = { flag: 'wx', mode: 0o600 } as const;

/**
 * Passes commands on to an executor and records them in a new folder. Throws OperatorError if the folder
 * already has a recording. If the folder cannot be created, only `finish` reports it: a failed recording must not
 * prevent the snapshot.
 */
export function recordInto(directory: string, executor: Executor): Recorder {
  const list = join(directory, recordingFileName);
  if (existsSync(list)) throw new OperatorError(`${list} already exists: name another folder for the recording`);
  const namesFor = recordingFileNames();
  const takes: (() => Promise<RecordedCommand | null>)[] = [];
  // After one failed write the recording is useless, so stop writing.
  let problem: unknown = null;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    problem = error;
  }
  const write = async (action: () => Promise<unknown>): Promise<void> => {
    if (problem !== null) return;
    await action().catch((error: unknown) => {
      problem = error;
    });
  };

  return {
    start(command) {
      const execution = executor.start(command);
      const names = namesFor(command);
      const output = newOutput(join(directory, names.stdout));
      const secondsTaken = secondsUntil(execution.ending);

      async function* passOn(): AsyncGenerator<Uint8Array> {
        try {
          for await (const chunk of execution.stdout) {
            await write(() => output.add(chunk));
            yield chunk;
          }
        } finally {
          await write(() => output.close());
        }
      }
      takes.push(async () => {
        const ending = await execution.ending;
        if (ending.kind === 'not-recorded') return null;
        const stderr = 'stderr' in ending ? ending.stderr : '';
        if (stderr !== '') await write(() => writeFile(join(directory, names.stderr), stderr, newFile));
        return {
          host: command.host,
          argv: [...command.argv],
          ...outcomeOf(ending),
          seconds: await secondsTaken,
          ...(output.isEmpty() ? {} : { stdout: names.stdout }),
          ...(stderr === '' ? {} : { stderr: names.stderr }),
        };
      });
      return { stdout: passOn(), ending: execution.ending } satisfies Execution;
    },

    async finish() {
      const commands: RecordedCommand[] = [];
      for (const take of takes) {
        const command = await take();
        if (command !== null) commands.push(command);
      }
      await write(() => writeFile(list, recordingText({ commands }), newFile));
      if (problem === null) return;
      throw new OperatorError(`The recording in ${directory} is incomplete: ${messageOf(problem)}`, { cause: problem });
    },
  };
}

/** Returns a file that is created with its first bytes. */
function newOutput(path: string) {
  let file: FileHandle | null = null;
  return {
    async add(chunk: Uint8Array): Promise<void> {
      file ??= await open(path, newFile.flag, newFile.mode);
      await file.writeFile(chunk);
    },
    close: async () => {
      await file?.close();
    },
    isEmpty: () => file === null,
  };
}

async function secondsUntil(ending: Promise<Ending>): Promise<number> {
  const started = performance.now();
  await ending;
  return Math.round(performance.now() - started) / 1000;
}

function outcomeOf(ending: Exclude<Ending, { kind: 'not-recorded' }>): Pick<RecordedCommand, 'exit' | 'ending'> {
  if (ending.kind === 'exited') return { exit: ending.code };
  if (!('stderr' in ending)) return { ending };
  const { stderr: _, ...rest } = ending;
  return { ending: rest };
}
