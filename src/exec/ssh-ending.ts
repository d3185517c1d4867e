import type { Ending, UnreachableReason } from './command.ts';
import { notFoundMark, ownStatusMark } from './ssh-arguments.ts';

/**
 * What OpenSSH writes when it fails, each as a whole line of its own: programs say similar things (`qstat` prints
 * `Connection refused` when its server is down). The first that matches wins. Seen with 9.2; read from its source:
 * the channel lines (ProxyJump) and the older `ssh_exchange_identification`.
 */
const reasons: readonly (readonly [RegExp, UnreachableReason])[] = [
  [/^ssh: Could not resolve hostname /m, 'unknown host name'],
  [/^Host key verification failed\.$/m, 'host key not trusted'],
  [/^(?:\S+@\S+: )?Permission denied \([\w,.@-]+\)\.$/m, 'login refused'],
  [/^(?:Received disconnect|Disconnected) from .*: Too many authentication failures/m, 'login refused'],
  [/^ssh: connect to host \S+ port \d+: Connection refused$/m, 'connection refused'],
  [/^channel \d+: open failed: connect failed: Connection refused$/m, 'connection refused'],
  [
    /^ssh: connect to host \S+ port \d+: (?:.* timed out|No route to host|.* unreachable|Host is down)$/m,
    'does not answer',
  ],
  [/^channel \d+: open failed: connect failed: (?:.* timed out|No route to host)$/m, 'does not answer'],
  [/^Connection timed out during banner exchange$/m, 'does not answer'],
  [/^Connection to \S+ port \d+ timed out$/m, 'does not answer'],
  [/^(?:kex|ssh)_exchange_identification: /m, 'connection lost'],
  [/^ssh: connect to host \S+ port \d+: Connection reset by peer$/m, 'connection lost'],
  [/^Connection (?:closed|reset) by \S+ (?:port \d+)?/m, 'connection lost'],
  [/^Connection to \S+ closed by remote host\.$/m, 'connection lost'],
  [/^(?:Read from remote host \S+|client_loop: send disconnect): /m, 'connection lost'],
  [/^Timeout, server \S+ not responding\.$/m, 'connection lost'],
];

/** Why ssh failed, from its standard error; null if nothing in it is ssh's. */
export function unreachableReason(stderr: string): UnreachableReason | null {
  return reasons.find(([pattern]) => pattern.test(stderr))?.[1] ?? null;
}

/**
 * Whether the other side hung up before it said who it is, as sshd does at random when more than `MaxStartups`
 * (10:30:100) connect at once: nothing was run, so trying again is safe.
 */
export function wasDropped(ending: Ending): boolean {
  return (
    ending.kind === 'unreachable' &&
    ending.reason === 'connection lost' &&
    /^(?:kex|ssh)_exchange_identification: /m.test(ending.stderr)
  );
}

/**
 * What the ending of an ssh process says about the command it ran: takes the hops it went over, the seconds that
 * the command had and those that passed.
 *
 * ssh exits with 255 for every failure of its own, and with the command's status otherwise, which may be 255 too.
 * Each host on the way marks a 255 that it got from its program: as many marks as hops, and it was the command's;
 * fewer, and the next hop is the one that could not be reached.
 */
export function commandEnding(
  ending: Ending,
  hops: readonly string[],
  seconds: { readonly allowed: number; readonly passed: number },
): Ending {
  if (ending.kind !== 'exited') return ending;
  const { code } = ending;
  if ((code === 124 || code === 137) && seconds.passed >= seconds.allowed) {
    return { kind: 'timed-out', seconds: seconds.allowed };
  }
  const lines = ending.stderr.split('\n');
  const missing = missingProgram(code, lines);
  if (missing !== null) return { kind: 'not-found', program: missing };
  if (code !== 255) return ending;
  const stderr = lines.filter((line) => line !== ownStatusMark).join('\n');
  const marks = lines.filter((line) => line === ownStatusMark).length;
  const host = hops[marks];
  if (host === undefined) return { kind: 'exited', code, stderr };
  return { kind: 'unreachable', host, reason: unreachableReason(stderr) ?? 'ssh failed', stderr };
}

/** The program that a host on the way could not start; null if it started. A program may end with 126 or 127 itself. */
function missingProgram(code: number, stderrLines: readonly string[]): string | null {
  if (code !== 126 && code !== 127) return null;
  for (const line of stderrLines) {
    if (line.startsWith(notFoundMark)) return line.slice(notFoundMark.length);
    const refused = /^timeout: failed to run command '(.*)': /.exec(line)?.[1];
    if (refused !== undefined) return refused;
  }
  return null;
}
