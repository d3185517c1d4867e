import type { LoginNodeRecord } from '../lib/records.ts';

/**
 * The command for a login node. It is one command, because each ssh connection needs a login. It prints the load averages,
 * the number of CPUs (`--all`, because nproc(1) otherwise obeys OMP_NUM_THREADS), then the sessions, from the first of
 *
 * - who(1), if there is a utmp file that is not empty: without one, as on Debian 13, who prints nothing;
 * - `loginctl list-sessions`, after the number of our own session.
 *
 * The command is a constant without any outside input.
 */
export const loginNodeCommand: readonly [string, ...string[]] = [
  'sh',
  '-c',
  [
    'cat /proc/loadavg && nproc --all || exit;',
    'if { [ -s /run/utmp ] || [ -s /var/run/utmp ]; } && found=$(who); then echo "sessions: who";',
    'elif found=$(loginctl --no-legend --no-pager list-sessions); then',
    'echo "sessions: loginctl $(cat /proc/self/sessionid)";',
    'else found=; echo "sessions: unknown"; fi 2>/dev/null; echo "$found"',
  ].join(' '),
];

/** The command in recordings of earlier versions. It does not distinguish "no sessions" from "no utmp file". */
export const earlierLoginNodeCommand: readonly [string, ...string[]] = [
  'sh',
  '-c',
  'cat /proc/loadavg && nproc && who',
];

/**
 * Reads the output of `loginNodeCommand` or `earlierLoginNodeCommand`: proc(5) `/proc/loadavg`, nproc(1), who(1),
 * loginctl(1). Returns null for anything else.
 */
export function parseLoginNode(text: string): LoginNodeRecord | null {
  const [loads = '', cpus = '', ...rest] = text.split('\n');
  const load = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) /.exec(loads);
  if (!load || !/^[1-9]\d*$/.test(cpus)) return null;
  return {
    load: [Number(load[1]), Number(load[2]), Number(load[3])],
    cpus: Number(cpus),
    users: sessions(rest.filter((line) => line.trim() !== '')),
  };
}

/** Returns the number of sessions; null if it is not known. */
function sessions([how = '', ...lines]: readonly string[]): number | null {
  const [, source, own] = /^sessions: (who|loginctl|unknown)(?: (\d+))?$/.exec(how) ?? [];
  switch (source) {
    case 'who':
      return lines.length;
    case 'loginctl':
      return lines.filter((line) => isSessionOfUser(line, own)).length;
    case 'unknown':
      return null;
    default:
      return how === '' ? null : lines.length + 1;
  }
}

/** Classes of sd_session_get_class(3) that are not sessions of people. */
const otherClasses = /^(?:manager|manager-early|background|background-light|greeter|lock-screen|none)$/;

/**
 * True if a line of `loginctl list-sessions` is a session of a person. Columns: session, user number, user name, then others
 * that differ by version.
 */
function isSessionOfUser(line: string, own: string | undefined): boolean {
  const [session, , , ...columns] = line.trim().split(/\s+/);
  return session !== own && !columns.some((column) => otherClasses.test(column));
}
