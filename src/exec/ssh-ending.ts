import type { Ending, UnreachableReason } from './command.ts';
import { type FarOutput, stderrAfter } from './far-output.ts';

/**
 * Messages of OpenSSH when it fails. Each pattern matches a whole line, because programs print similar text (`qstat`
 * prints `Connection refused` if its server is down). The first match wins. Measured with 9.2, except the channel lines
 * (ProxyJump) and the older `ssh_exchange_identification`, which are from its source.
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
  [/^Read from remote host \S+ .*timed out$/m, 'does not answer'],
  [/^(?:Read from remote host \S+|client_loop: send disconnect): /m, 'connection lost'],
  [/^Timeout, server \S+ not responding\.$/m, 'does not answer'],
];

/** Returns why ssh failed, from its standard error; null if the text has no message of ssh. */
export function unreachableReason(stderr: string): UnreachableReason | null {
  return reasons.find(([pattern]) => pattern.test(stderr))?.[1] ?? null;
}

/** True if a host gave no answer. False if it answered, or if our set-up is wrong: a wrong name, a refused key. */
export function isSilence(reason: UnreachableReason): boolean {
  return reason === 'does not answer' || reason === 'connection refused' || reason === 'login timed out';
}

/** Returns the line of standard error in which ssh says why it failed; null if there is none. */
export function unreachableLine(stderr: string): string | null {
  const line = reasons.map(([pattern]) => stderr.match(pattern)?.index).find((at) => at !== undefined);
  return line === undefined ? null : (stderr.slice(line).split('\n', 1)[0]?.trim() ?? null);
}

/**
 * True if sshd closed the connection before it identified itself. It does so at random if more than `MaxStartups`
 * (10:30:100) clients connect at once. Nothing was run, so a retry is safe.
 */
export function wasDropped(ending: Ending): boolean {
  return (
    ending.kind === 'unreachable' &&
    ending.reason === 'connection lost' &&
    /^(?:kex|ssh)_exchange_identification: /m.test(ending.stderr)
  );
}

/** The route of a command, its output and its time. */
export type Way = {
  readonly hops: readonly string[];
  readonly nonce: string;
  readonly output: FarOutput;
  readonly program: string;
  /** The timeout of the command and the time that passed, in seconds. */
  readonly seconds: { readonly allowed: number; readonly passed: number };
};

/**
 * Returns how a command over ssh ended, from the ending of the ssh process. The marker of the last host decides, because
 * the exit code does not: ssh exits with 255 for its own failures, and a program may do so too. If that marker is
 * missing, the first host without an end marker is the one that failed.
 */
export function commandEnding(ending: Ending, way: Way): Ending {
  const { hops, output, program } = way;
  const last = hops.length - 1;
  const end = output.endOf(last);
  if (end !== undefined) return programEnding(end, wordsOf(ending, way, last), program, way);
  if (ending.kind === 'timed-out') return timedOut(way);
  if (ending.kind !== 'exited') return ending;

  const failed = hops.findIndex((_, hop) => output.endOf(hop) === undefined);
  const host = hops[failed];
  // The program of a host before the failed one is the ssh to it.
  const before = failed === 0 ? (`exit ${ending.code}` as const) : output.endOf(failed - 1);
  if (host === undefined || before === undefined) return ending;
  const stderr = wordsOf(ending, way, failed - 1);
  const ssh = programEnding(before, stderr, 'ssh', way);
  if (ssh.kind !== 'exited') return ssh;
  const hasBegun = output.hasBegun(failed);
  if (ssh.code === 255) {
    const reason = unreachableReason(stderr);
    if (reason === null && hasBegun) return { kind: 'cut-off', stderr };
    return { kind: 'unreachable', host, reason: reason ?? 'ssh failed', stderr };
  }
  if (hasBegun) return { kind: 'cut-off', stderr };
  // nologin(8) and most forced commands print the reason on standard output.
  const words = `${stderr}${output.chatter()}`;
  return { kind: 'unreachable', host, reason: 'login shell did not run the command', stderr: words };
}

function programEnding(
  end: NonNullable<ReturnType<FarOutput['endOf']>>,
  stderr: string,
  program: string,
  way: Way,
): Ending {
  if (end === 'missing') return { kind: 'not-found', program };
  const code = Number(end.slice('exit '.length));
  // These are the statuses of timeout(1).
  const { allowed, passed } = way.seconds;
  if ((code === 124 || code === 137) && passed >= allowed) return timedOut(way);
  const refused = code === 126 ? /^timeout: failed to run command '(.*)': /m.exec(stderr)?.[1] : undefined;
  return refused === undefined ? { kind: 'exited', code, stderr } : { kind: 'not-found', program: refused };
}

/** Returns the ending of a command that timed out. If a host did not run its part, the login timed out, not the command. */
function timedOut({ hops, output, seconds }: Way): Ending {
  const host = hops.find((_, hop) => !output.hasBegun(hop));
  if (host === undefined) return { kind: 'timed-out', seconds: seconds.allowed };
  return { kind: 'unreachable', host, reason: 'login timed out', stderr: '' };
}

function wordsOf(ending: Ending, { nonce }: Way, hop: number): string {
  return 'stderr' in ending ? stderrAfter(ending.stderr, nonce, hop) : '';
}
