import { describe, expect, test } from 'bun:test';
import type { Ending, UnreachableReason } from '../../src/exec/command.ts';
import { FarOutput } from '../../src/exec/far-output.ts';
import { commandEnding, isSilence, unreachableReason, wasDropped } from '../../src/exec/ssh-ending.ts';
import { exited, streamOf } from '../support/executors.ts';

/** As written by OpenSSH 9.2, 7.4 where it differs. */
const messages: [string, UnreachableReason][] = [
  ['ssh: Could not resolve hostname nowhere: Name or service not known', 'unknown host name'],
  ['Host key verification failed.', 'host key not trusted'],
  ['root@127.0.0.1: Permission denied (publickey,gssapi-keyex,gssapi-with-mic,password).', 'login refused'],
  ['Permission denied (publickey).', 'login refused'],
  ['Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures', 'login refused'],
  ['ssh: connect to host 127.0.0.1 port 22: Connection refused', 'connection refused'],
  ['ssh: connect to host derecho port 22: Connection timed out', 'does not answer'],
  ['ssh: connect to host derecho port 22: No route to host', 'does not answer'],
  ['ssh: connect to host derecho port 22: Network is unreachable', 'does not answer'],
  ['Connection timed out during banner exchange', 'does not answer'],
  ['Connection to 127.0.0.1 port 22 timed out', 'does not answer'],
  ['kex_exchange_identification: Connection closed by remote host', 'connection lost'],
  ['kex_exchange_identification: read: Connection reset by peer', 'connection lost'],
  ['ssh_exchange_identification: Connection closed by remote host', 'connection lost'],
  ['Connection reset by 10.0.0.1 port 22', 'connection lost'],
  ['Connection closed by UNKNOWN port 65535', 'connection lost'],
  ['Connection to derecho closed by remote host.', 'connection lost'],
  ['client_loop: send disconnect: Broken pipe', 'connection lost'],
  ['Read from remote host derecho: Connection reset by peer', 'connection lost'],
  ['Read from remote host derecho: Connection timed out', 'does not answer'],
  ['Timeout, server derecho not responding.', 'does not answer'],
];

test.each(messages)('%p: %s', (message, reason) => {
  expect(unreachableReason(`a notice of the site\n${message}\r\n`)).toBe(reason);
});

test.each([
  'Connection refused\nqstat: cannot connect to server desched1 (errno=111)',
  'pbs_iff: cannot read reply\nNo Permission.\nqstat: cannot connect to server desched1 (errno=15007)',
  'ls: cannot open directory /x: Permission denied',
  'slurm_load_partitions: Unable to contact slurm controller (connect failure)',
  'curl: (7) Failed to connect to host port 22: Connection timed out',
])('what a program says of its own server is not the word of ssh: %p', (message) => {
  expect(unreachableReason(message)).toBeNull();
});

/** What comes of a command over some hosts, of which ssh printed this. */
async function endingOf(
  ending: Ending,
  { stdout = '', hops = ['a'], passed = 1 }: { stdout?: string; hops?: readonly string[]; passed?: number },
): Promise<Ending> {
  const output = new FarOutput('N', hops.length);
  for await (const _ of output.read(streamOf(stdout)));
  return commandEnding(ending, { hops, nonce: 'N', output, program: 'qstat', seconds: { allowed: 30, passed } });
}

const begin = (hop: number) => `hpc-collector:N:${hop}:begin\n`;
const end = (hop: number, word: string) => `hpc-collector:N:${hop}:${word}\n`;

describe('a command whose end the last host reported', () => {
  test('has the status that this host tells, 255 too, and the standard error between its markers', async () => {
    const stderr = `mesg: noise\n${begin(0)}qstat: cannot connect${end(0, 'exit 255')}logout\n`;
    const stdout = `${begin(0)}${end(0, 'exit 255')}`;
    expect(await endingOf(exited(255, stderr), { stdout })).toEqual(exited(255, 'qstat: cannot connect'));
  });

  test('can pass a host whose own output is left out', async () => {
    const stderr = `one\n${begin(0)}two\n${begin(1)}why\n${end(1, 'exit 3')}three\n${end(0, 'exit 3')}four\n`;
    const stdout = `${begin(0)}${begin(1)}${end(1, 'exit 3')}${end(0, 'exit 3')}`;
    expect(await endingOf(exited(3, stderr), { stdout, hops: ['via', 'a'] })).toEqual(exited(3, 'why\n'));
  });

  test('has that status even if ssh hangs afterwards', async () => {
    const stdout = `${begin(0)}${end(0, 'exit 0')}`;
    expect(await endingOf({ kind: 'timed-out', seconds: 30 }, { stdout })).toEqual(exited(0, ''));
  });

  test('has all of standard error if only its end was kept', async () => {
    const stdout = `${begin(0)}${end(0, 'exit 1')}`;
    expect(await endingOf(exited(1, `the end\n${end(0, 'exit 1')}`), { stdout })).toEqual(exited(1, 'the end\n'));
  });

  test.each([124, 137])('timed out on the remote host with %d only if the time limit has passed', async (code) => {
    const stdout = `${begin(0)}${end(0, `exit ${code}`)}`;
    expect(await endingOf(exited(code, ''), { stdout })).toEqual(exited(code, ''));
    expect(await endingOf(exited(code, ''), { stdout, passed: 30.1 })).toEqual({ kind: 'timed-out', seconds: 30 });
  });

  test.each<[string, string, Ending]>([
    ['missing', '', { kind: 'not-found', program: 'qstat' }],
    [
      'exit 126',
      "timeout: failed to run command '/etc/x': Permission denied\n",
      { kind: 'not-found', program: '/etc/x' },
    ],
    [
      'exit 127',
      'qstat: line 3: module: command not found\n',
      exited(127, 'qstat: line 3: module: command not found\n'),
    ],
  ])('with %s', async (word, words, ending) => {
    const stderr = `${begin(0)}${words}${end(0, word)}`;
    expect(await endingOf(exited(127, stderr), { stdout: `${begin(0)}${end(0, word)}` })).toEqual(ending);
  });
});

describe('a command that did not begin, or whose end was not seen', () => {
  const key = 'Host key verification failed.\n';
  const lost = 'Connection to a closed by remote host.\n';
  const hops = ['via', 'a'];
  test.each<[string, Ending, { stdout?: string; hops?: readonly string[]; passed?: number }, object]>([
    ['ssh names why', exited(255, key), {}, { kind: 'unreachable', host: 'a', reason: 'host key not trusted' }],
    ['ssh fails otherwise', exited(255, 'Bad option\n'), {}, { kind: 'unreachable', host: 'a', reason: 'ssh failed' }],
    ['the host between fails', exited(255, key), { hops }, { kind: 'unreachable', host: 'via' }],
    [
      'the host behind fails',
      exited(255, `Connection refused\n${begin(0)}${key}${end(0, 'exit 255')}`),
      { hops, stdout: `${begin(0)}${end(0, 'exit 255')}` },
      { kind: 'unreachable', host: 'a', reason: 'host key not trusted', stderr: key },
    ],
    [
      'the host between has no ssh',
      exited(127, ''),
      { hops, stdout: `${begin(0)}${end(0, 'missing')}` },
      { kind: 'not-found', program: 'ssh' },
    ],
    [
      'the login shell runs something else',
      exited(0, ''),
      { stdout: 'This account is not available.\n' },
      {
        kind: 'unreachable',
        reason: 'login shell did not run the command',
        stderr: 'This account is not available.\n',
      },
    ],
    [
      'the login shell fails',
      exited(1, 'bash: fork: Resource temporarily unavailable\n'),
      {},
      { kind: 'unreachable', host: 'a', reason: 'login shell did not run the command' },
    ],
    ['the login hangs', { kind: 'timed-out', seconds: 30 }, {}, { kind: 'unreachable', reason: 'login timed out' }],
    [
      'the login hangs behind a host',
      exited(124, ''),
      { hops, stdout: `${begin(0)}${end(0, 'exit 124')}`, passed: 31 },
      { kind: 'unreachable', host: 'a', reason: 'login timed out' },
    ],
    ['the program hangs', { kind: 'timed-out', seconds: 30 }, { stdout: begin(0) }, { kind: 'timed-out', seconds: 30 }],
    ['its output is cut', exited(0, ''), { stdout: `${begin(0)}{"Jobs":` }, { kind: 'cut-off' }],
    ['its host is killed', exited(255, ''), { stdout: begin(0) }, { kind: 'cut-off' }],
    [
      'the connection is lost',
      exited(255, lost),
      { stdout: begin(0) },
      { kind: 'unreachable', reason: 'connection lost' },
    ],
  ])('where %s', async (_, ending, what, expected) => {
    expect(await endingOf(ending, what)).toMatchObject(expected);
  });
});

test('only a connection that was dropped before the login is retried', () => {
  const lost = (stderr: string): Ending => ({ kind: 'unreachable', host: 'a', reason: 'connection lost', stderr });
  expect(wasDropped(lost('kex_exchange_identification: read: Connection reset by peer\r\n'))).toBe(true);
  expect(wasDropped(lost('client_loop: send disconnect: Broken pipe\r\n'))).toBe(false);
  expect(wasDropped(exited(0, 'kex_exchange_identification: x'))).toBe(false);
});

test.each<[UnreachableReason, boolean]>([
  ['does not answer', true],
  ['login timed out', true],
  ['connection refused', true],
  ['unknown host name', false],
  ['host key not trusted', false],
  ['login refused', false],
  ['connection lost', false],
  ['login shell did not run the command', false],
  ['ssh failed', false],
])('a host with "%s" gave no answer: %p', (reason, expected) => {
  expect(isSilence(reason)).toBe(expected);
});
