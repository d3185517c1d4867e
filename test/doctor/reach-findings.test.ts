/** Everything that doctor says of a cluster, with an executor that starts nothing. */

import { describe, expect, spyOn, test } from 'bun:test';
import { checkReach } from '../../src/doctor/reach.ts';
import type { Command, Ending, UnreachableReason } from '../../src/exec/command.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { linesOf } from '../support/findings.ts';
import { systemOf } from '../support/systems.ts';

/** The answer of a healthy cluster to a command. */
function healthy({ argv }: Command): Answer {
  const called = argv.join(' ');
  if (called === 'qstat -B -f') return { stdout: 'Server: pbs\n    server_state = Active\n' };
  if (called === 'scontrol show config') return { stdout: 'PrivateData             = none\n' };
  if (argv[1] === '--version')
    return { stdout: argv[0].startsWith('s') ? 'slurm 23.02.1\n' : `\n${argv[0]} 1\nmore\n` };
  return argv[0] === 'df' ? { stdout: `size used\n1000 400 10 5 ${argv.at(-1)}\n` } : {};
}

type Answers = (called: string, command: Command) => Answer | Ending | null;

/** The findings for a system of which some commands answer as it is said, and the others as those of a healthy cluster. */
async function reach(settings: object, answers: Answers = () => null) {
  const system = systemOf('gust', settings);
  const started: Command[] = [];
  const executor = answering((command) => {
    started.push(command);
    const answer = answers(command.argv.join(' '), command);
    if (answer === null) return healthy(command);
    return 'kind' in answer ? { ending: answer } : answer;
  });
  const found = await checkReach({ system, executor, hostName: 'here.example.org' });
  return { started, lines: linesOf(found).map((line) => line.replace(/within \d+\.\d s/, 'within N s')) };
}

const unreachable = (host: string, reason: UnreachableReason): Ending => ({
  kind: 'unreachable',
  host,
  reason,
  stderr: '',
});
const timedOut = { kind: 'timed-out', seconds: 9 } as const;
const ofCluster = {
  mounts: { home: '/home', work: '/work' },
  filesystems: ['home', 'work'],
  login_nodes: [{ name: 'login1' }, { name: 'login2', host: 'l2.example.org' }],
};
const remote = { ...ofCluster, scheduler_host: 'pbs1' };
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

describe('a login that fails', () => {
  const remedies: readonly [UnreachableReason, result: 'warn' | 'fail', remedy: string][] = [
    ['does not answer', 'warn', 'ping -c 1 HOST; SSH -v HOST true'],
    ['login timed out', 'warn', 'SSH -v HOST true   # a home directory or a start file of the login shell may hang'],
    ['connection refused', 'warn', 'SSH -v HOST true   # is sshd running there?'],
    ['unknown host name', 'fail', 'getent hosts HOST   # correct the name, or define it in ~/.ssh/config'],
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
    remedy.replaceAll(/SSH(-copy-id)?/g, (_, copy = '') => `${before}ssh${copy}${flags}`).replaceAll('HOST', host);
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
