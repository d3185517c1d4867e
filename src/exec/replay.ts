import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Ending, Execution, Executor } from './command.ts';
import { endedExecution } from './local.ts';
import { type RecordedCommand, readRecording, recordedEnding } from './recording.ts';
import { unreachableReason } from './ssh-ending.ts';

/** Bytes of a file to hold at a time. */
const chunkBytes = 64 * 1024;

/**
 * Answers commands from a recording, by host and arguments (the route to the host does not matter). A command that was
 * recorded several times is answered in that order, and the last answer is repeated. Throws OperatorError if the
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

/**
 * Reads small chunks one by one: streams of Bun and Node read ahead in large chunks, which costs more time and memory
 * than the work on them.
 */
async function* chunksOf(directory: string, name: string | undefined): AsyncGenerator<Uint8Array> {
  if (name === undefined) return;
  const file = openSync(join(directory, name), 'r');
  try {
    for (let count = 1; ; count++) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes);
      const length = readSync(file, chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
      // Let signals and timers run.
      if (count % 64 === 0) await new Promise(setImmediate);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Returns how a recorded command ended. A recording made by hand has only the exit status: 255 with a message of ssh
 * means that the host was not reached.
 */
function endingOf(directory: string, recorded: RecordedCommand): Ending {
  const { host, stderr: name } = recorded;
  const stderr = name === undefined ? '' : readFileSync(join(directory, name), 'utf8');
  const reason = recorded.exit === 255 && host !== null ? unreachableReason(stderr) : null;
  if (host !== null && reason !== null) return { kind: 'unreachable', host, reason, stderr };
  return recordedEnding(recorded, stderr);
}
