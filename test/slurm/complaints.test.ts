import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaintIn, controllerComplaints, slurmRemedy, withComplaint } from '../../src/slurm/complaints.ts';
import { fixtures } from '../support/systems.ts';

/** What sacct 26.05 printed with AuthType=auth/slurm where no sackd ran. */
const withoutSack = `sacct: error: failed to connect to any sack sockets
sacct: error: create_external: failed to create token
sacct: error: slurm_buffers_pack_msg: auth_g_create: REQUEST_PERSIST_INIT has authentication error
sacct: error: slurm_persist_conn_open: failed to send persistent connection init message to localhost:21819
sacct: error: Sending PersistInit msg: Protocol authentication error
sacct: error: Problem talking to the database: Protocol authentication error
`;
const recorded = (folder: string) => readFileSync(join(fixtures, 'failure-modes', folder, 'squeue.stderr'), 'utf8');

test.each([
  ['no sackd', withoutSack, 'no socket of auth/slurm', 'failed to connect to any sack sockets', 'start sackd'],
  [
    'no munged',
    recorded('slurm-without-munge'),
    'cannot reach Munge',
    'Munge encode failed: Failed to access "/nonexistent/munge.socket": No such file or directory (Did you start munged?)',
    'start munged',
  ],
  [
    'another key',
    'slurm_load_jobs error: Protocol authentication error\n',
    'cannot authenticate',
    'slurm_load_jobs error: Protocol authentication error',
    'compare the Munge key',
  ],
  [
    'an older client',
    'slurm_load_node error: Incompatible versions of client and server code\n',
    'different releases',
    'slurm_load_node error: Incompatible versions of client and server code',
    'set search_path to a newer client',
  ],
  [
    'a slurm.conf of a newer release',
    'sinfo: error: _parse_next_key: Parsing error at unrecognized key: HashPlugin\nsinfo: fatal: Unable to process configuration file\n',
    'different releases',
    '_parse_next_key: Parsing error at unrecognized key: HashPlugin',
    'set search_path to a newer client',
  ],
  [
    'no slurm.conf',
    'sinfo: error: resolve_ctls_from_dns_srv: res_nsearch error: Unknown host\nsinfo: fatal: Could not establish a configuration source\n',
    'no slurm.conf',
    'Could not establish a configuration source',
    'set environment.SLURM_CONF',
  ],
  [
    'no slurmctld',
    recorded('slurm-server-down'),
    'slurmctld does not answer',
    'slurm_load_jobs error: Unable to contact slurm controller (connect failure)',
    'scontrol ping',
  ],
])('%s is named, with the line that says it and what to do', (_, stderr, why, line, remedy) => {
  expect(complaintIn(stderr, controllerComplaints)).toEqual({
    why: expect.stringContaining(why),
    line,
    remedy: expect.stringContaining(remedy),
  });
});

test('output of a wrapper or a login shell is not an error of Slurm', () => {
  expect(complaintIn('/etc/profile: munge: not found\nmodule: slurm.conf\n')).toBeNull();
});

test('an unknown reason is not changed', () => {
  const ending = { kind: 'exited', code: 1, stderr: 'squeue: oops\n' } as const;
  expect(withComplaint('squeue exited with 1', ending)).toBe('squeue exited with 1');
  expect(slurmRemedy(ending)).toBeNull();
});
