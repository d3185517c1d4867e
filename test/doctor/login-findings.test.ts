/** What doctor says of a login that fails, and the remedy for each reason. */

import { describe, expect, test } from 'bun:test';
import type { Ending, UnreachableReason } from '../../src/exec/command.ts';
import { exited } from '../support/executors.ts';
import { type Answers, reach, remote, timedOut, unreachable } from './reaching.ts';

describe('a login that fails', () => {
  const remedies: readonly [UnreachableReason, result: 'warn' | 'fail', remedy: string][] = [
    ['does not answer', 'warn', 'BEFOREping -c 1 HOST; SSH -v HOST true'],
    ['login timed out', 'warn', 'SSH -v HOST true   # a home directory or a start file of the login shell may hang'],
    ['connection refused', 'warn', 'SSH -v HOST true   # is sshd running there?'],
    ['unknown host name', 'fail', 'BEFOREgetent hosts HOST   # correct the name, or define it in ~/.ssh/config'],
    ['host key not trusted', 'fail', 'SSH HOST true   # compare the fingerprint, then answer yes'],
    ['login refused', 'fail', 'SSH-copy-id HOST   # a key without a passphrase, or an agent that cron can use'],
    ['connection lost', 'warn', 'SSH -v HOST true'],
    [
      'login shell did not run the command',
      'fail',
      'SSH HOST true   # look for exec or exit in the start files of the shell, and for ForceCommand in sshd_config',
    ],
    ['ssh failed', 'warn', 'SSH -v HOST true'],
  ];
  const told = (remedy: string, host: string, { before = '', flags = '' } = {}) =>
    remedy
      .replaceAll(/SSH(-copy-id)?/g, (_, copy = '') => `${before}ssh${copy}${flags}`)
      .replaceAll('HOST', host)
      .replaceAll('BEFORE', before);
  const failing = (host: string, ending: Ending): Answers => {
    return (called, command) => (called === 'true' && command.host === host ? ending : null);
  };
  const nodes = { ...remote, login_nodes: [{ name: 'login2', host: 'l2' }] };
  const lastOf = async (settings: object, host: string, ending: Ending) =>
    (await reach(settings, failing(host, ending))).lines.at(-1);

  test.each(remedies)('%s', async (reason, result, remedy) => {
    const direct = { ...nodes, login_nodes_via: 'direct' };
    const ending = unreachable('l2', reason);
    const found = `${result} gust ssh login2: true on l2: ssh to l2: ${reason} → `;
    expect(await lastOf(direct, 'l2', ending)).toBe(found + told(remedy, 'l2'));
    const flags = ' -F /etc/ssh_config';
    expect(await lastOf({ ...direct, ssh_config: '/etc/ssh_config' }, 'l2', ending)).toBe(
      found + told(remedy, 'l2', { flags }),
    );
    expect(await lastOf(nodes, 'l2', ending)).toBe(
      `${result} gust ssh login2: true on l2: ssh to l2: ${reason} → ${told(remedy, 'l2', { before: 'ssh -t pbs1 ' })}`,
    );
    const [first] = (await reach(nodes, failing('pbs1', unreachable('pbs1', reason)))).lines;
    expect(first).toBe(`fail gust ssh pbs1: true on pbs1: ssh to pbs1: ${reason} → ${told(remedy, 'pbs1')}`);
  });

  test('of the host on the way has the remedy of that host', async () => {
    expect(await lastOf(nodes, 'l2', unreachable('pbs1', 'login refused'))).toEndWith(
      '→ ssh-copy-id pbs1   # a key without a passphrase, or an agent that cron can use',
    );
    expect(await lastOf({ ...nodes, ssh_config: '/etc/c' }, 'l2', unreachable('l2', 'login refused'))).toEndWith(
      '→ ssh -F /etc/c -t pbs1 ssh-copy-id l2   # a key without a passphrase, or an agent that cron can use',
    );
  });

  test('because ssh is missing, or because of something else', async () => {
    const direct = { ...nodes, login_nodes_via: 'direct' };
    expect(await lastOf(direct, 'l2', { kind: 'not-found', program: 'ssh' })).toBe(
      'fail gust ssh login2: true on l2: there is no ssh in PATH or search_path → command -v ssh   # install it (openssh-client)',
    );
    expect(await lastOf(direct, 'l2', timedOut)).toBe(
      'warn gust ssh login2: true on l2 did not end within 9 s → ssh -v l2 true',
    );
    expect(await lastOf(nodes, 'l2', exited(1))).toBe(
      'warn gust ssh login2: true on l2 exited with 1 → ssh -t pbs1 ssh -v l2 true',
    );
  });
});
