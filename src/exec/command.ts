/** A command of a probe: one program with its arguments, the host that runs it, and its limits. */
export type Command = {
  /** The program and its arguments. It is never a shell line. */
  readonly argv: readonly [string, ...string[]];
  /** The host that runs it; null for this host. */
  readonly host: string | null;
  /** The intermediate host: ssh connects to it, and from there to `host`. Null to connect directly. */
  readonly via: string | null;
  /** After this many seconds, the command and all its children are killed. */
  readonly timeoutSeconds: number;
  /** The command is killed if its standard output exceeds this many bytes. */
  readonly maxOutputBytes: number;
};

/** The reason why a command on another host did not run, or lost its connection. */
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

/** How a command ended. Only the first cause is reported: a command killed for its output did not also time out. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number; readonly stderr: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'timed-out'; readonly seconds: number }
  | { readonly kind: 'output-too-large'; readonly limitBytes: number }
  | { readonly kind: 'not-found'; readonly program: string }
  | { readonly kind: 'unreachable'; readonly host: string; readonly reason: UnreachableReason; readonly stderr: string }
  /** The connection ended before the command did, and ssh gave no reason. */
  | { readonly kind: 'cut-off'; readonly stderr: string }
  | { readonly kind: 'not-recorded' };

/** A started command: its standard output as a stream, and how the command ended. */
export type Execution = {
  /** Never throws if the command fails: `ending` has the failure. `ending` settles only after the stream was read. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Never rejects. */
  readonly ending: Promise<Ending>;
};

/** Starts commands: on this host, over ssh, while recording them, or from a recording. */
export type Executor = { start(command: Command): Execution };

/**
 * Returns a command as text for messages: `pbsnodes -aj -F json on derecho`. Cuts each word at its first control character
 * or semicolon, because formats and scripts are too long for a message.
 */
export function describeCommand(command: Command): string {
  const where = command.host === null ? '' : ` on ${command.host}`;
  return `${command.argv.map((word) => word.replace(/[\u0000-\u001f;].*$/s, '…')).join(' ')}${where}`;
}
