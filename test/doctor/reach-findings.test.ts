/** Everything that doctor says of a cluster, with an executor that starts nothing. */

import { describe, expect, spyOn, test } from 'bun:test';
import { checkReach } from '../../src/doctor/reach.ts';
import type { Ending } from '../../src/exec/command.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { systemOf } from '../support/systems.ts';
import { type Answers, healthy, ofCluster, reach, remote, timedOut, unreachable } from './reaching.ts';

const programs = { pbs: ['pbsnodes', 'qstat', 'pbs_rstat'], slurm: ['sinfo', 'squeue', 'scontrol'] };
const versions = {
  pbs: ['pbsnodes 1', 'qstat 1', 'pbs_rstat 1'],
  slurm: ['slurm 23.02.1', 'slurm 23.02.1', 'slurm 23.02.1'],
};

describe.each([
  ['pbs', 'pbs_server'],
  ['slurm', 'slurmctld'],
] as const)('a cluster with %s that is in order', (scheduler, server) => {
  const found = (where: string) => [
    ...programs[scheduler].map((name, index) => `pass gust ${name}: found ${where}: ${versions[scheduler][index]}`),
    `pass gust df: found ${where}: df 1`,
    `pass gust ${server}: answers`,
    `pass gust /home: measured by df ${where}`,
    `pass gust /work: measured by df ${where}`,
  ];

  test('passes on this host', async () => {
    expect((await reach({ ...ofCluster, scheduler, scheduler_host: null })).lines).toEqual([
      ...found('here'),
      'pass gust ssh login1: logged in within N s',
      'pass gust ssh login2: logged in within N s',
    ]);
  });

  test('passes on another host', async () => {
    expect((await reach({ ...remote, scheduler })).lines).toEqual([
      'pass gust ssh pbs1: logged in within N s',
      ...found('on pbs1'),
      'pass gust ssh login1: logged in within N s, through pbs1',
      'pass gust ssh login2: logged in within N s, through pbs1',
    ]);
  });
});

test('the login nodes can be this host, the scheduler host, or reached directly or from this host', async () => {
  const nodes = async (settings: object) => (await reach(settings)).lines.filter((line) => line.includes(' ssh '));
  expect(await nodes({ ...remote, login_nodes_via: 'direct' })).toEqual([
    'pass gust ssh pbs1: logged in within N s',
    'pass gust ssh login1: logged in within N s',
    'pass gust ssh login2: logged in within N s',
  ]);
  expect(await nodes({ ...remote, login_nodes: [{ name: 'one', host: 'here' }, { name: 'pbs1' }] })).toEqual([
    'pass gust ssh pbs1: logged in within N s',
    'pass gust ssh one: this is the same host: ssh is not needed',
    'pass gust ssh pbs1: logged in within N s',
  ]);
  expect(await nodes({ ...remote, scheduler_host: 'HERE' })).toEqual([
    'pass gust ssh HERE: this is the same host: ssh is not needed',
    'pass gust ssh login1: logged in within N s',
    'pass gust ssh login2: logged in within N s',
  ]);
});

test('the time of a login is shown', async () => {
  let now = 1000;
  const clock = spyOn(performance, 'now').mockImplementation(() => {
    now += 60_060;
    return now;
  });
  const found = await checkReach({
    system: systemOf('gust', { scheduler_host: 'pbs1' }),
    executor: answering(healthy),
    hostName: 'here',
  });
  clock.mockRestore();
  expect(found[0]?.message).toBe('logged in within 60.1 s');
});

test('each command runs on its host, with the limits of the system', async () => {
  const { started } = await reach({ ...remote, timeouts: { command: 17 }, max_output_mib: { host: 3 } });
  expect(started.map(({ argv, host, via }) => `${via} ${host} ${argv.join(' ')}`)).toEqual([
    'null pbs1 true',
    'null pbs1 pbsnodes --version',
    'null pbs1 qstat --version',
    'null pbs1 pbs_rstat --version',
    'null pbs1 df --version',
    'null pbs1 qstat -B -f',
    'null pbs1 df --block-size=1 --output=size,used,itotal,iused,target -- /home',
    'null pbs1 df --block-size=1 --output=size,used,itotal,iused,target -- /work',
    'pbs1 login1 true',
    'pbs1 l2.example.org true',
  ]);
  for (const { timeoutSeconds, maxOutputBytes } of started)
    expect({ timeoutSeconds, maxOutputBytes }).toEqual({ timeoutSeconds: 17, maxOutputBytes: 3 * 1024 ** 2 });
});

test('a system is checked only on its hosts', async () => {
  const elsewhere = await reach({ ...remote, hosts: ['there', 'yonder'] });
  expect(elsewhere.lines).toEqual(['skip gust: not collected on this host, only on there, yonder']);
  expect(elsewhere.started).toEqual([]);
  expect((await reach({ ...remote, hosts: ['there', 'here'] })).lines).toHaveLength(10);
});

describe('a scheduler host that cannot be reached', () => {
  const down: Answers = (called, { host, via }) =>
    called === 'true' && host === 'pbs1' && via === null ? unreachable('pbs1', 'connection refused') : null;
  const behind = (name: string) => `skip gust ${name}: not checked: it needs pbs1, which cannot be reached`;

  test.each([
    ['pbs', 'pbs_server'],
    ['slurm', 'slurmctld'],
  ] as const)('fails, and everything behind it is skipped: %s', async (scheduler, server) => {
    const { lines, started } = await reach({ ...remote, scheduler }, down);
    expect(lines).toEqual([
      'fail gust ssh pbs1: true on pbs1: ssh to pbs1: connection refused → ssh -v pbs1 true   # is sshd running there?',
      ...[...programs[scheduler], 'df', server, '/home', '/work', 'ssh login1', 'ssh login2'].map(behind),
    ]);
    expect(started).toHaveLength(1);
  });

  test('does not prevent the check of login nodes that are reached directly', async () => {
    expect((await reach({ ...remote, login_nodes_via: 'direct' }, down)).lines.slice(-2)).toEqual([
      'pass gust ssh login1: logged in within N s',
      'pass gust ssh login2: logged in within N s',
    ]);
  });
});

describe('a program', () => {
  const finding = async (settings: object, name: string, answer: Answer | Ending | null) => {
    const { lines } = await reach(settings, (called) => (called === `${name} --version` ? answer : null));
    return lines.find((line) => line.slice(5).startsWith(`gust ${name}:`));
  };
  const local = { ...remote, scheduler_host: null };
  const slurm = { ...remote, scheduler: 'slurm' };

  test.each([
    [1, 'pass gust qstat: found on pbs1'],
    [125, 'pass gust qstat: found on pbs1'],
    [
      126,
      'fail gust qstat: qstat --version on pbs1 exited with 126: no → ssh pbs1 command -v qstat   # and add its directory to search_path in gust.yaml',
    ],
    [127, 'pass gust qstat: found on pbs1'],
  ])('that exits with %d', async (code, line) => {
    expect(await finding(remote, 'qstat', exited(code, 'no'))).toBe(line);
  });

  test('that is missing is to be found, and its directory to be set', async () => {
    const missing = (program: string) => ({ kind: 'not-found', program }) as const;
    const ending = '   # and add its directory to search_path in gust.yaml';
    for (const [settings, name] of [
      [remote, 'pbs_rstat'],
      [remote, 'df'],
      [slurm, 'sinfo'],
    ] as const)
      expect(await finding(settings, name, missing(name))).toBe(
        `fail gust ${name}: ${name} --version on pbs1: there is no ${name} in PATH or search_path → ssh pbs1 command -v ${name}${ending}`,
      );
    expect(await finding(local, 'qstat', missing('qstat'))).toBe(
      `fail gust qstat: qstat --version: there is no qstat in PATH or search_path → command -v qstat${ending}`,
    );
    expect(await finding(local, 'qstat', exited(1))).toBe('pass gust qstat: found here');
  });

  test('of Slurm that hangs finds no slurm.conf; others do not have this remedy', async () => {
    expect(await finding(slurm, 'squeue', timedOut)).toBe(
      'fail gust squeue: squeue --version on pbs1 did not end within 9 s → look for slurm.conf on the host that runs the Slurm commands; set environment.SLURM_CONF to its path, or search_path to the programs of the cluster',
    );
    const ending = '   # and add its directory to search_path in gust.yaml';
    expect(await finding(slurm, 'df', timedOut)).toBe(
      `fail gust df: df --version on pbs1 did not end within 9 s → ssh pbs1 command -v df${ending}`,
    );
    expect(await finding(remote, 'qstat', timedOut)).toBe(
      `fail gust qstat: qstat --version on pbs1 did not end within 9 s → ssh pbs1 command -v qstat${ending}`,
    );
  });

  test('shows the line of its version, at most 80 characters', async () => {
    expect(
      await finding(slurm, 'sinfo', { stdout: 'Welcome\n  slurm-wlm 22.05.8  \nslurm-wlm 22.05.8\n' }),
    ).not.toContain('Welcome');
    expect(await finding(slurm, 'sinfo', { stdout: 'Welcome\nslurm-wlm 22.05.8 \n' })).toBe(
      'pass gust sinfo: found on pbs1: slurm-wlm 22.05.8',
    );
    expect(await finding(remote, 'qstat', { stdout: `${'v'.repeat(81)}\n` })).toBe(
      `pass gust qstat: found on pbs1: ${'v'.repeat(80)}`,
    );
  });

  test('of Slurm must not be old; another one may', async () => {
    const old = { stdout: 'slurm 20.11.9\n' };
    expect(await finding(slurm, 'scontrol', old)).toBe(
      'fail gust scontrol: slurm 20.11.9 is older than 21.08, the oldest supported Slurm → set search_path in gust.yaml if a newer version is installed elsewhere',
    );
    expect(await finding(slurm, 'df', old)).toBe('pass gust df: found on pbs1: slurm 20.11.9');
    expect(await finding(remote, 'qstat', old)).toBe('pass gust qstat: found on pbs1: slurm 20.11.9');
  });
});

describe('the server', () => {
  const finding = async (settings: object, answer: Answer | Ending) => {
    const { lines } = await reach(settings, (called) =>
      ['qstat -B -f', 'scontrol show config'].includes(called) ? answer : null,
    );
    return lines.find((line) => /^.... gust (?:pbs_server|slurmctld):/.test(line));
  };
  const slurm = { scheduler: 'slurm', scheduler_host: 'pbs1' };
  const munge = exited(1, 'scontrol: error: Munge encode failed');

  test.each<[string, object, Answer | Ending, string]>([
    [
      'of PBS that hides jobs',
      remote,
      { stdout: 'Server: pbs\n    query_other_jobs = False\n' },
      'warn gust pbs_server: answers, but hides the jobs of other users (query_other_jobs is False), so all jobs are counted as 0 → ssh pbs1 qmgr -c "set server query_other_jobs = True"   # a PBS manager must do this',
    ],
    [
      'of PBS here that hides jobs',
      { scheduler_host: null },
      { stdout: 'Server: pbs\n    query_other_jobs = False\n' },
      'warn gust pbs_server: answers, but hides the jobs of other users (query_other_jobs is False), so all jobs are counted as 0 → qmgr -c "set server query_other_jobs = True"   # a PBS manager must do this',
    ],
    [
      'of Slurm that hides jobs',
      slurm,
      { stdout: 'PrivateData = jobs,users\n' },
      'warn gust slurmctld: answers, but hides jobs (PrivateData): unless this user is an operator, the counts are too small → ssh pbs1 sacctmgr show user   # Admin: Operator',
    ],
    [
      'of PBS that is down',
      remote,
      exited(111, 'qstat: cannot connect'),
      'fail gust pbs_server: does not answer: qstat -B -f on pbs1 exited with 111: qstat: cannot connect → ssh pbs1 qstat -B -f   # and ask its administrator',
    ],
    [
      'of PBS that fails as Slurm does',
      { scheduler_host: null },
      munge,
      'fail gust pbs_server: does not answer: qstat -B -f exited with 1: scontrol: error: Munge encode failed → qstat -B -f   # and ask its administrator',
    ],
    [
      'of Slurm that does not know us',
      slurm,
      munge,
      'fail gust slurmctld: does not answer: scontrol show config on pbs1 exited with 1: scontrol: error: Munge encode failed → start munged on the host that runs the Slurm commands',
    ],
    [
      'of Slurm that hangs',
      slurm,
      timedOut,
      'fail gust slurmctld: does not answer: scontrol show config on pbs1 did not end within 9 s → ssh pbs1 scontrol show config   # and ask its administrator',
    ],
  ])('%s', async (_, settings, answer, line) => {
    expect(await finding(settings, answer)).toBe(line);
  });
});

test.each<[string, Answer | Ending, string]>([
  ['is missing', exited(1, 'df: /work: No such file or directory'), 'fail ls -d'],
  ['is forbidden', exited(1, 'df: /work: Permission denied'), 'fail df'],
  ['does not answer', exited(1, 'df: /work: Stale file handle'), 'warn df'],
  ['hangs', timedOut, 'warn df'],
  ['is not mounted', { stdout: 'size used\n1000 400 10 5 /\n' }, 'warn df'],
])('a mount that %s', async (_, answer, expected) => {
  const [result, remedy] = [expected.slice(0, 4), expected.slice(5)];
  for (const [scheduler_host, way] of [
    [null, ''],
    ['pbs1', 'ssh pbs1 '],
  ] as const) {
    const { lines } = await reach({ ...ofCluster, scheduler_host, login_nodes: [] }, (called) =>
      called.endsWith('-- /work') ? answer : null,
    );
    expect(lines.at(-2)).toStartWith('pass gust /home: ');
    expect(lines.at(-1)).toStartWith(`${result} gust /work: `);
    expect(lines.at(-1)).toEndWith(` → ${way}${remedy} /work   # or correct it in gust.yaml`);
  }
});
