import type { Ending } from '../exec/command.ts';
import { printable } from '../lib/text.ts';

/** The meaning of an error message of Slurm, the line of the message, and the remedy. */
export type Complaint = { readonly why: string; readonly line: string; readonly remedy: string };

/** One row of a table of error messages. */
export type KnownComplaint = readonly [pattern: RegExp, why: string, remedy: string];

const findConfiguration =
  'look for slurm.conf on the host that runs the Slurm commands; set environment.SLURM_CONF to its path, or search_path to the programs of the cluster';

/** Error messages that all of Slurm's client programs can print. The first row that matches decides. */
export const clientComplaints: readonly KnownComplaint[] = [
  [
    /unrecognized key|Incompatible versions of client and server|protocol_version \d+ not supported/i,
    'this client and the Slurm daemon are of different releases',
    'compare sinfo --version with scontrol version on the host of slurmctld, and set search_path to a newer client',
  ],
  [
    /sack socket/i,
    'it cannot authenticate: it finds no socket of auth/slurm',
    'start sackd, or slurmd, on the host that runs the Slurm commands',
  ],
  [/munge/i, 'it cannot authenticate: it cannot reach Munge', 'start munged on the host that runs the Slurm commands'],
  [
    /authentication error/i,
    'it cannot authenticate',
    'compare the Munge key and the clock of the host that runs the Slurm commands with those of the cluster',
  ],
  [
    /could not establish a configuration source|process configuration file|slurm\.conf/i,
    'it finds no slurm.conf',
    findConfiguration,
  ],
];

/** Error messages of the programs that ask slurmctld. The first row that matches decides. */
export const controllerComplaints: readonly KnownComplaint[] = [
  ...clientComplaints,
  [/Unable to contact slurm controller/i, 'slurmctld does not answer', 'scontrol ping   # and ask who runs it'],
];

/** Returns the reason why a command of Slurm failed; adds the meaning of its error message and the remedy if known. */
export function withComplaint(reason: string, ending: Ending): string {
  const complaint = ending.kind === 'exited' ? complaintIn(ending.stderr) : null;
  if (complaint === null) return reason;
  return `${reason}; ${complaint.why} (${printable(complaint.line, 300)}): ${complaint.remedy}`;
}

/** Returns the remedy for a failed command of Slurm; null if none is known. */
export function slurmRemedy(ending: Ending): string | null {
  // Without a slurm.conf, Slurm's programs search for a configuration server, and hang.
  if (ending.kind === 'timed-out') return findConfiguration;
  return ending.kind === 'exited' ? (complaintIn(ending.stderr)?.remedy ?? null) : null;
}

/**
 * Returns the known error message in the standard error of a Slurm program; null if no line matches. Ignores lines
 * that a wrapper or a login shell printed.
 */
export function complaintIn(stderr: string, known: readonly KnownComplaint[] = clientComplaints): Complaint | null {
  const lines = stderr.split('\n').filter((line) => own.test(line));
  for (const [pattern, why, remedy] of known) {
    const line = lines.findLast((one) => pattern.test(one) && !hint.test(one));
    if (line !== undefined) return { why, line: line.replace(/^\w+: (?:error|fatal): /, ''), remedy };
  }
  return null;
}

/** The beginnings of messages of Slurm's programs and its library. */
const own = /^(?:(?:sinfo|squeue|scontrol|sacct): |slurm_\w|Slurm accounting |Invalid time )/;

/** A hint that Munge's library prints with every failure. */
const hint = /If munged is up/;
