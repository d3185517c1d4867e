import type { Ending } from '../exec/command.ts';
import { printable } from '../lib/text.ts';

/** What a message of Slurm's programs means, and what to do about it. */
export type Complaint = { readonly why: string; readonly line: string; readonly remedy: string };

/** What a row of the table below says about the lines that match. */
export type KnownComplaint = readonly [pattern: RegExp, why: string, remedy: string];

const findConfiguration =
  'look for slurm.conf on the host where Slurm is asked; set environment.SLURM_CONF to its path, or search_path to the programs of the cluster';

/** What all of Slurm's programs complain of, whichever daemon they ask. The first row that matches counts. */
export const clientComplaints: readonly KnownComplaint[] = [
  [
    /unrecognized key|Incompatible versions of client and server|protocol_version \d+ not supported/i,
    'this client and the Slurm daemon are of different releases',
    'compare sinfo --version with scontrol version on the host of slurmctld, and set search_path to a newer client',
  ],
  [
    /sack socket/i,
    'it cannot authenticate: it finds no socket of auth/slurm',
    'start sackd, or slurmd, on the host where Slurm is asked',
  ],
  [/munge/i, 'it cannot authenticate: it does not reach Munge', 'start munged on the host where Slurm is asked'],
  [
    /authentication error/i,
    'it cannot authenticate',
    'compare the Munge key and the clock of the host where Slurm is asked with those of the cluster',
  ],
  [
    /could not establish a configuration source|process configuration file|slurm\.conf/i,
    'it finds no slurm.conf',
    findConfiguration,
  ],
];

/** What the programs that ask slurmctld complain of. */
export const controllerComplaints: readonly KnownComplaint[] = [
  ...clientComplaints,
  [/Unable to contact slurm controller/i, 'slurmctld does not answer', 'scontrol ping   # and ask who runs it'],
];

/** Returns the reason why a command of Slurm failed, with the complaint that explains it and the remedy. */
export function withComplaint(reason: string, ending: Ending): string {
  const complaint = ending.kind === 'exited' ? complaintIn(ending.stderr) : null;
  if (complaint === null) return reason;
  return `${reason}; ${complaint.why} (${printable(complaint.line, 300)}): ${complaint.remedy}`;
}

/** Returns what to do about a command of Slurm that ended so; null if its own words are all that is known. */
export function slurmRemedy(ending: Ending): string | null {
  // Without a slurm.conf, Slurm's programs look for a server of configurations, and hang.
  if (ending.kind === 'timed-out') return findConfiguration;
  return ending.kind === 'exited' ? (complaintIn(ending.stderr)?.remedy ?? null) : null;
}

/**
 * Returns what a program of Slurm complains of on its standard error, with the line that says it; null if no line matches.
 * Lines that a wrapper or a login shell printed are ignored.
 */
export function complaintIn(stderr: string, known: readonly KnownComplaint[] = clientComplaints): Complaint | null {
  const lines = stderr.split('\n').filter((line) => own.test(line));
  for (const [pattern, why, remedy] of known) {
    const line = lines.findLast((one) => pattern.test(one) && !hint.test(one));
    if (line !== undefined) return { why, line: line.replace(/^\w+: (?:error|fatal): /, ''), remedy };
  }
  return null;
}

/** How Slurm's programs and its library begin their messages. */
const own = /^(?:(?:sinfo|squeue|scontrol|sacct): |slurm_\w|Slurm accounting |Invalid time )/;

/** A hint that Munge's library prints with every failure. */
const hint = /If munged is up/;
