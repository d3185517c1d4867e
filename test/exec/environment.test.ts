import { expect, test } from 'bun:test';
import { commandEnvironment } from '../../src/exec/environment.ts';

test('only allowed variables are inherited, with the C locale and the search directories on PATH', () => {
  const own = {
    HOME: '/home/x',
    PATH: '/usr/bin:/bin',
    PBS_SERVER: 'desched1',
    BUN_OPTIONS: '--preload /tmp/x.js',
    BUN_BE_BUN: '1',
    STATUS_API_PASSWORD: 'secret',
    LANG: 'de_DE.UTF-8',
    LC_ALL: 'de_DE.UTF-8',
    SQUEUE_FORMAT: '%i',
    LD_PRELOAD: '/tmp/x.so',
  };
  expect(commandEnvironment(own, ['/opt/pbs/bin'])).toEqual({
    HOME: '/home/x',
    PATH: '/usr/bin:/bin:/opt/pbs/bin',
    PBS_SERVER: 'desched1',
    LC_ALL: 'C',
  });
});

test('the time zone is that of the machine, even if the user exports another', () => {
  expect(commandEnvironment({ TZ: 'UTC' }, [])).not.toHaveProperty('TZ');
});
