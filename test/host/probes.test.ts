import { describe, expect, test } from 'bun:test';
import { parseFilesystem, saysNoAnswer, saysNoPath } from '../../src/host/filesystem.ts';
import { parseLoginNode } from '../../src/host/login-node.ts';
import { probeFilesystem, probeLoginNode, wayTo } from '../../src/host/probes.ts';
import { answering, exited } from '../support/executors.ts';
import { plainSystem } from '../support/systems.ts';

const df = (line: string, path = '/glade') => parseFilesystem(`header\n${line}\n`, path);

describe('the numbers of df', () => {
  test.each([
    ['1 0 1 0 /glade', { sizeBytes: 1, usedBytes: 0, inodes: 1, inodesUsed: 0 }],
    ['2 1 - 0 /glade', { sizeBytes: 2, usedBytes: 1, inodes: null, inodesUsed: null }],
    ['2 1 5 - /glade', { sizeBytes: 2, usedBytes: 1, inodes: null, inodesUsed: null }],
    ['2 1 0 0 /glade', { sizeBytes: 2, usedBytes: 1, inodes: null, inodesUsed: null }],
    ['0 0 1 1 /glade', null],
    ['- 0 1 1 /glade', null],
    ['1 - 1 1 /glade', null],
    ['1 0 1 1 /', 'not mounted'],
    ['1 0 1 1 / x', { sizeBytes: 1, usedBytes: 0, inodes: 1, inodesUsed: 1 }],
  ])('%s', (line, expected) => {
    expect(df(line)).toEqual(expected as never);
  });

  test('the root itself is mounted', () => {
    expect(df('1 0 1 1 /', '/')).toMatchObject({ sizeBytes: 1 });
  });
});

test('only the end of a line of df is read as its error', () => {
  const says = (words: string) => [saysNoAnswer(words), saysNoPath(words)];
  expect(says('df: /a: Stale file handle')).toEqual([true, false]);
  expect(says('x\ndf: /a: Stale NFS file handle\ny')).toEqual([true, false]);
  expect(says('df: /a: Not a directory')).toEqual([false, true]);
  expect(says('df: /a: No such file or directory')).toEqual([false, true]);
  expect(says('df: /a: Not a directory\nlogout')).toEqual([false, true]);
  // Names of directories that look like messages.
  expect(says('df: /a: No such file or directory/b: Stale file handle')).toEqual([true, false]);
  expect(says('df: /a: Stale file handle/b: Permission denied')).toEqual([false, false]);
  expect(says('df: /a: Permission denied')).toEqual([false, false]);
});

test('a path that does not exist is marked, another failure is not', async () => {
  const probe = (stderr: string) =>
    probeFilesystem(
      plainSystem('gust'),
      answering(() => ({ ending: exited(1, stderr) })),
      '/a',
    );
  expect(await probe('df: /a: No such file or directory')).toMatchObject({ kind: 'failed', isMissing: true });
  expect(await probe('df: /a: Permission denied')).not.toHaveProperty('isMissing');
});

test('a usage without sizes is a failed probe', async () => {
  const probed = await probeFilesystem(
    plainSystem('gust'),
    answering(() => ({ stdout: 'header\n- - 1 1 /a\n' })),
    '/a',
  );
  expect(probed).toEqual({
    kind: 'failed',
    reason: 'df --block-size=1 --output=size,used,itotal,iused,target -- /a on gust printed no sizes',
  });
});

test.each([
  ['0.00 0.01 1.00 1/2 3\n1\nsessions: who\n', { load: [0, 0.01, 1], cpus: 1, users: 0 }],
  ['0.00 0.01 1.00 1/2 3\n1\nsessions: who\na tty1\n', { load: [0, 0.01, 1], cpus: 1, users: 1 }],
  ['0.00 0.01 1.00 1/2 3\n1\na tty1\n', { load: [0, 0.01, 1], cpus: 1, users: 1 }],
  ['0.00 0.01 1.00 1/2 3\n1\nsessions: loginctl 2\n1 0 a\n2 0 b\n3 0 c\n', { users: 2 }],
  ['0.00 0.01 1.00 1/2 3\n1\nsessions: unknown\n', { users: null }],
  ['0.00 0.01 1.00 1/2 3\n1\nsessions: who\na tty1\n  \n', { users: 1 }],
  ['0.00 0.01 1.00 1/2 3\n0\n', null],
  ['0.00 0.01\n1\n', null],
])('the output %j of a login node', (text, expected) => {
  const found = parseLoginNode(text);
  if (expected === null) expect(found).toBeNull();
  else expect(found).toMatchObject(expected);
});

test.each(['manager', 'manager-early', 'background', 'background-light', 'greeter', 'lock-screen', 'none'])(
  'a session of the class %s is not one of a person',
  (name) => {
    const text = `1.00 1.00 1.00 1/2 3\n1\nsessions: loginctl 9\n1 0 a - 1 ${name} -\n2 0 b - 1 user -\n`;
    expect(parseLoginNode(text)).toMatchObject({ users: 1 });
  },
);

describe('a login node that hangs', () => {
  const probe = (host: string, reason: 'does not answer' | 'login refused') =>
    probeLoginNode(
      plainSystem('gust'),
      answering(() => ({ ending: { kind: 'unreachable', host, reason, stderr: '' } })),
      { name: 'a', host: 'a.example' },
    );

  test('is unavailable; one that refuses, or is behind a host that hangs, is a failed probe', async () => {
    expect(await probe('a.example', 'does not answer')).toMatchObject({
      kind: 'done',
      value: { unavailable: expect.any(String) },
    });
    expect(await probe('a.example', 'login refused')).toMatchObject({ kind: 'failed' });
    expect(await probe('gust', 'does not answer')).toMatchObject({ kind: 'failed' });
  });
});

test('the way to a login node', () => {
  const way = (settings: object, node: { name: string; host?: string }) => wayTo(plainSystem('gust', settings), node);
  expect(way({}, { name: 'a' })).toEqual({ host: 'a', via: 'gust' });
  expect(way({ login_nodes_via: 'direct' }, { name: 'a', host: 'b' })).toEqual({ host: 'b', via: null });
});
