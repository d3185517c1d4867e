/** The name of a cluster: what Slurm says it is, and which names are refused. */

import { describe, expect, test } from 'bun:test';
import type { Command } from '../../src/exec/command.ts';
import { checkedCluster, slurmClusterName } from '../../src/history/cluster-name.ts';
import { gatheringFile, historyLockFile, previewFile } from '../../src/history/files.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { type Answer, answering, exited } from '../support/executors.ts';

async function refusal(work: () => unknown): Promise<[string, number]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OperatorError) return [error.message, error.exitCode];
  }
  throw new Error('nothing was refused');
}

describe('Slurm', () => {
  const printing = (answer: Answer) => answering(() => answer);

  test('is asked with scontrol on the host', async () => {
    const commands: Command[] = [];
    const executor = answering((command) => {
      commands.push(command);
      return { stdout: 'Configuration data\nClusterNameX = b\nClusterName             = farm \nOther = 1\n' };
    });
    expect(await slurmClusterName(executor, 'h1')).toBe('farm');
    const limits = { host: 'h1', via: null, timeoutSeconds: 60, maxOutputBytes: 4_194_304 };
    expect(commands).toEqual([{ argv: ['scontrol', 'show', 'config'], ...limits }]);
  });

  const set = 'set jobs.cluster_name in collector.yaml, or pass --cluster-name';

  test.each<[string, Answer, string, number]>([
    [
      'prints no name',
      { stdout: 'Other = 1\n' },
      `cannot determine the cluster name: scontrol show config prints no ClusterName: ${set}`,
      2,
    ],
    [
      'prints a wrong name',
      { stdout: 'ClusterName = ../x\n' },
      "ClusterName of slurm.conf '../x' must have 1 to 64 letters, digits, dots, - or _, and not begin with a dot or -",
      2,
    ],
    [
      'fails',
      { ending: exited(3, 'oops') },
      `cannot determine the cluster name: scontrol show config on h1 exited with 3: oops: ${set}`,
      2,
    ],
    [
      'does not end',
      { ending: { kind: 'timed-out', seconds: 60 } },
      `cannot determine the cluster name: scontrol show config on h1 did not end within 60 s: ${set}`,
      2,
    ],
    [
      'does not answer now',
      { ending: exited(1, 'slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)') },
      'cannot ask Slurm for the cluster name: slurmctld does not answer (slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)): scontrol ping   # and ask who runs it; no jobs are lost: the next export reads the same jobs; if jobs.cluster_name is set in collector.yaml, slurmctld is not needed',
      1,
    ],
  ])('that %s is an error with its remedy', async (_, answer, message, exitCode) => {
    expect(await refusal(() => slurmClusterName(printing(answer), 'h1'))).toEqual([message, exitCode]);
  });
});

test('a valid name is returned unchanged', () => {
  expect(['a', 'Farm_2.b-c', 'x'.repeat(64)].map((name) => checkedCluster(name, '--cluster-name'))).toEqual([
    ...['a', 'Farm_2.b-c', 'x'.repeat(64)],
  ]);
});

test('the files of an export are beside the outbox, one of each cluster', () => {
  expect([historyLockFile('/o/outbox.db', 'farm'), gatheringFile('/o/outbox.db', 'farm')]).toEqual([
    '/o/outbox.db.history-farm-lock',
    '/o/outbox.db.history-farm-gathered',
  ]);
});

test('each preview has a file of its own, in the directory for temporary files without an outbox', () => {
  expect(previewFile('/o/outbox.db')).toMatch(/^\/o\/outbox\.db\.history-preview-[0-9a-f-]{36}$/);
  expect(previewFile(null)).toMatch(/\/hpc-collector\.history-preview-[0-9a-f-]{36}$/);
  expect(previewFile(null)).not.toBe(previewFile(null));
});
