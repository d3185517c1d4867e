/** How a command ended, in words, and what comes of its records. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Ending } from '../../src/exec/command.ts';
import { describeCommand } from '../../src/exec/command.ts';
import { failureOf, ownWords, unreachableOf } from '../../src/exec/describe.ts';
import { commandEnvironment, inheritedVariables } from '../../src/exec/environment.ts';
import { httpExits } from '../../src/exec/http.ts';
import { LastBytes } from '../../src/exec/last-bytes.ts';
import { runProgram } from '../../src/exec/local-program.ts';
import { recordsOutcome } from '../../src/exec/records-outcome.ts';
import { defaultSearchDirectories } from '../../src/exec/search-path.ts';
import { unreachableReason } from '../../src/exec/ssh-ending.ts';
import { systemctl, systemctlCommand } from '../../src/exec/systemctl.ts';
import { Damages } from '../../src/lib/records.ts';
import { commandOf } from '../support/execution.ts';
import { exited } from '../support/executors.ts';
import { temporaryDirectory } from '../support/files.ts';
import { install } from '../support/playback.ts';

const qstat = commandOf(['qstat', '-f'], { host: 'pbs1' });
const stderr = 'first\nlast\n';
const silent = { kind: 'unreachable', host: 'via1', reason: 'does not answer', stderr: '' } as const;

describe('the reason of each ending', () => {
  test.each<[Ending, string | null]>([
    [exited(0, 'words'), null],
    [exited(1, ''), 'qstat -f on pbs1 exited with 1'],
    [exited(2, stderr), 'qstat -f on pbs1 exited with 2: last'],
    [{ kind: 'killed', signal: 'SIGKILL', stderr: '' }, 'qstat -f on pbs1 was killed by SIGKILL'],
    [{ kind: 'killed', signal: 'SIGSEGV', stderr }, 'qstat -f on pbs1 was killed by SIGSEGV: last'],
    [{ kind: 'timed-out', seconds: 30 }, 'qstat -f on pbs1 did not end within 30 s'],
    [{ kind: 'output-too-large', limitBytes: 9 }, 'qstat -f on pbs1 printed more than 9 bytes'],
    [{ kind: 'not-found', program: 'qstat' }, 'qstat -f on pbs1: there is no qstat in PATH or search_path'],
    [silent, 'qstat -f on pbs1: ssh to via1: does not answer'],
    [{ ...silent, stderr }, 'qstat -f on pbs1: ssh to via1: does not answer: last'],
    [{ kind: 'cut-off', stderr: '' }, 'qstat -f on pbs1: the output was cut off, ssh ended before the command'],
    [{ kind: 'cut-off', stderr }, 'qstat -f on pbs1: the output was cut off, ssh ended before the command: last'],
    [{ kind: 'not-recorded' }, 'qstat -f on pbs1 is not recorded'],
  ])('%j', (ending, reason) => {
    expect(failureOf(qstat, ending)).toBe(reason);
    expect(unreachableOf(ending)).toBe(
      ending.kind === 'unreachable' ? (reason ?? '').replace('qstat -f on pbs1: ', '') : undefined,
    );
  });

  test('has a long line cut', () => {
    const reason = failureOf(qstat, exited(1, 'x'.repeat(1000))) ?? '';
    expect(reason.length).toBeLessThan(350);
    expect(reason.length).toBeGreaterThan(300);
  });
});

test('long words of a command are cut in messages, and its host is named', () => {
  expect(describeCommand(qstat)).toBe('qstat -f on pbs1');
  expect(describeCommand(commandOf(['squeue', '-o', '%i\u001f%j', 'a;b;c']))).toBe('squeue -o %i… a…');
  expect(describeCommand(commandOf(['sh', '-c', 'one\ntwo\n']))).toBe('sh -c one…');
});

test('the lines of a program begin with its name', () => {
  const text =
    'qstat: one\n/opt/bin/qstat: two\nqstatus: three\nqstat four\nslurm_load: five\nslurm_: six\nmesg: seven\n';
  expect(ownWords(qstat, text)).toEqual(['qstat: one', '/opt/bin/qstat: two', 'qstat four', 'slurm_load: five']);
  expect(ownWords(commandOf(['env', 'A=b', 'C=d', '/x/qstat', 'e=f']), text)[0]).toBe('qstat: one');
  expect(ownWords(commandOf(['env', 'A=b']), 'env: one\n')).toEqual(['env: one']);
});

describe('messages of ssh', () => {
  test.each([
    ['channel 0: open failed: connect failed: Connection refused', 'connection refused'],
    ['channel 12: open failed: connect failed: Connection timed out', 'does not answer'],
    ['channel 0: open failed: connect failed: No route to host', 'does not answer'],
    ['ssh: connect to host a port 22: Host is down', 'does not answer'],
    ['ssh: connect to host a port 22: Operation timed out', 'does not answer'],
    ['ssh: connect to host a port 2222: Connection reset by peer', 'connection lost'],
    ['Disconnected from 10.0.0.1 port 22: Too many authentication failures', 'login refused'],
    ['Connection closed by 10.0.0.1 port 22', 'connection lost'],
    ['Connection reset by 10.0.0.1 port 22', 'connection lost'],
    ['user@a.example.org: Permission denied (publickey,password).', 'login refused'],
  ] as const)('%p: %s', (message, reason) => {
    expect(unreachableReason(`x\n${message}\n`)).toBe(reason);
    expect(unreachableReason(`program: ${message}\n`)).toBeNull();
  });
});

describe('the records of a command', () => {
  const read = { taken: 1, damaged: new Damages(), printedNothing: false, problem: null };
  const damaged = () => {
    const damages = new Damages();
    for (const byte of [1, 2]) damages.add({ record: null, byte, problem: `is broken at ${byte}` });
    return damages;
  };

  test('that were read, damaged or not, are a result', () => {
    expect(recordsOutcome(qstat, exited(0), read)).toEqual({ kind: 'done', value: null, damaged: read.damaged });
    const some = damaged();
    expect(recordsOutcome(qstat, exited(0), { ...read, damaged: some })).toMatchObject({ damaged: some });
    expect(recordsOutcome(qstat, exited(0), { ...read, taken: 0 })).toMatchObject({ kind: 'done' });
  });

  test.each<[string, Ending, object, object]>([
    ['a failed command', exited(1, 'qstat: no'), {}, { reason: 'qstat -f on pbs1 exited with 1: qstat: no' }],
    ['a host out of reach', silent, {}, { unreachable: 'ssh to via1: does not answer' }],
    [
      'an error and nothing else',
      exited(0, 'qstat: no'),
      { printedNothing: true },
      { reason: 'qstat -f on pbs1 printed nothing but an error: qstat: no' },
    ],
    ['another output', exited(0), { problem: 'printed no list' }, { reason: 'qstat -f on pbs1 printed no list' }],
    [
      'only broken records',
      exited(0),
      { taken: 0, damaged: damaged() },
      { reason: 'qstat -f on pbs1: none of 2 records could be read: is broken at 1' },
    ],
  ])('of %s are a failure', (_, ending, found, failure) => {
    expect(recordsOutcome(qstat, ending, { ...read, ...found })).toMatchObject({ kind: 'failed', ...failure });
  });
});

test('the exit codes of failed requests are those of curl', () => {
  expect(httpExits).toEqual({ unknownHost: 6, refused: 7, status: 22, lost: 56, certificate: 60, other: 2 });
});

test('a command inherits these variables, and the configuration wins', () => {
  const names = [
    ...['HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'KRB5CCNAME', 'PBS_CONF_FILE', 'PBS_SERVER', 'PBS_DEFAULT'],
    ...['SLURM_CONF', 'TMPDIR'],
  ];
  expect(inheritedVariables).toEqual(names);
  const own = Object.fromEntries(names.map((name) => [name, `my ${name}`]));
  expect(commandEnvironment({ ...own, PATH: '/bin' }, [], { SLURM_CONF: '/other', X: 'y' })).toEqual({
    ...own,
    PATH: '/bin',
    LC_ALL: 'C',
    SLURM_CONF: '/other',
    X: 'y',
  });
});

test('programs are searched in these directories after PATH', () => {
  expect(defaultSearchDirectories).toEqual([
    ...['/opt/pbs/bin', '/opt/slurm/bin', '/opt/slurm/default/bin', '/usr/local/slurm/bin', '/usr/slurm/bin'],
    ...['/usr/lpp/mmfs/bin', '/usr/local/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'],
  ]);
});

test('of a stream the last bytes are kept, however they arrive', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 9 })), fc.integer({ min: 1, max: 20 }), (texts, limit) => {
      const ascii = texts.map((text) => text.replace(/[^a-z]/gi, '.'));
      const last = new LastBytes(limit);
      for (const text of ascii) last.add(Buffer.from(text));
      expect(last.text()).toBe(ascii.join('').slice(-limit));
    }),
  );
});

describe('a program of this host', () => {
  const directory = temporaryDirectory();
  const before = { ...process.env };
  beforeEach(() => {
    install(directory.path, {
      systemctl: '#!/bin/sh\necho "$@ $XDG_RUNTIME_DIR $DBUS_SESSION_BUS_ADDRESS $XDG_CONFIG_HOME $A"\n',
    });
    process.env.PATH = `${directory.path}:${before.PATH}`;
  });
  afterEach(() => {
    for (const name of ['PATH', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_CONFIG_HOME']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    directory.remove();
  });

  test('gives its output, or why it failed', async () => {
    const done = await runProgram(['systemctl', 'x'], { A: 'b' });
    expect(done.kind === 'done' && done.output.toString()).toBe('x    b\n');
    expect(await runProgram(['sh', '-c', 'echo why >&2; exit 3'])).toEqual({
      kind: 'failed',
      reason: 'sh -c echo why >&2… exited with 3: why',
      stderr: 'why\n',
    });
    expect(await runProgram(['no-such-program'])).toEqual({
      kind: 'failed',
      reason: 'no-such-program: there is no no-such-program in PATH or search_path',
      stderr: '',
    });
  });

  test('may print 4 MiB and no more', async () => {
    const printed = (bytes: number) => runProgram(['head', '-c', String(bytes), '/dev/zero']);
    expect(await printed(4_194_304)).toMatchObject({ kind: 'done', output: { length: 4_194_304 } });
    expect(await printed(4_194_305)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('printed more than 4194304 bytes'),
    });
  });

  test('systemctl has the variables of the user for the systemd of the user only', async () => {
    Object.assign(process.env, {
      XDG_RUNTIME_DIR: '/run/x',
      DBUS_SESSION_BUS_ADDRESS: 'bus',
      XDG_CONFIG_HOME: '/conf',
    });
    const outputOf = async (manager: 'user' | 'system') => {
      const result = await systemctl(manager, ['is-active', 'a']);
      return result.kind === 'done' ? result.output.toString() : result.reason;
    };
    expect(await outputOf('user')).toBe('--user is-active a /run/x bus /conf \n');
    expect(await outputOf('system')).toBe('is-active a    \n');
    expect(systemctlCommand('system', ['a'])).toEqual(['systemctl', 'a']);
  });
});
