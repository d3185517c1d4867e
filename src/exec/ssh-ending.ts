import type { Ending, UnreachableReason } from './command.ts';
import { type FarOutput, stderrAfter } from './far-output.ts';

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
  [/^Read from remote host \S+ .*timed out$/m, 'does not answer'],
  [/^(?:Read from remote host \S+|client_loop: send disconnect): /m, 'connection lost'],
  [/^Timeout, server \S+ not responding\.$/m, 'does not answer'],
];

/** Why ssh failed, from its standard error; null if nothing in it is ssh's. */
export function unreachableReason(stderr: string): UnreachableReason | null {
  return reasons.find(([pattern]) => pattern.test(stderr))?.[1] ?? null;
}

/** Whether a host gave no answer. Otherwise it did answer, or the trouble is ours: a wrong name, a refused key. */
export function isSilence(reason: UnreachableReason): boolean {
  return reason === 'does not answer' || reason === 'connection refused' || reason === 'login timed out';
}

/** The line of standard error in which ssh says why it failed; null if there is none. */
export function unreachableLine(stderr: string): string | null {
  const line = reasons.map(([pattern]) => stderr.match(pattern)?.index).find((at) => at !== undefined);
  return line === undefined ? null : (stderr.slice(line).split('\n', 1)[0]?.trim() ?? null);
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

/** The way that a command went, what came back, and its time. */
export type Way = {
  readonly hops: readonly string[];
  readonly nonce: string;
  readonly output: FarOutput;
  readonly program: string;
  /** The seconds that the command had, and those that passed. */
  readonly seconds: { readonly allowed: number; readonly passed: number };
};

/**
 * Returns how the command ended of which an ssh process is the near end. The last host's marker tells it: ssh itself exits
 * with 255 for every failure of its own, and a program may do so too. Without that marker, the first host that did not
 * tell how its part ended is the one that failed.
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
  // nologin(8) and most forced commands say why on standard output.
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

/** A command that did not begin in time says nothing about what it would have asked: its host did not let us in. */
function timedOut({ hops, output, seconds }: Way): Ending {
  const host = hops.find((_, hop) => !output.hasBegun(hop));
  if (host === undefined) return { kind: 'timed-out', seconds: seconds.allowed };
  return { kind: 'unreachable', host, reason: 'login timed out', stderr: '' };
}

function wordsOf(ending: Ending, { nonce }: Way, hop: number): string {
  return 'stderr' in ending ? stderrAfter(ending.stderr, nonce, hop) : '';
}
