import { expect, test } from 'bun:test';
import { commandEnvironment } from '../../src/exec/environment.ts';

test('only what is allowed is inherited, in the C locale and with the search directories on PATH', () => {
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

test("the zone is the machine's, whatever the user exports", () => {
  expect(commandEnvironment({ TZ: 'UTC' }, [])).not.toHaveProperty('TZ');
});
