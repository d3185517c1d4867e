/** What a probe asks for: one program with its arguments, where it runs, and what it may cost. */
export type Command = {
  /** The program and its arguments; never a shell line. */
  readonly argv: readonly [string, ...string[]];
  /** The host it runs on; null for this one. */
  readonly host: string | null;
  /** The host from which `host` is reached (ssh to it, from there to `host`); null to go directly. */
  readonly via: string | null;
  /** After this many seconds everything the command started is killed. */
  readonly timeoutSeconds: number;
  /** Standard output over this many bytes ends the command. */
  readonly maxOutputBytes: number;
};

/** Why a command on another host did not run, or lost its connection. */
export type UnreachableReason =
  | 'does not answer'
  | 'login timed out'
  | 'connection refused'
  | 'unknown host name'
  | 'host key not trusted'
  | 'login refused'
  | 'connection lost'
  | 'login shell did not run the command'
  | 'ssh failed';

/** How a command ended. The first cause wins: a command killed for its output did not also time out. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'timed-out'; readonly seconds: number }
  | { readonly kind: 'output-too-large'; readonly limitBytes: number }
  | { readonly kind: 'not-found'; readonly program: string }
  | { readonly kind: 'unreachable'; readonly host: string; readonly reason: UnreachableReason; readonly stderr: string }
  /** The connection ended before the command did, and ssh does not say why. */
  | { readonly kind: 'cut-off'; readonly stderr: string }
  | { readonly kind: 'not-recorded' };

/** A started command: its standard output as it comes, and how it ended once that is read to its end. */
export type Execution = {
  /** Ends without an error however the command ends; `ending` tells. Must be read for `ending` to settle. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Never rejects. */
  readonly ending: Promise<Ending>;
};

/** What starts commands: local and ssh for real, a recording being made, or one being replayed. */
export type Executor = { start(command: Command): Execution };

/** A command for people: `pbsnodes -aj -F json on derecho`. A word that is not for people (a format, a script) is cut. */
export function describeCommand(command: Command): string {
  const where = command.host === null ? '' : ` on ${command.host}`;
  return `${command.argv.map((word) => word.replace(/[\u0000-\u001f;].*$/s, '…')).join(' ')}${where}`;
}
