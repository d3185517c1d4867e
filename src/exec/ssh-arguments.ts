import type { Command } from './command.ts';
import { farSideArguments } from './far-side.ts';
import { checkedHost, sameHost } from './host-name.ts';
import { quoteCommand } from './quote.ts';
import { joinedDirectories } from './search-path.ts';

/** How other hosts are reached. */
export type SshOptions = {
  /** Gives up connecting to a host after this many seconds. */
  readonly connectTimeoutSeconds: number;
  /** An ssh configuration to use instead of the user's; for the first hop only, since the file is on this host. */
  readonly configFile?: string;
  /** Where programs are looked for after PATH, on every host. */
  readonly searchPath: readonly string[];
  /** Variables that the configuration sets for commands, on every host; names of `inheritedVariables`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What this host calls itself: commands for it need no ssh. */
  readonly hostName: string;
};

/** The hosts that ssh goes through to the command, the last one running it; none if that is this host. */
export function hopsOf(command: Pick<Command, 'host' | 'via'>, hostName: string): readonly string[] {
  const { host, via } = command;
  if (host === null || sameHost(checkedHost(host), hostName)) return [];
  if (via === null || sameHost(checkedHost(via), hostName) || sameHost(via, host)) return [host];
  return [via, host];
}

/**
 * The argument vector that runs a command over its hops: ssh to the first, whose command is an ssh to the second
 * (keys for the second live on the first). `nonce` is for the markers around the output; `hop` is the number of the first
 * of the hops. Throws an OperatorError for what cannot be quoted.
 */
export function sshArguments(
  command: Pick<Command, 'argv' | 'timeoutSeconds'>,
  hops: readonly string[],
  options: SshOptions,
  nonce: string,
  hop = 0,
): [string, ...string[]] {
  const { argv, timeoutSeconds } = command;
  const [next, ...further] = hops;
  if (next === undefined) return [...argv];
  const farCommand =
    further.length === 0 ? argv : sshArguments(command, further, withoutConfig(options), nonce, hop + 1);
  const remote = farSideArguments({
    argv: farCommand,
    nonce,
    hop,
    timeoutSeconds,
    searchPath: joinedDirectories(options.searchPath),
    variables: options.variables ?? {},
  });
  return ['ssh', ...sshFlags(timeoutSeconds, options), '--', checkedHost(next), quoteCommand(remote)];
}

function withoutConfig(options: SshOptions): SshOptions {
  const { configFile: _, ...rest } = options;
  return rest;
}

/** Trust in host keys is left to the user's configuration: with BatchMode an unknown one fails, unasked. */
function sshFlags(timeoutSeconds: number, options: SshOptions): readonly string[] {
  // One second less than the deadline, so that a mute host is called that and not a slow command.
  const connectTimeout = Math.max(1, Math.floor(Math.min(options.connectTimeoutSeconds, timeoutSeconds - 1)));
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${connectTimeout}`,
    // A master process would outlive the command and hold standard error open.
    'ControlMaster=no',
    'ControlPath=none',
    // A port that is already forwarded elsewhere must not fail the login.
    'ClearAllForwardings=yes',
    // Without banners and notices standard error is the command's, and a user's QUIET cannot hide why ssh failed.
    'LogLevel=ERROR',
  ];
  const config = options.configFile === undefined ? [] : ['-F', options.configFile];
  // No pseudo-terminal, no standard input, no X11, whatever the user's configuration says.
  return [...config, '-T', '-n', '-x', ...settings.flatMap((setting) => ['-o', setting])];
}
