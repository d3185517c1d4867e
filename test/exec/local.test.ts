import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killRunningCommands, type LocalCommand, startLocal } from '../../src/exec/local.ts';
import { outcomeOf } from '../support/execution.ts';
import { temporaryDirectory } from '../support/files.ts';
import { processesWithArgument, untilGone } from '../support/processes.ts';
import { until } from '../support/until.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

function start(argv: LocalCommand['argv'], rest: Partial<LocalCommand> = {}) {
  const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  return startLocal({ argv, timeoutSeconds: 10, maxOutputBytes: 2 ** 20, environment, ...rest });
}

/** A number that no other process has among its arguments, for `sleep` to be found again by. */
let lastSleep = 100_000 + process.pid;
function ownSleep(): string {
  lastSleep += 1;
  return `${lastSleep}.25`;
}

test('a program that ends by itself gives its output, status and standard error', async () => {
  const { stdout, ending } = await outcomeOf(start(['sh', '-c', 'echo out; echo why >&2; exit 3']));
  expect(stdout).toBe('out\n');
  expect(ending).toEqual({ kind: 'exited', code: 3, stderr: 'why\n' });
});

test('a program that is killed by a signal is distinguished from one that fails', async () => {
  const { ending } = await outcomeOf(start(['sh', '-c', 'kill -SEGV $$']));
  expect(ending).toEqual({ kind: 'killed', signal: 'SIGSEGV', stderr: '' });
});

test('the environment is the given one and nothing else', async () => {
  const { stdout } = await outcomeOf(start(['env'], { environment: { PATH: '/usr/bin:/bin', A: 'b' } }));
  expect(stdout.split('\n').sort()).toEqual(['', 'A=b', 'PATH=/usr/bin:/bin']);
});

test('standard input is empty', async () => {
  const { stdout, ending } = await outcomeOf(start(['cat']));
  expect({ stdout, kind: ending.kind }).toEqual({ stdout: '', kind: 'exited' });
});

describe('a program that cannot be found', () => {
  const notExecutable = join(directory.path, 'not-executable');
  writeFileSync(notExecutable, '#!/bin/sh\n');
  const noInterpreter = join(directory.path, 'no-interpreter');
  writeFileSync(noInterpreter, '#!/no/such/interpreter\n');
  chmodSync(noInterpreter, 0o755);

  test.each(['no-such-program', '/no/such/program', '/etc/passwd/x', directory.path, notExecutable, noInterpreter])(
    '%s',
    async (program) => {
      const { stdout, ending } = await outcomeOf(start([program]));
      expect({ stdout, ending }).toEqual({ stdout: '', ending: { kind: 'not-found', program } });
    },
  );

  test('is distinguished from a program that cannot be started for another reason', async () => {
    const { ending } = await outcomeOf(start(['echo', 'x'.repeat(3_000_000)]));
    expect(ending).toMatchObject({ kind: 'exited', code: 126, stderr: expect.stringContaining('E2BIG') });
  });
});

describe('at the deadline', () => {
  test('a program is killed with the grandchild that holds its pipe', async () => {
    const seconds = ownSleep();
    const outcome = await outcomeOf(start(['sh', '-c', `sleep ${seconds} & echo out; wait`], { timeoutSeconds: 0.3 }));
    expect(outcome.stdout).toBe('out\n');
    expect(outcome.ending).toEqual({ kind: 'timed-out', seconds: 0.3 });
    expect(outcome.seconds).toBeLessThan(5);
    await untilGone(seconds);
  });

  test('a grandchild that holds the output after its parent ended is killed', async () => {
    const seconds = ownSleep();
    const outcome = await outcomeOf(start(['sh', '-c', `sleep ${seconds} & exit 0`], { timeoutSeconds: 0.3 }));
    expect(outcome.ending).toEqual({ kind: 'timed-out', seconds: 0.3 });
    await untilGone(seconds);
  });

  test('a process that left the process group is not waited for', async () => {
    const seconds = ownSleep();
    const outcome = await outcomeOf(start(['setsid', '--fork', 'sleep', seconds], { timeoutSeconds: 0.3 }));
    expect(outcome.ending.kind).toBe('timed-out');
    expect(outcome.seconds).toBeLessThan(5);
    for (const pid of processesWithArgument(seconds)) process.kill(pid, 'SIGKILL');
  });

  test('a program that closed its output and went on is killed', async () => {
    const seconds = ownSleep();
    const { ending } = await outcomeOf(start(['sh', '-c', `exec >&-; sleep ${seconds}`], { timeoutSeconds: 0.3 }));
    expect(ending.kind).toBe('timed-out');
    await untilGone(seconds);
  });

  test('a program whose output is not read is killed too', async () => {
    const seconds = ownSleep();
    expect(await start(['sleep', seconds], { timeoutSeconds: 0.2 }).ending).toEqual({
      kind: 'timed-out',
      seconds: 0.2,
    });
    await untilGone(seconds);
  });
});

test('a grandchild that holds only standard error is not waited for, and ends with its parent', async () => {
  const seconds = ownSleep();
  const outcome = await outcomeOf(start(['sh', '-c', `sleep ${seconds} >/dev/null & echo why >&2; exit 1`]));
  expect(outcome.ending).toEqual({ kind: 'exited', code: 1, stderr: 'why\n' });
  expect(outcome.seconds).toBeLessThan(5);
  await untilGone(seconds);
});

describe('output', () => {
  test('over its limit ends the program, and nothing over it is passed on', async () => {
    const { stdout, ending } = await outcomeOf(start(['yes'], { maxOutputBytes: 1_000_000 }));
    expect(ending).toEqual({ kind: 'output-too-large', limitBytes: 1_000_000 });
    expect(stdout.length).toBeLessThanOrEqual(1_000_000);
  });

  test('of exactly the limit is not too much', async () => {
    const { stdout, ending } = await outcomeOf(start(['head', '-c', '1000', '/dev/zero'], { maxOutputBytes: 1000 }));
    expect({ length: stdout.length, kind: ending.kind }).toEqual({ length: 1000, kind: 'exited' });
  });

  test('of 200 MB streams through in little memory', async () => {
    const before = process.memoryUsage().rss;
    let bytes = 0;
    let peak = 0;
    const execution = start(['head', '-c', '200000000', '/dev/zero'], { maxOutputBytes: 2 ** 30 });
    for await (const chunk of execution.stdout) {
      bytes += chunk.length;
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(bytes).toBe(200_000_000);
    expect((await execution.ending).kind).toBe('exited');
    expect(peak).toBeLessThan(100e6);
  });

  test('that is not read yet stays in the pipe', async () => {
    const execution = start(['head', '-c', '50000000', '/dev/zero'], { maxOutputBytes: 2 ** 30 });
    const before = process.memoryUsage().rss;
    await Bun.sleep(200); // nothing to poll for: what must not happen is reading ahead
    expect(process.memoryUsage().rss - before).toBeLessThan(20e6);
    expect((await outcomeOf(execution)).stdout.length).toBe(50_000_000);
  });

  test('on standard error is kept to its end', async () => {
    const { ending } = await outcomeOf(start(['sh', '-c', 'yes | head -c 5000000 >&2; echo the end >&2']));
    if (ending.kind !== 'exited') throw new Error(ending.kind);
    expect(ending.stderr.length).toBe(64 * 1024);
    expect(ending.stderr).toEndWith('the end\n');
  });
});

test('a reader that stops early ends the program', async () => {
  const seconds = ownSleep();
  const execution = start(['sh', '-c', `echo out; sleep ${seconds}`]);
  for await (const chunk of execution.stdout) {
    expect(chunk.length).toBe(4);
    break;
  }
  expect(await execution.ending).toEqual({ kind: 'killed', signal: 'SIGKILL', stderr: '' });
  await untilGone(seconds);
});

test('all running programs can be killed at once', async () => {
  const sleeps = [ownSleep(), ownSleep()];
  const outcomes = Promise.all(sleeps.map((seconds) => outcomeOf(start(['sleep', seconds]))));
  for (const seconds of sleeps) await until(() => processesWithArgument(seconds).length === 1, 'both have started');
  killRunningCommands();
  for (const { ending } of await outcomes) expect(ending.kind).toBe('killed');
  for (const seconds of sleeps) await untilGone(seconds);
});

test('a hundred programs at once each give their own output', async () => {
  const numbers = Array.from({ length: 100 }, (_, index) => String(index));
  const outcomes = await Promise.all(numbers.map((number) => outcomeOf(start(['echo', number]))));
  expect(outcomes.map(({ stdout }) => stdout.trim())).toEqual(numbers);
});

test('a program that was left running does not keep ours from ending', () => {
  const seconds = ownSleep();
  const script = `
    import { startLocal } from ${JSON.stringify(join(import.meta.dir, '../../src/exec/local.ts'))};
    const command = { argv: ['setsid', '--fork', 'sleep', '${seconds}'], timeoutSeconds: 0.2, maxOutputBytes: 10, environment: process.env };
    for await (const _ of startLocal(command).stdout);
  `;
  const { exitCode, exitedDueToTimeout } = Bun.spawnSync([process.execPath, '-e', script], { timeout: 20_000 });
  for (const pid of processesWithArgument(seconds)) process.kill(pid, 'SIGKILL');
  expect({ exitCode, exitedDueToTimeout }).toEqual({ exitCode: 0, exitedDueToTimeout: false });
});
