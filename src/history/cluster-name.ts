import type { Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { slurmCommands } from '../slurm/commands.ts';
import { type Complaint, complaintIn, controllerComplaints } from '../slurm/complaints.ts';

/**
 * Returns the name that Slurm gives the cluster (slurm.conf(5), "ClusterName"). Throws OperatorError if Slurm gives
 * none or an invalid one.
 */
export async function slurmClusterName(executor: Executor, host: string | null): Promise<string> {
  const command = {
    argv: slurmCommands.configuration,
    host,
    via: null,
    timeoutSeconds: 60,
    maxOutputBytes: 4 * 1024 ** 2,
  } as const;
  const result = await readText(executor, command);
  if (result.kind === 'failed') {
    const { ending, reason } = result;
    const complaint = ending.kind === 'exited' ? complaintIn(ending.stderr, controllerComplaints) : null;
    throw complaint === null ? unknown(reason) : unknownForNow(complaint);
  }
  const name = /^ClusterName\s*=\s*(.*?)\s*$/m.exec(result.text)?.[1];
  if (name === undefined) throw unknown('scontrol show config prints no ClusterName');
  return checkedCluster(name, 'ClusterName of slurm.conf');
}

function unknown(reason: string): OperatorError {
  return new OperatorError(
    `cannot determine the cluster name: ${reason}: set jobs.cluster_name in collector.yaml, or pass --cluster-name`,
  );
}

/** Returns the error for a Slurm that does not answer now. Exit code 1, as for a failed sacct: no setting is wrong. */
function unknownForNow({ why, line, remedy }: Complaint): OperatorError {
  return new OperatorError(
    `cannot ask Slurm for the cluster name: ${why} (${printable(line, 300)}): ${remedy}; no jobs are lost: the next export reads the same jobs; if jobs.cluster_name is set in collector.yaml, slurmctld is not needed`,
    { exitCode: exitCodes.failed },
  );
}

/** Returns a cluster name unchanged. Throws OperatorError, which names its source, if it is not valid. */
export function checkedCluster(name: string, from: string): string {
  if (isClusterName(name)) return name;
  throw new OperatorError(`${from} '${printable(name, 80)}' ${clusterNameRule}`);
}
