import { existsSync } from 'node:fs';
import type { Command } from './command.ts';
import { type ProgramResult, runProgram } from './local-program.ts';

/** The systemd instance of the system, or of the user who runs this program. */
export type SystemdManager = 'system' | 'user';

/** Returns the argument vector of a systemctl(1) call. */
export function systemctlCommand(manager: SystemdManager, words: readonly string[]): Command['argv'] {
  return ['systemctl', ...(manager === 'user' ? ['--user'] : []), ...words];
}

/** Runs systemctl(1) for a systemd instance. `words` are its arguments. */
export function systemctl(manager: SystemdManager, words: readonly string[]): Promise<ProgramResult> {
  return runProgram(systemctlCommand(manager, words), manager === 'user' ? userVariables(process.env) : {});
}

/** Returns the variables with the socket and the units of the user's systemd instance. */
function userVariables(own: NodeJS.ProcessEnv): Record<string, string> {
  // `su` does not set the variable; pam_systemd(8) names this directory.
  const usual = `/run/user/${process.getuid?.() ?? 0}`;
  const variables = {
    XDG_RUNTIME_DIR: own.XDG_RUNTIME_DIR ?? (existsSync(usual) ? usual : undefined),
    DBUS_SESSION_BUS_ADDRESS: own.DBUS_SESSION_BUS_ADDRESS,
    XDG_CONFIG_HOME: own.XDG_CONFIG_HOME,
  };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
