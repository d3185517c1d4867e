import { type Command, describeCommand, type Ending } from '../exec/command.ts';
import { failureOf } from '../exec/describe.ts';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { clientComplaints, complaintIn, type KnownComplaint } from '../slurm/complaints.ts';

/** Error messages of Slurm, their meaning, and what to do. The first match decides. */
const known: readonly KnownComplaint[] = [
  [
    /accounting storage is disabled/i,
    'accounting is disabled in Slurm',
    'without slurmdbd (AccountingStorageType in slurm.conf) there is no job history',
  ],
  ...clientComplaints,
  [
    /Unable to connect to database/i,
    'slurmdbd cannot reach its database',
    'no jobs are lost: the next export reads them',
  ],
  [
    /Connection refused|Unable to contact|Connection timed out|Problem talking to the database/i,
    'slurmdbd does not answer',
    'no jobs are lost: the next export reads them; see: sacctmgr ping, systemctl status slurmdbd',
  ],
  [
    /permission denied|access denied|not (?:have )?permi|privilege/i,
    'permission denied',
    'the user needs permission to see the jobs of all users: sacctmgr modify user NAME set adminlevel=operator',
  ],
  [
    /Invalid field|unrecognized (?:option|job state)|invalid option|Invalid time/i,
    'this version of sacct does not support the request',
    'report the version to the developers: sacct --version',
  ],
];

/**
 * Returns why sacct did not print everything, with what to do; null if it did. `isCutOff` is true if its last line has
 * no end.
 */
export function sacctFailure(command: Command, ending: Ending, isCutOff: boolean): OperatorError | null {
  const on = command.host === null ? '' : ` on ${command.host}`;
  switch (ending.kind) {
    case 'timed-out':
      return failed(`sacct${on} did not end within ${ending.seconds} s`, 'raise jobs.timeout in collector.yaml');
    case 'not-found':
      return missing(on);
    case 'exited': {
      if (ending.code === 0) return isCutOff ? failed(`the output of sacct${on} is cut off`, 'try again') : null;
      // The exit code of env(1) for a missing program.
      if (ending.code === 127) return missing(on);
      const complaint = complaintIn(ending.stderr, known);
      if (complaint === null) break;
      return failed(`sacct${on}: ${complaint.why} (${printable(complaint.line, 300)})`, complaint.remedy);
    }
  }
  const reason = failureOf(command, ending) ?? 'it failed';
  return failed(
    reason.replace(describeCommand(command), `sacct${on}`),
    'see the log with --verbose for the whole command',
  );
}

function failed(what: string, remedy: string): OperatorError {
  return new OperatorError(`${what}; ${remedy}`, { exitCode: exitCodes.failed });
}

function missing(on: string): OperatorError {
  return new OperatorError(
    `there is no sacct${on} in PATH or jobs.search_path: set jobs.host in collector.yaml to a host of the cluster that has sacct`,
  );
}
