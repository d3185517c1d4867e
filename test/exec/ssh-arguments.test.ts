import { describe, expect, test } from 'bun:test';
import { hopsOf, type SshOptions, sshArguments as sshArgumentsOf } from '../../src/exec/ssh-arguments.ts';
import { OperatorError } from '../../src/lib/errors.ts';

const options: SshOptions = { connectTimeoutSeconds: 10, searchPath: ['/opt/pbs/bin'], hostName: 'login1.example.org' };
const command = { argv: ['qstat', '-B'] as const, timeoutSeconds: 30 };

const sshArguments = (...[of, hops, rest]: [Parameters<typeof sshArgumentsOf>[0], readonly string[], SshOptions]) =>
  sshArgumentsOf(of, hops, rest, 'nonce');

describe('the hops of a command', () => {
  test.each([
    [null, null, []],
    ['derecho', null, ['derecho']],
    ['dec0001', 'derecho', ['derecho', 'dec0001']],
    ['login1', null, []],
    ['me@LOGIN1.other.net', 'derecho', []],
    ['dec0001', 'login1', ['dec0001']],
    ['derecho', 'derecho', ['derecho']],
  ])('to %p by way of %p are %p', (host, via, hops) => {
    expect(hopsOf({ host, via }, options.hostName)).toEqual(hops);
  });

  test.each([
    ['-oProxyCommand=id', null],
    ['derecho', 'a b'],
  ])('to %p by way of %p are refused', (host, via) => {
    expect(() => hopsOf({ host, via }, options.hostName)).toThrow(OperatorError);
  });
});

test('ssh never prompts, shares no connection and gets one remote command after --', () => {
  const argv = sshArguments(command, ['derecho'], options);
  const flags = argv.slice(0, -3).join(' ');
  expect(flags).toStartWith('ssh -T -n -x ');
  for (const setting of [
    'BatchMode=yes',
    'ConnectTimeout=10',
    'ControlMaster=no',
    'ControlPath=none',
    'LogLevel=ERROR',
  ]) {
    expect(flags).toContain(`-o ${setting}`);
  }
  expect(argv.slice(-3, -1)).toEqual(['--', 'derecho']);
  expect(argv.at(-1)).toEndWith(' hpc-collector nonce 0 30 /opt/pbs/bin -- qstat -B');
});

test('ssh gives up an unresponsive host before the deadline', () => {
  expect(sshArguments({ ...command, timeoutSeconds: 5 }, ['derecho'], options)).toContain('ConnectTimeout=4');
  expect(sshArguments({ ...command, timeoutSeconds: 0.5 }, ['derecho'], options)).toContain('ConnectTimeout=1');
});

test('only the first hop uses the configuration file, which is on this host', () => {
  const argv = sshArguments(command, ['derecho', 'dec0001'], { ...options, configFile: '/tmp/own config' });
  expect(argv.slice(0, 3)).toEqual(['ssh', '-F', '/tmp/own config']);
  expect(argv.at(-1)).not.toContain('own config');
  expect(argv.at(-1)).toContain(' -- dec0001 ');
});

test('variables of the configuration are given to every host on the way', () => {
  const variables = { PBS_CONF_FILE: '/etc/other pbs.conf' };
  const argv = sshArguments(command, ['derecho', 'dec0001'], { ...options, variables });
  expect(argv.at(-1)?.match(/PBS_CONF_FILE=\/etc\/other pbs\.conf/g)).toHaveLength(2);
});

test('the script for the remote host is the same for every configuration', () => {
  const script = /sh -c '.*?' hpc-collector/;
  const one = sshArguments(command, ['derecho'], options).at(-1) ?? '';
  const other = sshArguments({ argv: ['$(id)'], timeoutSeconds: 1 }, ['a'], { ...options, searchPath: ['/$(id)'] }).at(
    -1,
  );
  expect(script.exec(one)?.[0]).toBe(script.exec(other ?? '')?.[0] ?? 'none');
});

test.each([[['qstat', 'a\nb'] as const], [['\u0000'] as const]])('%j is refused', (argv) => {
  expect(() => sshArguments({ argv: [...argv], timeoutSeconds: 1 }, ['derecho'], options)).toThrow(OperatorError);
});
