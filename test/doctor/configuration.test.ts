/** What `doctor` says of the configuration and of the host, and which step it recommends. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examine } from '../../src/config/check.ts';
import { checkConfiguration, checkCredentials, checkEnabled, checkEnvFile } from '../../src/doctor/configuration.ts';
import { nextStep, taskOf } from '../../src/doctor/doctor.ts';
import { type CheckResult, fail, pass, skip, warn } from '../../src/doctor/finding.ts';
import { checkAddressSpace, checkSchedule } from '../../src/doctor/host.ts';
import { checkOutbox } from '../../src/doctor/outbox.ts';
import { missingPaths } from '../../src/doctor/paths.ts';
import { usedDestinations } from '../../src/doctor/used-destinations.ts';
import { runTask } from '../../src/install/systemd.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { answering, exited } from '../support/executors.ts';
import { quickDirectory, temporaryDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

const inDirectory = (name: string) => join(directory.path, name);
const write = (name: string, text: string, mode = 0o600) => {
  writeFileSync(inDirectory(name), text);
  chmodSync(inDirectory(name), mode);
};
const examined = (environment: Record<string, string> = {}) =>
  examine(directory.path, { HOME: '/nowhere', ...environment }, []);

describe('the configuration', () => {
  test('that does not exist is to be made', () => {
    const none = inDirectory('hpc-collector');
    expect(checkConfiguration(examine(null, { XDG_CONFIG_HOME: directory.path }, []))).toEqual([
      warn('configuration', `there is no configuration in ${none} yet`, 'hpc-collector config init'),
    ]);
  });

  test.each([
    ['systems: [casper]\n', '1 system'],
    ['systems: [casper, derecho]\n', '2 systems'],
  ])('%j is in order', (text, systems) => {
    write('collector.yaml', text);
    expect(checkConfiguration(examined())).toEqual([
      pass('configuration', `${directory.path} is in order, with ${systems}`),
    ]);
  });

  test('with errors has one finding for each, and where to correct it', () => {
    write('collector.yaml', 'systems: [casper]\nlog: { format: xml }\n');
    write('env', 'A=1\n', 0o644);
    const file = inDirectory('collector.yaml');
    expect(checkConfiguration(examined({ API_TIMEOUT: 'soon' })).map(({ result, remedy }) => [result, remedy])).toEqual(
      [
        ['fail', `chmod 600 ${inDirectory('env')}`],
        ['fail', `vi +2 ${file}`],
        ['fail', 'hpc-collector config check'],
      ],
    );
  });
});

test('the env file is private, or to be made so, or not there', () => {
  const file = inDirectory('env');
  expect(checkEnvFile(examined())).toEqual(skip('env file', `there is no ${file}`));
  write('env', 'A=1\n');
  expect(checkEnvFile(examined())).toEqual(pass('env file', `${file} has mode 600`));
  for (const mode of [0o640, 0o604]) {
    chmodSync(file, mode);
    const text = `other users can read ${file} (mode ${mode.toString(8)})`;
    expect(checkEnvFile(examined())).toEqual(fail('env file', text, `chmod 600 ${file}`));
  }
});

describe('the credentials', () => {
  const check = (environment: Record<string, string>, yaml = 'systems: [casper]\n') => {
    write('collector.yaml', yaml);
    const all = examined(environment);
    return checkCredentials(all, usedDestinations(all.config, all.systems, true));
  };
  const sam = { STATUS_API_URL: 'https://sam.example.org', STATUS_API_USER: 'ada', STATUS_API_PASSWORD: 'pw-1' };
  const ours =
    'destinations: { ours: { kind: ingest, url: https://ours.example.org } }\njobs: { deliver_to: [ours] }\n';

  test.each([
    [{}, 'STATUS_API_URL and STATUS_API_USER and STATUS_API_PASSWORD'],
    [{ STATUS_API_URL: 'https://sam.example.org' }, 'STATUS_API_USER and STATUS_API_PASSWORD'],
    [{ ...sam, STATUS_API_URL: '' }, 'STATUS_API_URL'],
  ])('that lack variables are named: %p', (environment, names) => {
    const text = `${names} not set: nothing can be delivered`;
    expect(check(environment)).toEqual(fail('credentials', text, `vi ${inDirectory('env')}`));
  });

  test('of each used destination are shown without the secrets', () => {
    expect(check(sam)).toEqual(pass('credentials', 'user ada, for https://sam.example.org'));
    expect(check({ SAM_API_URL: 'https://sam.example.org', SAM_API_USER: 'ada', SAM_API_PASSWORD: 'pw-1' })).toEqual(
      pass('credentials', 'user ada, for https://sam.example.org'),
    );
    expect(check({ ...sam, OURS_API_KEY: 'key-of-ours' }, `systems: [casper]\n${ours}`)).toEqual(
      pass('credentials', 'user ada, for https://sam.example.org; a key for https://ours.example.org'),
    );
  });

  test('a destination for jobs needs its key', () => {
    expect(check(sam, `systems: [casper]\n${ours}`).message).toBe('OURS_API_KEY not set: nothing can be delivered');
  });

  test('the original receiver of usage posts has no login', () => {
    const sams =
      'destinations: { post: { kind: sams, url: https://post.example.org } }\nsamples: { spool: /spool, cluster_name: farm, deliver_to: [post] }\n';
    expect(check(sam, `systems: [casper]\n${sams}`).message).toContain('; no key for https://post.example.org');
  });
});

describe('the enabled systems', () => {
  const jobs = { INGEST_API_URL: 'https://jobs.example.org', INGEST_API_KEY: 'key-of-jobs' };

  test.each<[string, Record<string, string>, readonly string[], CheckResult]>([
    ['systems: [casper, derecho]\n', {}, [], pass('systems', 'enabled: casper, derecho')],
    ['systems: [casper]\n', {}, ['derecho'], pass('systems', 'enabled: casper')],
    ['{}\n', {}, ['derecho'], skip('systems', 'no system is enabled; only the named systems are checked')],
    ['{}\n', jobs, [], skip('systems', 'no system is enabled: only finished jobs are exported')],
  ])('%j %p %p', (yaml, environment, named, finding) => {
    write('collector.yaml', yaml);
    expect(checkEnabled(examined(environment), named)).toEqual(finding);
  });

  test('are to be set if nothing is to do', () => {
    write('collector.yaml', '{}\n');
    const remedy = `vi ${inDirectory('collector.yaml')}   # systems: [NAME]`;
    expect(checkEnabled(examined(), [])).toEqual(warn('systems', 'no system is enabled', remedy));
  });

  test.each<[string, Record<string, string>, readonly string[], string]>([
    ['{}\n', {}, [], 'run'],
    ['{}\n', jobs, [], 'jobs export'],
    ['{}\n', jobs, ['derecho'], 'run'],
    ['systems: [casper]\n', jobs, [], 'run'],
  ])('decide which command is to be scheduled: %j %p %p', (yaml, environment, named, command) => {
    write('collector.yaml', yaml);
    expect(taskOf(examined(environment), named).command).toBe(command as 'run');
  });
});

test('the next step is the first remedy, or the next step of the set-up', () => {
  const next = (...findings: CheckResult[]) => nextStep(findings, runTask);
  const missing = warn('configuration', 'none yet', 'hpc-collector config init');
  const failed = fail('ssh', 'x', 'ssh-copy-id a');
  expect(next(failed, missing)).toBe('hpc-collector config init');
  expect(next(pass('a', 'b'), failed, fail('other', 'x', 'y'))).toBe(
    'ssh-copy-id a   # ssh; then: hpc-collector doctor',
  );
  expect(next(fail('b', 'x', 'vi file   # line 1'))).toBe('vi file   # line 1; then: hpc-collector doctor');
  expect(next(warn('systems', 'none', 'x'), warn('cron', 'none', 'y'))).toBe(
    'add a system to systems: in collector.yaml',
  );
  expect(next(warn('cron', 'none', 'y'))).toBe('hpc-collector run, then hpc-collector install cron --write');
  expect(next(warn('damage', 'x', 'y'))).toBe('hpc-collector run');
  expect(next()).toBe('hpc-collector run');
});

describe('the paths of a system', () => {
  const problems = async (yaml: string, exists: readonly string[] = [], thisHost = 'here.example.org') => {
    write('gust.yaml', `system_name: gust\n${yaml}`);
    const { config, systems } = examine(directory.path, { HOME: '/nowhere' }, ['gust']);
    const seconds: number[] = [];
    const executor = answering(({ argv, timeoutSeconds }) => {
      seconds.push(timeoutSeconds);
      const path = argv.at(-1) ?? '';
      if (exists.includes(path)) return {};
      return { ending: exited(1, `df: ${path}: No such file or directory`) };
    });
    const [system] = systems;
    if (!system) throw new Error('it is not valid');
    const found = await missingPaths(system, config, executor, thisHost);
    return { found: found.map(({ line, words }) => `${line} ${words}`), seconds };
  };
  const mounts = 'mounts: { home: /home }\nfilesystems: [home, /scratch]\n';

  test('that do not exist are named with their place', async () => {
    const { found, seconds } = await problems(mounts);
    expect(found).toEqual([
      expect.stringMatching(/^2 .*\/home does not exist/),
      expect.stringMatching(/^3 .*\/scratch does not exist/),
    ]);
    expect((await problems(mounts, ['/home'])).found).toEqual([expect.stringMatching(/^3 .*\/scratch does not exist/)]);
    expect((await problems(mounts, ['/home', '/scratch'])).found).toEqual([]);
    expect(seconds[0]).toBe(5);
    expect((await problems(`${mounts}timeouts: { command: 2 }\n`)).seconds[0]).toBe(2);
  });

  test.each([
    ['the scheduler is on another host', 'scheduler_host: pbs1\n', 0],
    ['the scheduler is on this host', 'scheduler_host: here\n', 2],
    ['only other hosts collect it', 'hosts: [there]\n', 0],
    ['this host collects it too', 'hosts: [there, here]\n', 2],
  ])('are checked on this host only: %s', async (_, yaml, count) => {
    expect((await problems(mounts + yaml)).found).toHaveLength(count);
  });

  test('include the configuration of ssh, also for a system on another host', async () => {
    const { found } = await problems('scheduler_host: pbs1\nssh_config: /nonexistent/ssh_config\n');
    expect(found).toEqual([expect.stringMatching(/^3 .*\/nonexistent\/ssh_config does not exist/)]);
    write('ssh_config', '');
    expect((await problems(`ssh_config: ${inDirectory('ssh_config')}\n`)).found).toEqual([]);
  });
});

describe('the host', () => {
  test.each([
    ['unlimited', 'pass', 'unlimited'],
    ['1500000000', 'pass', 'limited to 1.5 GB'],
    ['500000000', 'fail', 'limited to 0.5 GB, but 0.6 GB is needed'],
  ])('has an address space of %s', (soft, result, message) => {
    const limits = `Limit  Soft Limit\nMax address space         ${soft}            unlimited            bytes\n`;
    expect(checkAddressSpace(limits)).toMatchObject({ name: 'address space', result: result as 'pass', message });
    expect(checkAddressSpace('')).toEqual(skip('address space', 'this host does not report its limit'));
  });

  test.each([
    [
      'the line that calls it',
      { stdout: '# x\n */5 * * * * /bin/hpc-collector -q run derecho\n' },
      'pass',
      '*/5 * * * *',
    ],
    [
      'no line',
      { stdout: '0 * * * * /bin/hpc-collector drain\n' },
      'warn',
      'no line of your crontab has hpc-collector run',
    ],
    ['no crontab', { ending: exited(1, 'no crontab for me') }, 'warn', 'you have no crontab'],
    ['an error', { ending: exited(1, 'cannot open') }, 'warn', 'cannot open'],
    ['another error', { ending: exited(2, 'you are not allowed') }, 'warn', 'you are not allowed'],
  ])('has a crontab with %s', async (_, answer, result, message) => {
    const found = await checkSchedule(
      answering(() => answer),
      runTask,
      '/nonexistent',
    );
    expect(found).toMatchObject({
      name: 'cron',
      result: result as 'pass',
      message: expect.stringContaining(message),
      remedy: result === 'pass' ? null : 'hpc-collector install cron --write',
    });
  });

  test('has a file of cron', async () => {
    write('hpc-collector', '');
    const file = inDirectory('hpc-collector');
    expect(
      await checkSchedule(
        answering(() => null),
        runTask,
        file,
      ),
    ).toEqual(pass('cron', `${file} exists`));
  });
});

describe('the outbox', () => {
  // The state of the outbox depends on the filesystem: use an ordinary directory.
  const state = temporaryDirectory();
  afterEach(() => state.remove());

  test('that does not exist yet has a finding for each thing that it needs', () => {
    const file = join(state.path, 'state/outbox.db');
    const fallback = join(state.path, 'fallback');
    expect(checkOutbox(file, 'here', fallback).map(({ name, result, message }) => [name, result, message])).toEqual([
      ['outbox directory', 'pass', `the first collection creates ${join(state.path, 'state')}`],
      ['outbox filesystem', 'pass', 'is local'],
      ['outbox space', expect.any(String), expect.stringMatching(/^\d+ MiB are free$/)],
      ['outbox', 'skip', `the first collection creates ${file}`],
      ['fallback directory', 'pass', `${fallback} can be used`],
      ['lock names', expect.any(String), expect.any(String)],
    ]);
  });

  test('that is damaged fails, with the command that recovers it', () => {
    const file = join(state.path, 'damaged.db');
    new Outbox(file).close();
    writeFileSync(file, readFileSync(file).fill(0xff, 100));
    const found = checkOutbox(file, 'here', join(state.path, 'fallback')).find(({ name }) => name === 'outbox');
    expect(found).toMatchObject({ result: 'fail', remedy: 'hpc-collector outbox recover' });
    expect(found?.message).toMatch(new RegExp(`^${file}: .*: the next command recovers it$`));
  });
});
