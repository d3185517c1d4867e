/** `install systemd`: the units for this host, how they are installed, and what is left to do. */

import { afterEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { exampleEpilog, exampleProlog, jobTemplate } from '../../../src/install/job-template.ts';
import { receiverUnit } from '../../../src/install/receiver-unit.ts';
import { jobsTask, runTask, systemdUnits } from '../../../src/install/systemd.ts';
import { installHost, refused, said } from './host.ts';

let host: ReturnType<typeof installHost>;
afterEach(() => host.remove());

/** The host of a user who is not root, and the directory of its units. */
const ofUser = () => {
  host = installHost(1000);
  return join(host.directory, 'systemd/user');
};
const ofRoot = () => {
  host = installHost(0);
  return '/etc/systemd/system';
};

describe('without --write', () => {
  const printed = (directory: string, units: Readonly<Record<string, string>>, ...scripts: string[]) =>
    said(...Object.entries(units).map(([name, text]) => `# ${directory}/${name}\n${text}`), ...scripts);

  test('the units of run are printed with their files', async () => {
    const directory = ofUser();
    const installation = { ...host.installation, systems: ['casper', 'derecho'] };
    expect(await host.run('systemd', 'casper', 'derecho', '--on-failure', 'mail@%n.service')).toEqual(
      printed(directory, systemdUnits(runTask, installation, 'mail@%n.service')),
    );
    expect([host.asked, host.files.size]).toEqual([[], 0]);
  });

  test('words after -- are systems without --receiver', async () => {
    const directory = ofUser();
    expect(await host.run('systemd', '--', 'casper')).toEqual(
      printed(directory, systemdUnits(runTask, { ...host.installation, systems: ['casper'] }, null)),
    );
  });

  test('those of root are those of the system', async () => {
    const directory = ofRoot();
    const installation = { ...host.installation, systems: ['casper'] };
    expect(await host.run('systemd', 'casper')).toEqual(printed(directory, systemdUnits(runTask, installation, null)));
  });

  test('--jobs prints those of the export, which needs no system', async () => {
    const directory = ofUser();
    expect(await host.run('systemd', '--jobs')).toEqual(
      printed(directory, systemdUnits(jobsTask, host.installation, null)),
    );
  });

  test('--receiver prints that of serve with its flags', async () => {
    const directory = ofUser();
    expect(await host.run('systemd', '--receiver', '--on-failure', 'a.service', '--', '--listen', ':80')).toEqual(
      printed(directory, receiverUnit(host.installation, ['--listen', ':80'], 'a.service')),
    );
  });

  test('--job-template prints the template and examples of scripts', async () => {
    const directory = ofUser();
    expect(await host.run('systemd', '--job-template', '--on-failure', 'a.service')).toEqual(
      printed(
        directory,
        jobTemplate(host.installation, 'a.service'),
        `# A prolog of Slurm\n${exampleProlog}`,
        `# An epilog of Slurm\n${exampleEpilog}`,
      ),
    );
  });

  test.each([
    [['--jobs', 'casper'], '--jobs does not collect systems: give none'],
    [['--receiver', 'casper', '--', '--public'], '--receiver does not collect systems: give none'],
    [['--job-template', 'casper'], '--job-template does not collect systems: give none'],
    [['--jobs', '--receiver'], '--jobs and --receiver are separate: give one of them'],
    [['--jobs', '--receiver', '--job-template'], '--jobs and --receiver are separate: give one of them'],
    [['--write', '--remove'], '--write and --remove cannot be used together: give one of them'],
    [['casper', '--on-failure', 'x y.service'], '--on-failure x y.service: give a unit such as mail-ops@%n.service'],
    [
      ['casper', '--on-failure', 'x'.repeat(61)],
      `--on-failure ${'x'.repeat(60)}…: give a unit such as mail-ops@%n.service`,
    ],
    [['casper', '--on-failure', 'x'], '--on-failure x: give a unit such as mail-ops@%n.service'],
  ])('%p is refused', async (words, reason) => {
    ofUser();
    expect(await host.run('systemd', ...words)).toEqual(refused(reason));
  });

  test('an unknown system is refused, and so is none if none is enabled', async () => {
    ofUser();
    expect((await host.run('systemd', 'caspr')).stderr).toContain("did you mean 'casper'?");
    expect((await host.run('systemd')).stderr).toContain('no system is named and none is enabled');
  });
});

describe('--write', () => {
  test('starts the timer of a user, and says how it runs without a login', async () => {
    const directory = ofUser();
    const linger = 'To run it while you are not logged in, type: loginctl enable-linger ada';
    const runs = 'The timer runs; show its next start with: systemctl --user list-timers hpc-collector.timer';
    expect(await host.run('systemd', 'casper', '--write')).toEqual(
      said(`Wrote ${directory}/hpc-collector.service`, `Wrote ${directory}/hpc-collector.timer`, runs, linger),
    );
    expect([...host.files]).toEqual(
      Object.entries(systemdUnits(runTask, { ...host.installation, systems: ['casper'] }, null)).map(([name, text]) => [
        join(directory, name),
        text,
      ]),
    );
    const calls = ['systemctl --user daemon-reload', 'systemctl --user enable --now hpc-collector.timer'];
    expect(host.asked).toEqual(calls);
    expect(await host.run('systemd', 'casper', '--write')).toEqual(said('The units exist already', runs, linger));
    expect(host.asked).toEqual([...calls, ...calls]);
  });

  test('starts the timer of root', async () => {
    ofRoot();
    expect(await host.run('systemd', '--jobs', '--write')).toEqual(
      said(
        'Wrote /etc/systemd/system/hpc-collector-jobs.service',
        'Wrote /etc/systemd/system/hpc-collector-jobs.timer',
        'The timer runs; show its next start with: systemctl list-timers hpc-collector-jobs.timer',
      ),
    );
    expect(host.asked).toEqual(['systemctl daemon-reload', 'systemctl enable --now hpc-collector-jobs.timer']);
  });

  test('starts the receiver of a user', async () => {
    const directory = ofUser();
    expect(await host.run('systemd', '--receiver', '--write')).toEqual(
      said(
        `Wrote ${directory}/hpc-collector-receiver.service`,
        'The receiver starts; show its state with: systemctl --user status hpc-collector-receiver.service',
        'To run it while you are not logged in, type: loginctl enable-linger ada',
      ),
    );
    expect(host.asked).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable --now hpc-collector-receiver.service',
    ]);
  });

  test('of the template of jobs starts nothing, and needs root', async () => {
    ofUser();
    expect(await host.run('systemd', '--job-template', '--write')).toEqual(
      refused('--job-template --write needs root: run it with sudo'),
    );
    expect(host.files.size).toBe(0);
    host.remove();
    ofRoot();
    expect(await host.run('systemd', '--job-template', '--write')).toEqual(
      said(
        'Wrote /etc/systemd/system/hpc-collector-sample@.service',
        'A prolog starts it; show examples of a prolog and an epilog with: hpc-collector install systemd --job-template',
      ),
    );
    expect(host.asked).toEqual(['systemctl daemon-reload']);
  });

  test.each([
    [
      ['casper'],
      'hpc-collector.timer',
      ['The timer is not started: no bus', 'Without systemd, use cron: hpc-collector install cron --write'],
    ],
    [['--jobs'], 'hpc-collector-jobs.timer', ['The timer is not started: no bus']],
    [['--receiver'], 'hpc-collector-receiver.service', ['The receiver is not started: no bus']],
  ])('of %p says what to type if systemd does not answer', async (words, unit, [problem, ...without]) => {
    ofUser();
    host.failing = { '--user daemon-reload': 'no bus', [`--user enable --now ${unit}`]: 'the second failure' };
    const { exit, stdout } = await host.run('systemd', ...words, '--write');
    expect(exit).toBe(1);
    expect(stdout.split('\n').filter((line) => !line.startsWith('Wrote '))).toEqual([
      problem ?? '',
      `If your systemd is running, logged in as ada, type: systemctl --user daemon-reload && systemctl --user enable --now ${unit}`,
      ...without,
      'To run it while you are not logged in, type: loginctl enable-linger ada',
      '',
    ]);
    expect(host.asked).toHaveLength(2);
  });

  test('of root says what to type if systemd does not answer, or does not start the unit', async () => {
    ofRoot();
    host.failing = { 'daemon-reload': 'no bus' };
    expect(await host.run('systemd', '--job-template', '--write')).toEqual({
      exit: 1,
      stdout:
        'Wrote /etc/systemd/system/hpc-collector-sample@.service\n' +
        'systemd has not read the unit: no bus\n' +
        'If systemd is running, type: systemctl daemon-reload\n' +
        'Without systemd, use sample --daemon: hpc-collector help sample\n',
      stderr: '',
    });
    host.failing = { 'enable --now hpc-collector.timer': 'masked' };
    expect((await host.run('systemd', 'casper', '--write')).stdout).toContain('\nThe timer is not started: masked\n');
  });
});

describe('--remove', () => {
  const removed = (directory: string, ...names: string[]) => names.map((name) => `Removed ${join(directory, name)}`);

  test('stops the timer, deletes its units, and does nothing more the second time', async () => {
    const directory = ofUser();
    await host.run('systemd', 'casper', '--write');
    await host.run('systemd', '--jobs', '--write');
    host.asked = [];
    expect(await host.run('systemd', '--remove')).toEqual(
      said(...removed(directory, 'hpc-collector.timer', 'hpc-collector.service')),
    );
    const calls = ['systemctl --user disable --now hpc-collector.timer', 'systemctl --user daemon-reload'];
    expect(host.asked).toEqual(calls);
    expect([...host.files.keys()]).toEqual(
      ['hpc-collector-jobs.service', 'hpc-collector-jobs.timer'].map((name) => join(directory, name)),
    );
    expect(await host.run('systemd', '--remove')).toEqual(said('There are no units of hpc-collector'));
    expect(host.asked).toEqual(calls);
  });

  test('of root deletes the units of the system; those of jobs have nothing to stop', async () => {
    const directory = ofRoot();
    const units = ['hpc-collector-receiver.service', 'hpc-collector-sample@.service'];
    for (const unit of units) host.files.set(join(directory, unit), '');
    expect(await host.run('systemd', '--receiver', '--remove')).toEqual(
      said(...removed(directory, 'hpc-collector-receiver.service')),
    );
    expect(await host.run('systemd', '--job-template', '--remove')).toEqual(
      said(...removed(directory, 'hpc-collector-sample@.service')),
    );
    expect(host.asked).toEqual([
      'systemctl disable --now hpc-collector-receiver.service',
      'systemctl daemon-reload',
      'systemctl daemon-reload',
    ]);
  });

  test('deletes the one file that there is, and says what to type if systemd does not answer', async () => {
    const directory = ofUser();
    host.files.set(join(directory, 'hpc-collector.service'), '');
    host.failing = { '--user disable --now hpc-collector.timer': 'no bus' };
    expect(await host.run('systemd', '--remove')).toEqual(
      said(
        ...removed(directory, 'hpc-collector.service'),
        'systemd was not notified: no bus',
        'If it is running, type: systemctl --user disable --now hpc-collector.timer',
      ),
    );
    expect(host.asked).toEqual(['systemctl --user disable --now hpc-collector.timer']);
    expect(host.files.size).toBe(0);
  });
});
