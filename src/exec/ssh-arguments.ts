import type { Command } from './command.ts';
import { farSideArguments } from './far-side.ts';
import { checkedHost, sameHost } from './host-name.ts';
import { quoteCommand } from './quote.ts';
import { joinedDirectories } from './search-path.ts';

/** Options of connections to other hosts. */
export type SshOptions = {
  /** Timeout of a connection attempt, in seconds. */
  readonly connectTimeoutSeconds: number;
  /** An ssh configuration to use instead of the user's. Only for the first hop, because the file is on this host. */
  readonly configFile?: string;
  /** Directories in which programs are searched after PATH, on every host. */
  readonly searchPath: readonly string[];
  /** Variables that the configuration sets for commands on every host. Their names are in `inheritedVariables`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The name of this host. Commands for it do not need ssh. */
  readonly hostName: string;
};

/** Returns the hosts on the route to the command; the last one runs it. Empty if this host runs it. */
export function hopsOf(command: Pick<Command, 'host' | 'via'>, hostName: string): readonly string[] {
  const { host, via } = command;
  if (host === null || sameHost(checkedHost(host), hostName)) return [];
  if (via === null || sameHost(checkedHost(via), hostName) || sameHost(via, host)) return [host];
  return [via, host];
}

/**
 * Returns the argument vector that runs a command over its hops: ssh to the first, which runs an ssh to the second (the
 * keys for the second are on the first). `nonce` is for the markers around the output; `hop` is the number of the first
 * hop. Throws OperatorError if a host is not valid or an argument cannot be quoted.
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

/** Does not set how host keys are checked: the user's configuration decides. With BatchMode an unknown key fails. */
function sshFlags(timeoutSeconds: number, options: SshOptions): readonly string[] {
  // One second less than the deadline, so that a silent host is not reported as a slow command.
  const connectTimeout = Math.max(1, Math.floor(Math.min(options.connectTimeoutSeconds, timeoutSeconds - 1)));
  const settings = [
    'BatchMode=yes',
    `ConnectTimeout=${connectTimeout}`,
    // A master process would outlive the command and hold standard error open.
    'ControlMaster=no',
    'ControlPath=none',
    // Without this, a port that is already forwarded elsewhere fails the login.
    'ClearAllForwardings=yes',
    // Hides banners and notices, and overrides a user's QUIET, which would hide why ssh failed.
    'LogLevel=ERROR',
  ];
  const config = options.configFile === undefined ? [] : ['-F', options.configFile];
  // No pseudo-terminal, no standard input, no X11, whatever the user's configuration says.
  return [...config, '-T', '-n', '-x', ...settings.flatMap((setting) => ['-o', setting])];
}
