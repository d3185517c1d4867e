import type { Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { slurmCommands } from '../slurm/commands.ts';
import { slurmVersionLine, tooOld } from '../slurm/version.ts';

/**
 * Throws OperatorError if the release of sacct is too old. Accepts a sacct whose release is unknown: if it cannot run,
 * the export reports the reason.
 */
export async function refuseOldRelease(executor: Executor, host: string | null): Promise<void> {
  const command = {
    argv: slurmCommands.sacctVersion,
    host,
    via: null,
    timeoutSeconds: 60,
    maxOutputBytes: 4096,
  } as const;
  const result = await readText(executor, command);
  if (result.kind === 'failed') return;
  const release = slurmVersionLine(result.text) ?? '';
  const reason = tooOld(printable(release, 80));
  if (reason === null) return;
  const on = host === null ? '' : ` on ${host}`;
  throw new OperatorError(`sacct${on}: ${reason}; set jobs.search_path or jobs.host in collector.yaml to a newer one`);
}
