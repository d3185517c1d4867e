import { describe, expect, test } from 'bun:test';
import type { Command } from '../../src/exec/command.ts';
import { failureOf } from '../../src/exec/describe.ts';
import { cutOutput, readLines, readText } from '../../src/exec/read-text.ts';
import { commandOf } from '../support/execution.ts';
import { answering, exited } from '../support/executors.ts';

const noise = 'mesg: ttyname failed: Inappropriate ioctl for device';

describe('the reason of a failure is the line that states it', () => {
  test.each<[string, Command['argv'], string, string]>([
    ['the last line of the program', ['qstat'], 'Connection refused\nqstat: cannot connect\n', 'qstat: cannot connect'],
    ['not noise behind it', ['qstat'], `qstat: cannot connect\n${noise}\nlogout\n`, 'qstat: cannot connect'],
    ['not a hint', ['df', '/x'], "df: bad option\nTry 'df --help' for more information.\n", 'df: bad option'],
    ['that of a program under env', ['env', 'A=b', 'squeue'], `squeue: error: no\n${noise}\n`, 'squeue: error: no'],
    ['that of a library of Slurm', ['sinfo'], `slurm_load_node error: no\n${noise}\n`, 'slurm_load_node error: no'],
    ['that of a program with a path', ['/opt/bin/qstat'], `/opt/bin/qstat: no\n${noise}\n`, '/opt/bin/qstat: no'],
    ['the last line, if none is the program', ['qstat'], 'Traceback:\nValueError: x\n', 'ValueError: x'],
  ])('%s', (_, argv, stderr, reason) => {
    expect(failureOf(commandOf(argv), exited(1, stderr))).toEndWith(` exited with 1: ${reason}`);
  });

  test('of ssh, and not a later line', () => {
    const stderr = '@ WARNING @\nHost key verification failed.\r\nsomething of a wrapper\n';
    expect(
      failureOf(commandOf(['id']), { kind: 'unreachable', host: 'a', reason: 'host key not trusted', stderr }),
    ).toBe('id: ssh to a: host key not trusted: Host key verification failed.');
  });
});

describe('a command that printed nothing and exited with 0', () => {
  const outcome = (stderr: string) =>
    readText(
      answering(() => ({ ending: exited(0, stderr) })),
      commandOf(['pbs_rstat', '-f']),
    );

  test.each(['', noise, `stty: standard input: Inappropriate ioctl for device\nLoading modules\n${noise}`])(
    'did not fail with %p',
    async (stderr) => {
      expect(await outcome(stderr)).toEqual({ kind: 'done', text: '' });
    },
  );

  test('failed, and the reason is from its standard error', async () => {
    expect(await outcome(`pbs_rstat: not today\n${noise}\n`)).toMatchObject({
      kind: 'failed',
      reason: 'pbs_rstat -f printed nothing but an error: pbs_rstat: not today',
    });
  });
});

test('output without a final line break is a failure even with exit code 0; empty output is not', async () => {
  const lines = (stdout: string) =>
    readLines(
      answering(() => ({ stdout })),
      commandOf(['sinfo']),
    );
  expect(await lines('a\nb')).toEqual({
    kind: 'failed',
    reason: `sinfo ${cutOutput}`,
    unreachable: undefined,
    ending: { kind: 'exited', code: 0, stderr: cutOutput },
  });
  for (const text of ['', 'a\n', 'a\nb\n']) expect(await lines(text)).toEqual({ kind: 'done', text });
});
