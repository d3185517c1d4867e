import type { Command, Ending, Execution } from './command.ts';
import { FarOutput } from './far-output.ts';
import { startLocal } from './local.ts';
import { type SshOptions, sshArguments } from './ssh-arguments.ts';
import { commandEnding, wasDropped } from './ssh-ending.ts';

/** Number of retries of a connection that sshd dropped. */
const maxRetries = 3;

/**
 * Starts a command on another host, over the given hops. Retries a connection that was dropped before the login, within
 * the deadline. Throws OperatorError if a host or an argument must not be passed to ssh.
 */
export function startOverSsh(
  command: Command,
  hops: readonly string[],
  environment: Readonly<Record<string, string>>,
  options: SshOptions,
): Execution {
  const started = performance.now();
  const secondsPassed = (): number => (performance.now() - started) / 1000;
  const { maxOutputBytes } = command;
  const attempt = (timeoutSeconds: number) => {
    const nonce = crypto.randomUUID().slice(0, 13);
    const argv = sshArguments({ argv: command.argv, timeoutSeconds }, hops, options, nonce);
    const { stdout, ending } = startLocal({ argv, environment, timeoutSeconds, maxOutputBytes });
    const output = new FarOutput(nonce, hops.length);
    const asCommand = async (): Promise<Ending> => {
      const seconds = { allowed: command.timeoutSeconds, passed: secondsPassed() };
      return commandEnding(await ending, { hops, nonce, output, program: command.argv[0], seconds });
    };
    return { stdout: output.read(stdout), ending: asCommand };
  };

  let current = attempt(command.timeoutSeconds);
  const ending = Promise.withResolvers<Ending>();

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (let retry = 1; ; retry += 1) {
        yield* current.stdout;
        const pause = retryPause(retry);
        const left = command.timeoutSeconds - secondsPassed() - pause;
        if (!wasDropped(await current.ending()) || retry > maxRetries || left <= 0) return;
        await Bun.sleep(pause * 1000);
        current = attempt(left);
      }
    } finally {
      ending.resolve(await current.ending());
    }
  }
  return { stdout: read(), ending: ending.promise };
}

/** Returns a pause in seconds. It is random, so that connections that were dropped together do not retry together. */
function retryPause(retry: number): number {
  return retry * (0.1 + 0.3 * Math.random());
}
