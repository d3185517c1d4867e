import type { BatchSystem } from '../config/system.ts';
import type { Command } from './command.ts';

/** A command for the host that a system's scheduler and mounts are asked on, with what it may cost there. */
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
