import { describe, expect, test } from 'bun:test';
import type { Ending, UnreachableReason } from '../../src/exec/command.ts';
import { notFoundMark, ownStatusMark } from '../../src/exec/ssh-arguments.ts';
import { commandEnding, unreachableReason, wasDropped } from '../../src/exec/ssh-ending.ts';

const seconds = { allowed: 30, passed: 1 };
const exited = (code: number, stderr: string): Ending => ({ kind: 'exited', code, stderr });

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
  ['Timeout, server derecho not responding.', 'connection lost'],
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

describe('a status of 255', () => {
  test("that every hop marked is the command's own, and the marks are taken out", () => {
    const stderr = `Connection refused\nqstat: cannot connect\n${ownStatusMark}\n`;
    const clean = exited(255, 'Connection refused\nqstat: cannot connect\n');
    expect(commandEnding(exited(255, stderr), ['a'], seconds)).toEqual(clean);
    expect(commandEnding(exited(255, `${stderr}${ownStatusMark}\n`), ['via', 'a'], seconds)).toEqual(clean);
  });

  test('with fewer marks than hops names the hop that was not reached', () => {
    const stderr = 'Host key verification failed.\n';
    const unreachable = { kind: 'unreachable', reason: 'host key not trusted', stderr };
    expect(commandEnding(exited(255, stderr), ['via', 'a'], seconds)).toMatchObject({ ...unreachable, host: 'via' });
    expect(commandEnding(exited(255, `${stderr}${ownStatusMark}\n`), ['via', 'a'], seconds)).toMatchObject({
      ...unreachable,
      host: 'a',
    });
  });

  test('with a message of ssh that is not known is still a failure of ssh', () => {
    const stderr = '/etc/ssh/ssh_config: line 1: Bad configuration option: x\n';
    expect(commandEnding(exited(255, stderr), ['a'], seconds)).toMatchObject({
      kind: 'unreachable',
      reason: 'ssh failed',
    });
  });
});

test.each([124, 137])('a status of %d is that of the far timeout only once the time is over', (code) => {
  expect(commandEnding(exited(code, ''), ['a'], seconds)).toEqual(exited(code, ''));
  expect(commandEnding(exited(code, ''), ['a'], { allowed: 30, passed: 30.1 })).toEqual({
    kind: 'timed-out',
    seconds: 30,
  });
});

test.each([
  [127, `${notFoundMark}qstat\n`, { kind: 'not-found', program: 'qstat' }],
  [
    126,
    "timeout: failed to run command '/etc/passwd': Permission denied\n",
    { kind: 'not-found', program: '/etc/passwd' },
  ],
  [127, 'qstat: line 3: module: command not found\n', exited(127, 'qstat: line 3: module: command not found\n')],
  [0, `${notFoundMark}x\n`, exited(0, `${notFoundMark}x\n`)],
] satisfies [number, string, Ending][])('a status of %d with %p', (code, stderr, ending) => {
  expect(commandEnding(exited(code, stderr), ['a'], seconds)).toEqual(ending);
});

test('only what was dropped before the login is tried again', () => {
  const lost = (stderr: string): Ending => ({ kind: 'unreachable', host: 'a', reason: 'connection lost', stderr });
  expect(wasDropped(lost('kex_exchange_identification: read: Connection reset by peer\r\n'))).toBe(true);
  expect(wasDropped(lost('client_loop: send disconnect: Broken pipe\r\n'))).toBe(false);
  expect(wasDropped(exited(0, 'kex_exchange_identification: x'))).toBe(false);
});
