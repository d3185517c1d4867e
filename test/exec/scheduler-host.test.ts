import { expect, test } from 'bun:test';
import { onSchedulerHost } from '../../src/exec/scheduler-host.ts';
import { systemOf } from '../support/systems.ts';

test('a command on the host of the scheduler has the limits of its system, in seconds and bytes', () => {
  const system = systemOf('aurora', {
    scheduler_host: 'aurora-login',
    filesystems: [],
    timeouts: { command: 7 },
    max_output_mib: { scheduler: 3, host: 2 },
  });
  const command = { argv: ['qstat'] as const, host: 'aurora-login', via: null, timeoutSeconds: 7 };
  expect(onSchedulerHost(system, ['qstat'], 'scheduler')).toEqual({ ...command, maxOutputBytes: 3 * 1024 ** 2 });
  expect(onSchedulerHost(system, ['qstat'], 'host')).toEqual({ ...command, maxOutputBytes: 2 * 1024 ** 2 });
});
