import { inheritedVariables } from './environment.ts';

/**
 * A marker that the far side prints on standard output and on standard error: `begin` before the program, and after it
 * `exit STATUS`, or `missing` if there is no such program. Each host on the route prints its own, numbered from 0.
 */
export type Marker = { readonly hop: number; readonly word: 'begin' | 'missing' | `exit ${number}` };

/** Returns the beginning of each marker of a command. The random nonce prevents that other output looks like a marker. */
export function markerPrefix(nonce: string): string {
  return `hpc-collector:${nonce}:`;
}

/** Parses a marker, given without its prefix and line break. Returns null if the text is not a marker. */
export function parseMarker(text: string): Marker | null {
  const [, hop, word] = /^(\d+):(begin|missing|exit \d+)$/.exec(text) ?? [];
  return hop === undefined || word === undefined ? null : { hop: Number(hop), word: word as Marker['word'] };
}

/**
 * The script that every host on the route runs. The script is constant. Its positional parameters are the nonce, the number
 * of the hop, the timeout in seconds, the search directories, assignments that end with `--`, then the command.
 *
 * - The program runs under `env -i` with the inherited variables only. A user's start files on the far side may set
 *   `SQUEUE_STATES`, `TZ` or `OMP_NUM_THREADS`, which change the output of programs.
 * - `timeout` ends the program, because the far side continues to run if ssh is killed on this side.
 * - It is one line without `!` and `'`, because login shells read these characters in different ways.
 */
const script = [
  'mark=hpc-collector:$1:$2; seconds=$3; search=$4; shift 4;',
  'until [ "$1" = -- ]; do export "$1"; shift; done; shift;',
  `PATH="\${PATH:-/usr/bin:/bin}\${search:+:$search}"; export PATH;`,
  'echo "$mark:begin"; echo "$mark:begin" >&2;',
  'if command -v "$1" >/dev/null 2>&1; then',
  'if command -v timeout >/dev/null 2>&1; then set -- timeout -k 1 "$seconds" "$@"; fi;',
  `env -i ${inheritedVariables.map((name) => `\${${name}+"${name}=$${name}"}`).join(' ')} "PATH=$PATH" LC_ALL=C "$@";`,
  'status=$?; word="exit $status"; else status=127; word=missing; fi;',
  'echo "$mark:$word"; echo "$mark:$word" >&2; exit $status',
].join(' ');

/** The command that one host on the route runs. */
export type FarCommand = {
  readonly argv: readonly string[];
  readonly nonce: string;
  /** 0 for the first host. */
  readonly hop: number;
  readonly timeoutSeconds: number;
  /** Directories in which programs are searched after PATH, joined by colons. */
  readonly searchPath: string;
  /** Variables that the configuration sets for the command. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Returns the argument vector that runs a command on the far side, between its markers. */
export function farSideArguments(command: FarCommand): readonly string[] {
  const { argv, nonce, hop, timeoutSeconds, searchPath, variables } = command;
  const seconds = Math.max(1, Math.ceil(timeoutSeconds));
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const parameters = [nonce, String(hop), String(seconds), searchPath, ...assignments, '--'];
  return ['sh', '-c', script, 'hpc-collector', ...parameters, ...argv];
}
