import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { Command } from '../../src/exec/command.ts';
import { inheritedVariables } from '../../src/exec/environment.ts';
import { createExecutor } from '../../src/exec/executor.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { commandOf, outcomeOf } from '../support/execution.ts';
import { describeWith } from '../support/needs.ts';
import { install } from '../support/playback.ts';
import { processesWithArgument, untilGone } from '../support/processes.ts';
import { type FarSide, forcedWords, startSshd, trouble } from '../support/sshd.ts';
import { until } from '../support/until.ts';

// Every login costs some 0.2 s of forks; a busy machine may take its time.
setDefaultTimeout(20_000);

/** Start files of every login shell, as noisy as they come. */
const chatter = `echo "Maintenance on 12.11. from 08:00"
printf "without a line break"
echo "hpc-collector:0:begin"
mesg n
stty -ixon
echo "$0 on standard error" >&2
`;
const variables = {
  SQUEUE_USERS: 'me',
  SQUEUE_STATES: 'RUNNING',
  OMP_NUM_THREADS: '1',
  TZ: 'Asia/Tokyo',
  LC_ALL: 'de_DE.UTF-8',
  PBS_SERVER: 'of-the-start-file',
  SLURM_CONF: '/of/the/start/file',
};
const exports = (line: (name: string, value: string) => string) =>
  Object.entries(variables)
    .map(([name, value]) => `${line(name, value)}\n`)
    .join('');
const exported = exports((name, value) => `export ${name}=${value}`);
const noisyHome = {
  '.bashrc': `${chatter}${exported}`,
  '.zshenv': `${chatter}${exported}`,
  '.tcshrc': `echo "Loading default modules"\nmesg n\n${exports((name, value) => `setenv ${name} ${value}`)}`,
  '.config/fish/config.fish': `echo hello\nprintf "no end"\necho noise >&2\n${exports((name, value) => `set -gx ${name} ${value}`)}`,
};

const shells = ['far', trouble.tcsh, trouble.fish, trouble.zsh];

/** Whether the login shell of a host is not installed here. */
function isMissing(host: string): boolean {
  return host.endsWith('-login') && Bun.which(host.replace(/-login$/, '')) === null;
}

/** What a command may find in its environment, and what a shell adds by itself. */
const allowed = ['', 'PATH', 'LC_ALL', ...inheritedVariables, 'PWD', 'OLDPWD', 'SHLVL', '_'];

const local = createExecutor({
  connectTimeoutSeconds: 1,
  searchPath: [],
  hostName: 'here.example.org',
  environment: { PATH: '/usr/bin:/bin', SECRET: 'x' },
});

describe('a command for this host', () => {
  test.each([null, 'here', 'someone@HERE.example.net'])('needs no ssh: %p', async (host) => {
    const { stdout } = await outcomeOf(local.start(commandOf(['env'], { host, via: 'elsewhere' })));
    expect(stdout.split('\n').sort()).toEqual(['', 'LC_ALL=C', 'PATH=/usr/bin:/bin']);
  });

  test('may have arguments that cannot be sent to another host', async () => {
    expect((await outcomeOf(local.start(commandOf(['printf', '%s', 'a\nb'])))).stdout).toBe('a\nb');
  });
});

test('a host that ssh could misread is refused', () => {
  expect(() => local.start(commandOf(['id'], { host: '-oProxyCommand=id' }))).toThrow(OperatorError);
});

describeWith(
  'sshd',
  'ssh',
  'ssh-keygen',
)('over ssh', () => {
  let far: FarSide;
  const say = (text: string) => `#!/bin/sh\necho ${text}\n`;

  beforeAll(async () => {
    far = await startSshd({ hosts: ['far', 'gateway'], programs: { pbsnodes: say('nodes') }, home: noisyHome });
    const program = say('from the search path');
    install(join(far.directory, 'pbs'), { qstat: program, pbsnodes: program });
  });
  afterAll(() => far.stop());

  function run(
    argv: Command['argv'],
    host: string,
    { connect = 8, ...rest }: Partial<Command> & { connect?: number } = {},
  ) {
    const executor = createExecutor({
      connectTimeoutSeconds: connect,
      configFile: far.configFile,
      searchPath: [join(far.directory, 'pbs')],
      hostName: 'here',
      environment: { ...process.env, LANG: 'de_DE.UTF-8', SECRET: 'x' },
      variables: { SLURM_CONF: '/etc/of the configuration' },
    });
    return outcomeOf(executor.start(commandOf(argv, { host, ...rest })));
  }

  const sleepOf = (number: number): string => `${200_000 + process.pid}.${number}`;

  test('a command gives its output, in the C locale', async () => {
    const { stdout, ending } = await run(['sh', '-c', 'echo $LC_ALL $SECRET; echo why >&2'], 'far');
    expect(stdout).toBe('C\n');
    expect(ending).toEqual({ kind: 'exited', code: 0, stderr: 'why\n' });
  });

  test.concurrent.each([...shells])(
    "output of the start files of %s is not part of the command's output",
    async (host) => {
      if (isMissing(host)) return;
      const [direct, nested] = await Promise.all(
        [null, 'gateway'].map((via) => run(['sh', '-c', 'env; echo own >&2'], host, { via })),
      );
      for (const { stdout, ending } of [direct, nested].flatMap((one) => one ?? [])) {
        const names = stdout.split('\n').map((line) => line.split('=')[0] ?? '');
        expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
        expect(names).toContain('HOME');
        expect(stdout).toContain('PBS_SERVER=of-the-start-file\n');
        expect(stdout).toContain('SLURM_CONF=/etc/of the configuration\n');
        expect(ending).toEqual({ kind: 'exited', code: 0, stderr: 'own\n' });
      }
      expect(direct?.stdout).not.toBe('');
    },
  );

  test('the error names a host with a forced command, and a login shell that hangs', async () => {
    const [forced, behind, slow, slowGateway] = await Promise.all([
      run(['id'], trouble.forced),
      run(['id'], trouble.forced, { via: 'gateway' }),
      run(['id'], trouble.slow, { timeoutSeconds: 4 }),
      run(['id'], 'far', { via: trouble.slow, timeoutSeconds: 4 }),
    ]);
    for (const { stdout, ending } of [forced, behind]) {
      expect(stdout).toBe('');
      expect(ending).toMatchObject({ host: trouble.forced, reason: 'login shell did not run the command' });
      expect(ending).toMatchObject({ stderr: expect.stringContaining(forcedWords) });
    }
    for (const { ending } of [slow, slowGateway])
      expect(ending).toMatchObject({ kind: 'unreachable', host: trouble.slow, reason: 'login timed out' });
  });

  test('output without the final status marker is reported as cut off', async () => {
    const { stdout, ending } = await run(
      ['sh', '-c', 'echo half; kill -KILL $(ps -o ppid= -p $(ps -o ppid= $$))'],
      'far',
    );
    expect(stdout).toBe('half\n');
    expect(ending).toMatchObject({ kind: 'cut-off' });
  });

  const words = [
    '',
    ' ',
    "it's",
    '"',
    '!!',
    '\\',
    '\\!',
    "'\\''",
    '$HOME',
    '`id`',
    '$(id)',
    '*',
    '~',
    '-n',
    'a;b',
    '&|<>',
    '#',
    '{a,b}',
    '=ls',
    '%s',
    'é日😀',
  ];
  test.concurrent.each([
    ['far', null],
    ['far', 'gateway'],
    ...[trouble.tcsh, trouble.fish, trouble.zsh].flatMap((shell): [string, string | null][] => [
      [shell, null],
      [shell, 'gateway'],
      ['far', shell],
    ]),
  ])('every argument arrives at %s by way of %p unchanged', async (host, via) => {
    if (isMissing(host) || (via !== null && isMissing(via))) return;
    const { stdout } = await run(['printf', '%s\\0', ...words], host, { via });
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  });

  test.concurrent.each([0, 3, 124, 255])('the status %d is kept', async (code) => {
    const [direct, nested] = await Promise.all(
      [null, 'gateway'].map((via) => run(['sh', '-c', `echo why >&2; exit ${code}`], 'far', { via })),
    );
    expect(direct?.ending).toEqual({ kind: 'exited', code, stderr: 'why\n' });
    expect(nested?.ending).toEqual({ kind: 'exited', code, stderr: 'why\n' });
  });

  test('programs are searched on the PATH of the remote host first, then in the search directories', async () => {
    const [pbsnodes, qstat] = await Promise.all([run(['pbsnodes'], 'far'), run(['qstat'], 'far', { via: 'gateway' })]);
    expect([pbsnodes?.stdout, qstat?.stdout]).toEqual(['nodes\n', 'from the search path\n']);
  });

  test.concurrent.each(['no-such-program', '/etc/passwd'])('%s is not found on the far side', async (program) => {
    const [direct, nested] = await Promise.all([run([program], 'far'), run([program], 'far', { via: 'gateway' })]);
    expect(direct?.ending).toEqual({ kind: 'not-found', program });
    expect(nested?.ending).toEqual({ kind: 'not-found', program });
  });

  test('output over its limit ends the command', async () => {
    const { ending } = await run(['yes'], 'far', { maxOutputBytes: 100_000, timeoutSeconds: 5 });
    expect(ending).toEqual({ kind: 'output-too-large', limitBytes: 100_000 });
    await until(() => processesWithArgument('yes').length === 0, 'the far yes is gone');
  });

  test.concurrent.each([null, 'gateway'])('what hangs on the far side, by way of %p, ends there too', async (via) => {
    const [seconds, stubborn] = [sleepOf(via === null ? 1 : 2), sleepOf(via === null ? 3 : 4)];
    const started = Promise.all([
      run(['sleep', seconds], 'far', { via, timeoutSeconds: 6 }),
      run(['sh', '-c', `trap "" TERM; sleep ${stubborn}`], 'far', { via, timeoutSeconds: 6 }),
    ]);
    for (const each of [seconds, stubborn]) {
      await until(() => processesWithArgument(each).length > 0, 'the far side has started');
    }
    for (const { ending } of await started) expect(ending).toEqual({ kind: 'timed-out', seconds: 6 });
    await Promise.all([untilGone(seconds), untilGone(stubborn)]);
  });

  describe.each([null, 'gateway'])('by way of %p', (via) => {
    test.concurrent.each([
      [trouble.mute, 'does not answer'],
      [trouble.passwordOnly, 'login refused'],
      [trouble.stranger, 'host key not trusted'],
      [trouble.impostor, 'host key not trusted'],
      [trouble.refusing, 'connection refused'],
      [trouble.nameless, 'unknown host name'],
    ] as const)('a %s host %s', async (host, reason) => {
      // Past this time the ending would be `timed-out`.
      const { stdout, ending } = await run(['echo', 'out'], host, { via, timeoutSeconds: 15, connect: 3 });
      expect(stdout).toBe('');
      expect(ending).toMatchObject({ kind: 'unreachable', host, reason });
    });
  });

  test('the error names a failed gateway, and not the host behind it', async () => {
    const { ending } = await run(['id'], 'far', { via: trouble.refusing });
    expect(ending).toMatchObject({ kind: 'unreachable', host: trouble.refusing, reason: 'connection refused' });
  });

  describe('a connection that is dropped before the login', () => {
    test('is retried', async () => {
      far.dropNext(2);
      expect((await run(['echo', 'out'], trouble.dropping)).stdout).toBe('out\n');
      expect(far.dropConnections()).toBe(3);
    });

    test('is given up after three retries', async () => {
      far.dropNext(100);
      const { ending } = await run(['echo', 'out'], trouble.dropping);
      expect(ending).toMatchObject({ kind: 'unreachable', host: trouble.dropping, reason: 'connection lost' });
      expect(far.dropConnections()).toBe(4);
    });

    test('is not retried after the deadline', async () => {
      far.dropNext(100);
      await run(['echo', 'out'], trouble.dropping, { timeoutSeconds: 0.3 });
      // The pauses before three retries take at least 0.6 s.
      expect(far.dropConnections()).toBeLessThan(4);
    });
  });

  test('a reader that stops early ends ssh', async () => {
    const seconds = sleepOf(5);
    const executor = createExecutor({
      connectTimeoutSeconds: 8,
      configFile: far.configFile,
      searchPath: [],
      hostName: 'here',
      environment: process.env,
    });
    const command = commandOf(['sh', '-c', `echo out; exec sleep ${seconds}`], { host: 'far', timeoutSeconds: 6 });
    const execution = executor.start(command);
    for await (const _ of execution.stdout) break;
    expect((await execution.ending).kind).toBe('killed');
    await untilGone(seconds);
  });
});
