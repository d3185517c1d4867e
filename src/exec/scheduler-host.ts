import type { BatchSystem } from '../config/system.ts';
import type { Command } from './command.ts';

/** Returns a command for the system's `scheduler_host`, with the limits of the configuration. */
export function onSchedulerHost(
  system: BatchSystem,
  argv: Command['argv'],
  kind: keyof BatchSystem['max_output_mib'],
): Command {
  return {
    argv,
    host: system.scheduler_host,
    via: null,
    timeoutSeconds: system.timeouts.command,
    maxOutputBytes: system.max_output_mib[kind] * 1024 ** 2,
  };
}
