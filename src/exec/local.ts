import { messageOf } from '../lib/errors.ts';
import type { Command, Ending, Execution } from './command.ts';
import { LastBytes } from './last-bytes.ts';

/** A program to start on this host, with its whole environment. */
export type LocalCommand = Pick<Command, 'argv' | 'timeoutSeconds' | 'maxOutputBytes'> & {
  readonly environment: Readonly<Record<string, string>>;
};

/** Only the end of standard error is kept, at most this many bytes. */
const keptStderrBytes = 64 * 1024;

/**
 * How long to wait for the end of standard error after the program exits, in milliseconds. Its output is in the pipe by
 * then.
 */
const stderrGraceMilliseconds = 200;

/** One function for each running command, which kills it. */
const running = new Set<() => void>();

/** Kills every running command and its children. Called when this program receives a signal to stop. */
export function killRunningCommands(): void {
  for (const kill of [...running]) kill();
}

/**
 * Starts a program on this host in its own process group. The group is killed at the deadline, when the output exceeds
 * its limit, and when the reader stops early. Does not wait for a killed program: a program that hangs in the kernel,
 * on a dead file server, survives even SIGKILL.
 */
export function startLocal(command: LocalCommand): Execution {
  const { argv, environment, timeoutSeconds, maxOutputBytes } = command;
  let child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  try {
    child = Bun.spawn([...argv], {
      env: { ...environment },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
    });
  } catch (error) {
    return endedExecution(notStarted(argv[0], error));
  }

  const stderr = collectStderr(child.stderr);
  const reader = child.stdout.getReader();
  // Bun reads a pipe into memory without bound until the first read is requested, so request one now.
  let next = reader.read();
  const ending = Promise.withResolvers<Ending>();

  // Report the first cause: later calls find the promise settled and the group gone.
  const finish = (cause: Ending): void => {
    clearTimeout(deadline);
    running.delete(kill);
    killGroup(child.pid);
    void reader.cancel().catch(() => {});
    stderr.stop();
    child.unref();
    ending.resolve(cause);
  };
  const kill = (): void => finish({ kind: 'killed', signal: 'SIGKILL', stderr: stderr.text() });
  const deadline = setTimeout(() => finish({ kind: 'timed-out', seconds: timeoutSeconds }), timeoutSeconds * 1000);
  running.add(kill);

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      let bytes = 0;
      for (; ; next = reader.read()) {
        const { done, value } = await next;
        if (done) break;
        bytes += value.length;
        if (bytes > maxOutputBytes) return finish({ kind: 'output-too-large', limitBytes: maxOutputBytes });
        yield value;
      }
      // A program can close its output and continue; the deadline also ends this wait.
      await Promise.race([child.exited, ending.promise]);
      const grace = setTimeout(stderr.stop, stderrGraceMilliseconds);
      await stderr.ended;
      clearTimeout(grace);
      finish(exitOf(child, stderr.text()));
    } finally {
      kill();
    }
  }
  return { stdout: read(), ending: ending.promise };
}

/** Returns an execution that ended before it printed anything. */
export function endedExecution(ending: Ending): Execution {
  async function* nothing(): AsyncGenerator<Uint8Array> {}
  return { stdout: nothing(), ending: Promise.resolve(ending) };
}

function exitOf(child: Bun.Subprocess, stderr: string): Ending {
  if (child.signalCode !== null) return { kind: 'killed', signal: String(child.signalCode), stderr };
  return { kind: 'exited', code: child.exitCode ?? 0, stderr };
}

/**
 * Maps a failed start to an ending. Every failure except a missing program (too many processes, too long arguments) is
 * code 126, as in shells.
 */
function notStarted(program: string, error: unknown): Ending {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR') return { kind: 'not-found', program };
  return { kind: 'exited', code: 126, stderr: `${program} could not be started: ${messageOf(error)}` };
}

function collectStderr(stream: ReadableStream<Uint8Array>) {
  const tail = new LastBytes(keptStderrBytes);
  const reader = stream.getReader();
  const readAll = async (): Promise<void> => {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) tail.add(chunk.value);
  };
  return {
    ended: readAll().catch(() => {}),
    text: () => tail.text(),
    stop: () => void reader.cancel().catch(() => {}),
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has already exited.
  }
}
