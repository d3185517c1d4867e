import { describe, expect, test } from 'bun:test';
import type { Command, Ending, UnreachableReason } from '../../src/exec/command.ts';
import { probeLoginNode } from '../../src/host/probes.ts';
import { snapshotOf } from '../support/collected.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { plainSystem } from '../support/systems.ts';

const loads = '1.16 1.66 1.30 1/83 28532\n4\n';
const users = 'jsmith   pts/0        Nov 21 02:12 (10.1.2.0)\njsmith   pts/1        Nov 21 02:12\nmcurie   tty1\n';
const login_nodes = [{ name: 'gust1', type: 'cpu' }];
const system = plainSystem('gust', { login_nodes });

async function rowWith(answer: Answer, of = system) {
  const { payload, failedProbes, lines } = await snapshotOf(
    of,
    answering(({ argv }) => (argv[0] === 'sh' ? answer : { stdout: '{"pbs_version":"1"}\n' })),
  );
  return { row: payload.login_nodes[0], failedProbes, lines };
}

test('one has its sessions, CPUs and raw loads', async () => {
  expect((await rowWith({ stdout: loads + users })).row).toEqual({
    node_name: 'gust1',
    node_type: 'cpu',
    available: true,
    degraded: false,
    user_count: 3,
    num_cpus: 4,
    load_1min: 1.16,
    load_5min: 1.66,
    load_15min: 1.3,
  });
});

test('loads may be percent of its CPUs', async () => {
  const percent = plainSystem('gust', { login_nodes, load_as: 'percent' });
  expect((await rowWith({ stdout: loads }, percent)).row).toMatchObject({
    user_count: null,
    load_1min: 29,
    load_5min: 41.5,
    load_15min: 32.5,
  });
});

test('a load over 100 % is accepted', async () => {
  const percent = plainSystem('gust', { login_nodes, load_as: 'percent' });
  expect((await rowWith({ stdout: '9.00 9.00 9.00 1/83 2\n2\n' }, percent)).row?.load_1min).toBe(450);
});

/** `loginctl list-sessions --no-legend` of systemd 252, 257 and 219, whose columns differ. */
const sessions252 = `     12 1001 jsmith          pts/0 active no   -
     13 1001 jsmith          pts/1 online yes  2min ago
   4711 1002 svc                   online no   -
`;
const sessions257 = `     12 1001 jsmith -     4100 user            pts/0 no  -
     13 1001 jsmith -     4090 manager         -     no  -
      5    0 root   seat0 1200 user            tty1  yes 1h ago
     20  120 gdm    seat0 1300 greeter         tty7  no  -
     21 1003 batch  -     5000 background      -     no  -
   4711 1002 svc    -     6000 user            -     no  -
`;
const sessions219 = '        12       1001 jsmith           seat0\n      4711       1002 svc\n';

describe('its sessions are counted', () => {
  test.each([
    ['by who', `sessions: who\n${users}`, 3],
    ['by who, of which there are none', 'sessions: who\n\n', 0],
    ['by loginctl, without our own', `sessions: loginctl 4711\n${sessions252}`, 2],
    ['by loginctl, without managers, greeters and cron', `sessions: loginctl 4711\n${sessions257}`, 2],
    ['by loginctl of an old systemd', `sessions: loginctl 4711\n${sessions219}`, 1],
    ['by loginctl, without a session of our own', `sessions: loginctl 4294967295\n${sessions252}`, 3],
    ['by loginctl, of which there are none', 'sessions: loginctl 4294967295\n\n', 0],
    ['by nothing', 'sessions: unknown\n\n', null],
    ['in an old recording', users, 3],
    ['in an old recording that does not distinguish no sessions from no utmp', '', null],
  ])('%s', async (_, text, user_count) => {
    const { row, failedProbes } = await rowWith({ stdout: `${loads}${text}` });
    expect(row).toMatchObject({ available: true, user_count });
    expect(failedProbes).toEqual([]);
  });

  test('by the command of an old recording', async () => {
    const { payload, failedProbes } = await snapshotOf(
      system,
      answering(({ argv }) => {
        if (argv[0] !== 'sh') return { stdout: '{"pbs_version":"1"}\n' };
        const isOld = argv[2] === 'cat /proc/loadavg && nproc && who';
        return isOld ? { stdout: loads + users } : { ending: { kind: 'not-recorded' } };
      }),
    );
    expect(payload.login_nodes[0]).toMatchObject({ user_count: 3 });
    expect(failedProbes).toEqual([]);
  });
});

describe('how one is reached', () => {
  const askedWith = async (settings: object, node: { name: string; host?: string } = { name: 'gust1' }) => {
    const asked: Command[] = [];
    const executor = answering((command) => {
      asked.push(command);
      return { stdout: loads };
    });
    await probeLoginNode(plainSystem('gust', settings), executor, node);
    return asked.map(({ host, via, timeoutSeconds }) => [host, via, timeoutSeconds]);
  };

  test('by way of the host of PBS', async () => {
    expect(await askedWith({})).toEqual([['gust1', 'gust', 30]]);
  });

  test('directly, if it is configured so', async () => {
    expect(await askedWith({ login_nodes_via: 'direct' })).toEqual([['gust1', null, 30]]);
  });

  test('directly, if PBS is on this host', async () => {
    expect(await askedWith({ pbs_host: null })).toEqual([['gust1', null, 30]]);
  });

  test('by a name of its own', async () => {
    expect(await askedWith({}, { name: 'gust1', host: 'me@gust1.example.org' })).toEqual([
      ['me@gust1.example.org', 'gust', 30],
    ]);
  });
});

const unreachable = (host: string): Extract<Ending, { kind: 'unreachable' }> => ({
  kind: 'unreachable',
  host,
  reason: 'does not answer',
  stderr: '',
});

describe('one is unavailable and degraded, and no probe failed', () => {
  test.each<[string, Answer, string]>([
    ['where it does not answer', { ending: unreachable('gust1') }, 'ssh to gust1: does not answer'],
    ['where it hangs', { ending: { kind: 'timed-out', seconds: 30 } }, 'did not end within 30 s'],
    [
      'where it refuses connections',
      { ending: { ...unreachable('gust1'), reason: 'connection refused' } },
      'ssh to gust1: connection refused',
    ],
    [
      'where its login hangs',
      { ending: { ...unreachable('gust1'), reason: 'login timed out' } },
      'ssh to gust1: login timed out',
    ],
  ])('%s', async (_, answer, words) => {
    const { row, failedProbes, lines } = await rowWith(answer);
    expect(row).toEqual({
      node_name: 'gust1',
      node_type: 'cpu',
      available: false,
      degraded: true,
      user_count: null,
      load_1min: null,
      load_5min: null,
      load_15min: null,
    });
    expect(failedProbes).toEqual([]);
    expect(lines.filter((line) => line.startsWith('WARN'))).toEqual([expect.stringContaining(words)]);
  });
});

describe('it is a failed probe, and the row is left out', () => {
  const refusing = (reason: UnreachableReason): Answer => ({ ending: { ...unreachable('gust1'), reason } });
  test.each<[string, Answer, object]>([
    ...(
      [
        'login refused',
        'host key not trusted',
        'unknown host name',
        'connection lost',
        'login shell did not run the command',
        'ssh failed',
      ] as const
    ).map((reason): [string, Answer, object] => [`where it is reached so: ${reason}`, refusing(reason), {}]),
    ['where its commands fail', { stdout: loads, ending: exited(127, 'sh: nproc: not found\n') }, {}],
    ['where its output is cut off', { stdout: loads, ending: { kind: 'cut-off', stderr: '' } }, {}],
    ['where it prints something else', { stdout: 'Welcome to gust1!\n' }, {}],
    ['where it prints nothing', {}, {}],
    ['where it has no CPUs', { stdout: '1.00 1.00 1.00 1/2 3\n0\n' }, {}],
    ['where its loads are none', { stdout: '-1.00 nan 1.00 1/2 3\n4\n' }, {}],
    [
      'where the login at the host in between hangs',
      { ending: { ...unreachable('gust'), reason: 'login timed out' } },
      {},
    ],
    ['where the host in between cannot be reached', { ending: unreachable('gust') }, {}],
    ['if ssh is not installed', { ending: { kind: 'not-found', program: 'ssh' } }, {}],
    ['where it is not recorded', { ending: { kind: 'not-recorded' } }, {}],
  ])('%s', async (_, answer, settings) => {
    const { row, failedProbes } = await rowWith(answer, plainSystem('gust', { login_nodes, ...settings }));
    expect(row).toBeUndefined();
    expect(failedProbes).toEqual(['login_nodes/gust1']);
  });

  test('but where the host of PBS is that login node itself, it is unavailable', async () => {
    const own = plainSystem('gust', { login_nodes, pbs_host: 'gust1' });
    const { row, failedProbes } = await rowWith({ ending: unreachable('gust1') }, own);
    expect(row).toMatchObject({ available: false, degraded: true });
    expect(failedProbes).toEqual([]);
  });
});

test('an unreachable login node leaves out only itself, and all keep their order', async () => {
  const of = plainSystem('gust', { login_nodes: ['c', 'a', 'b'].map((name) => ({ name })) });
  const { payload } = await snapshotOf(
    of,
    answering(({ host, argv }) => {
      if (argv[0] !== 'sh') return { stdout: '{"pbs_version":"1"}\n' };
      return host === 'a' ? { ending: unreachable('a') } : { stdout: loads };
    }),
  );
  expect(payload.login_nodes.map(({ node_name, available }) => [node_name, available])).toEqual([
    ['c', true],
    ['a', false],
    ['b', true],
  ]);
});
