import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Ending, Execution, Executor } from './command.ts';
import { endedExecution } from './local.ts';
import { type RecordedCommand, readRecording, recordedEnding } from './recording.ts';
import { unreachableReason } from './ssh-ending.ts';

/** How much of a file is held at a time. */
const chunkBytes = 64 * 1024;

/**
 * Answers commands from a recording, by host and arguments (the way to the host does not matter). What was
 * recorded several times is answered in that order, the last one from then on. Throws an OperatorError if the
 * recording is broken.
 */
export function replayFrom(directory: string): Executor {
  const recorded = new Map<string, RecordedCommand[]>();
  for (const command of readRecording(directory).commands) {
    const key = keyOf(command);
    recorded.set(key, [...(recorded.get(key) ?? []), command]);
  }
  return {
    start(command) {
      const takes = recorded.get(keyOf(command)) ?? [];
      const take = takes.length > 1 ? takes.shift() : takes[0];
      return take === undefined ? endedExecution({ kind: 'not-recorded' }) : replay(directory, take, command);
    },
  };
}

function keyOf({ host, argv }: Pick<Command, 'host' | 'argv'>): string {
  return JSON.stringify([host, argv]);
}

function replay(directory: string, recorded: RecordedCommand, { maxOutputBytes }: Command): Execution {
  const ending = Promise.withResolvers<Ending>();

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      let bytes = 0;
      for await (const chunk of chunksOf(directory, recorded.stdout)) {
        bytes += chunk.length;
        if (bytes > maxOutputBytes) return ending.resolve({ kind: 'output-too-large', limitBytes: maxOutputBytes });
        yield chunk;
      }
    } finally {
      ending.resolve(endingOf(directory, recorded));
    }
  }
  return { stdout: read(), ending: ending.promise };
}

function chunksOf(directory: string, name: string | undefined): AsyncIterable<Uint8Array> | [] {
  return name === undefined ? [] : createReadStream(join(directory, name), { highWaterMark: chunkBytes });
}

/** A recording made by hand knows only the exit status: with 255 and words of ssh the host was not reached. */
function endingOf(directory: string, recorded: RecordedCommand): Ending {
  const { host, stderr: name } = recorded;
  const stderr = name === undefined ? '' : readFileSync(join(directory, name), 'utf8');
  const reason = recorded.exit === 255 && host !== null ? unreachableReason(stderr) : null;
  if (host !== null && reason !== null) return { kind: 'unreachable', host, reason, stderr };
  return recordedEnding(recorded, stderr);
}
