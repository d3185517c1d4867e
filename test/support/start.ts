import type { Ran } from './run.ts';
import { until } from './until.ts';

export type StartOptions = {
  /** Exactly these variables. */
  readonly env: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string;
};

/** A program that runs, with what it has printed so far. */
export type Running = {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** Polls until standard output or error has the text, or a match of it; gives the match. */
  said(text: string | RegExp): Promise<RegExpMatchArray>;
  readonly ended: Promise<Ran & { readonly signal: string | null }>;
};

/** Starts a program without blocking this process, in which servers that it talks to may live. */
export function start(argv: readonly string[], { env, cwd, stdin }: StartOptions): Running {
  const child = Bun.spawn([...argv], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: stdin === undefined ? 'ignore' : new Blob([stdin]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const stdout = gather(child.stdout);
  const stderr = gather(child.stderr);
  const ended = Promise.all([child.exited, stdout.ended, stderr.ended]).then(() => ({
    exit: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    stdout: stdout.text(),
    stderr: stderr.text(),
  }));
  return {
    pid: child.pid,
    stdout: stdout.text,
    stderr: stderr.text,
    kill: (signal) => child.kill(signal),
    async said(text) {
      const find = () => `${stdout.text()}\n${stderr.text()}`.match(text);
      let hasEnded = false;
      void ended.then(() => {
        hasEnded = true;
      });
      await until(() => hasEnded || find() !== null, `${argv.join(' ')} says ${text}`, 60);
      const found = find();
      if (found === null) throw new Error(`${argv.join(' ')} ended and said: ${stdout.text()}${stderr.text()}`);
      return found;
    },
    ended,
  };
}

function gather(stream: ReadableStream<Uint8Array>) {
  const decoder = new TextDecoder();
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  };
  return { text: () => text, ended: read() };
}
