import { expect, test } from 'bun:test';
import { cronBlock, mailToOf } from '../../src/install/cron.ts';
import type { Installation } from '../../src/install/installation.ts';
import { logrotateText, withRotation } from '../../src/install/logrotate.ts';
import { jobsTask, runTask, systemdUnits } from '../../src/install/systemd.ts';

const installation: Installation = {
  binary: '/opt/hpc/hpc-collector',
  flags: [],
  systems: ['derecho', 'casper'],
  environment: {},
  host: 'login1',
  user: 'collector',
  isRoot: false,
};

const unitsOf = (rest: Partial<Installation>, onFailure: string | null = null) =>
  systemdUnits(runTask, { ...installation, ...rest }, onFailure);
const serviceOf = (rest: Partial<Installation>) => unitsOf(rest)['hpc-collector.service'] ?? '';

test('each host and system starts at its own fixed minute and second', () => {
  const hosts = Array.from({ length: 60 }, (_, index) => `login${index}`);
  const minutes = hosts.map((host) => /^(\d+)-59\/5 /m.exec(cronBlock({ ...installation, host }, 'ops'))?.[1]);
  expect(new Set(minutes)).toEqual(new Set(['0', '1', '2', '3', '4']));
  const seconds = hosts.map((host) => /OnCalendar=.*/.exec(unitsOf({ host })['hpc-collector.timer'] ?? '')?.[0]);
  expect(new Set(seconds).size).toBeGreaterThan(45);
  expect(cronBlock(installation, 'ops')).toBe(cronBlock({ ...installation }, 'ops'));
});

test('a crontab has the run, the hourly health check and the mail address', () => {
  expect(cronBlock(installation, 'ops@example.org').split('\n')).toEqual([
    '# BEGIN hpc-collector',
    expect.stringMatching(/^# /),
    'MAILTO="ops@example.org"',
    expect.stringMatching(/^[0-4]-59\/5 \* \* \* \* \/opt\/hpc\/hpc-collector run derecho casper$/),
    expect.stringMatching(/^[0-5]?\d \* \* \* \* \/opt\/hpc\/hpc-collector health --quiet$/),
    '# END hpc-collector',
    '',
  ]);
});

test('a crontab can have the nightly export of jobs, also without a run', () => {
  const commands = (runs: boolean) =>
    [
      ...cronBlock(installation, '', { runs, exportsJobs: true }).matchAll(/hpc-collector (run|jobs export|health)/g),
    ].map(([, command]) => command);
  expect(commands(true)).toEqual(['run', 'jobs export', 'health']);
  expect(commands(false)).toEqual(['jobs export', 'health']);
  expect(cronBlock(installation, '', { runs: false, exportsJobs: true })).toMatch(
    /^[0-5]?\d 2 \* \* \* \/opt\/hpc\/hpc-collector jobs export$/m,
  );
});

test('characters that a shell or cron interprets are quoted', () => {
  const block = cronBlock({ ...installation, binary: "/opt/100% o'clock/hpc-collector", systems: [] }, '');
  expect(block).toContain(String.raw`* * * * '/opt/100\% o'\''clock/hpc-collector' run`);
  expect(block).toContain('MAILTO=""');
  expect(serviceOf({ binary: '/opt/100% $o"/x', environment: { A: '$b %c' } })).toContain(
    String.raw`ExecStart="/opt/100%% $$o\"/x" run`,
  );
  expect(serviceOf({ environment: { A: '$b %c' } })).toContain('Environment="A=$b %%c"');
});

test('an invalid mail address is refused', () => {
  expect(() => cronBlock(installation, 'ops\n* * * * * evil')).toThrow('is not a mail address');
});

test.each([
  ['nothing', '0 0 * * * backup\n', null],
  ['the last that is said', 'MAILTO=a\n MAILTO = "b@c" \n', 'b@c'],
  ['nobody', 'MAILTO=""\n', ''],
  ['a comment', '# MAILTO=a\n', null],
])('who gets the mail at the end of a crontab: %s', (_, crontab, expected) => {
  expect(mailToOf(crontab)).toBe(expected);
});

test('a hardened service keeps the rights that it needs', () => {
  expect(serviceOf({ isRoot: true })).toContain('\nProtectSystem=full\n');
  expect(serviceOf({ isRoot: false })).not.toContain('Protect');
  for (const isRoot of [true, false])
    expect(serviceOf({ isRoot })).not.toMatch(/^(NoNewPrivileges|PrivateTmp|ProtectHome|MemoryDenyWriteExecute)=/m);
});

test('a concurrent run is not a failure, and a failure can start a unit', () => {
  expect(serviceOf({})).toContain('\nSuccessExitStatus=75\n');
  expect(serviceOf({})).not.toContain('OnFailure');
  expect(unitsOf({}, 'mail@%n.service')['hpc-collector.service']).toContain('\nOnFailure=mail@%n.service\n');
});

test('logrotate works as the owner of the directory', () => {
  expect(logrotateText(['/var/log/x y.log'], null)).not.toContain('su ');
  const text = logrotateText(['/home/c/collector.log', '/home/c/casper.log'], { user: 'c', group: 'staff' });
  expect(text).toContain('"/home/c/collector.log"\n"/home/c/casper.log"\n{\n    su c staff\n');
});

test.each([
  ['an empty file', '', 'log: { rotate: false }\n'],
  ['a file without log', '# mine\nsystems: [a]', '# mine\nsystems: [a]\nlog: { rotate: false }\n'],
  ['a flow mapping', 'log: { format: json } # mine\n', 'log: { format: json, rotate: false } # mine\n'],
  ['a block', 'log:\n  # mine\n  format: json\nx: 1\n', 'log:\n  # mine\n  format: json\n  rotate: false\nx: 1\n'],
  ['one that says it already', 'log: {rotate: false}\n', 'log: {rotate: false}\n'],
])('our own rotation is turned off in %s', (_, before, after) => {
  expect(withRotation(before, false)).toBe(after);
});

test('and on again', () => {
  expect(withRotation('log: { format: json, rotate: false }\n', true)).toBe('log: { format: json }\n');
  expect(withRotation('log: {format: json}\n', true)).toBe('log: {format: json}\n');
});

test('the timer of jobs export starts once a night at its own second, and catches up after downtime', () => {
  const timers = Array.from({ length: 60 }, (_, index) => {
    const units = systemdUnits(jobsTask, { ...installation, host: `login${index}` }, null);
    return units['hpc-collector-jobs.timer'] ?? '';
  });
  expect(new Set(timers).size).toBeGreaterThan(55);
  for (const text of timers) {
    expect(text).toMatch(/^OnCalendar=\*-\*-\* 02:[0-5]\d:[0-5]\d$/m);
    expect(text).toMatch(/^Persistent=true$/m);
  }
});

test('the service of jobs export has time for several missed days', () => {
  const units = systemdUnits(jobsTask, { ...installation, flags: ['--config', '/etc/hpc'] }, 'mail@%n.service');
  const service = units['hpc-collector-jobs.service'];
  expect(service).toMatch(/^ExecStart=\/opt\/hpc\/hpc-collector --config \/etc\/hpc jobs export$/m);
  expect(service).toMatch(/^TimeoutStartSec=6h$/m);
  expect(service).toMatch(/^OnFailure=mail@%n\.service$/m);
  expect(service).toMatch(/^SuccessExitStatus=75$/m);
});

test.each(['\n', '\r', '\u001b', '\u0085'])('a path with %j in it is refused in every file', (character) => {
  const path = `/home/c/a${character}ExecStart=b`;
  expect(() => serviceOf({ flags: ['--config', path] })).toThrow('has a line break or another control character in it');
  expect(() => serviceOf({ binary: path })).toThrow('control character');
  expect(() => serviceOf({ environment: { XDG_STATE_HOME: path } })).toThrow('control character');
  expect(() => logrotateText(['/var/log/a.log', path], null)).toThrow('control character');
});
