/** Everything that doctor says of this host, whatever the host that runs this test is like. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import * as fs from 'node:fs';
import { checkAddressSpace, checkSchedule } from '../../src/doctor/host.ts';
import * as systemd from '../../src/exec/systemctl.ts';
import { jobsTask, runTask } from '../../src/install/systemd.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { linesOf } from '../support/findings.ts';

const spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});
const asUser = (user: number) => spies.push(spyOn(process, 'getuid').mockReturnValue(user));

describe('the address space', () => {
  const limits = (soft: string) =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax address space         ${soft}            1            bytes\nMax file locks            2            3            locks\n`;
  test.each([
    ['unlimited', 'pass address space: unlimited'],
    ['600000000', 'pass address space: limited to 0.6 GB'],
    [
      '599999999',
      'fail address space: limited to 0.6 GB, but 0.6 GB is needed → ulimit -v unlimited   # or in limits.conf: as unlimited',
    ],
    ['12345678901', 'pass address space: limited to 12.3 GB'],
  ])('of %s', (soft, line) => {
    expect(linesOf([checkAddressSpace(limits(soft))])).toEqual([line]);
  });

  test('is unknown if the host does not report it', () => {
    const unknown = ['skip address space: this host does not report its limit'];
    expect(linesOf([checkAddressSpace(limits('').replace('address', 'virtual'))])).toEqual(unknown);
    expect(linesOf([checkAddressSpace(null)])).toEqual(unknown);
    spies.push(
      spyOn(fs, 'readFileSync').mockImplementation(() => {
        throw new Error('no /proc');
      }),
    );
    expect(linesOf([checkAddressSpace()])).toEqual(unknown);
  });

  test('is that of this process', () => {
    const read = (path: string) => (path === '/proc/self/limits' ? limits('9e9') : '');
    spies.push(spyOn(fs, 'readFileSync').mockImplementation(read as unknown as typeof fs.readFileSync));
    expect(linesOf([checkAddressSpace()])).toEqual(['pass address space: limited to 9.0 GB']);
  });
});

describe('cron', () => {
  /** The answers of systemctl that are a success, as `user is-active UNIT`; all others are failures. */
  let succeeding: string[];
  let asked: string[];
  beforeEach(() => {
    [succeeding, asked] = [[], []];
    asUser(1000);
    spies.push(
      spyOn(systemd, 'systemctl').mockImplementation(async (manager, words) => {
        const call = [manager, ...words].join(' ');
        asked.push(call);
        return succeeding.includes(call)
          ? { kind: 'done', output: Buffer.from('') }
          : { kind: 'failed', reason: 'inactive', stderr: '' };
      }),
    );
  });
  const check = async (answer: Answer | null, task = runTask, file = '/nonexistent') =>
    linesOf([
      await checkSchedule(
        answering(() => answer),
        task,
        file,
      ),
    ])[0];
  const crontab = (line: string) => ({ stdout: `# x\n${line}\n` });
  const none = { ending: exited(1, 'no crontab for ada') };
  const install = 'hpc-collector install cron --write';
  const noLine = `warn cron: no line of your crontab has hpc-collector run → ${install}`;

  test.each([
    ['*/5 * * * * /bin/hpc-collector -q run', 'pass cron: */5 * * * * /bin/hpc-collector -q run'],
    ['  @daily hpc-collector run derecho  ', 'pass cron: @daily hpc-collector run derecho'],
    ['# * * * * * hpc-collector run', noLine],
    ['  # * * * * * hpc-collector run', noLine],
    ['* * * * * hpc-collector runs', noLine],
    ['* * * * * hpc-collector jobs export', noLine],
    ['* * * * * other run', noLine],
    [`* * * * * hpc-collector run ${'x'.repeat(200)}`, `pass cron: * * * * * hpc-collector run ${'x'.repeat(92)}`],
  ])('with the line %j', async (line, expected) => {
    expect(await check(crontab(line))).toBe(expected);
  });

  test('must have the line of the task', async () => {
    expect(await check(crontab('0 2 * * * hpc-collector jobs export'), jobsTask)).toBe(
      'pass cron: 0 2 * * * hpc-collector jobs export',
    );
    expect(await check(crontab('* * * * * hpc-collector run'), jobsTask)).toBe(
      'warn cron: no line of your crontab has hpc-collector jobs export → hpc-collector install systemd --jobs --write',
    );
    expect(await check(none, jobsTask)).toBe(
      'warn cron: you have no crontab → hpc-collector install systemd --jobs --write',
    );
  });

  test.each<[string, Answer | null, string]>([
    ['is not installed', null, 'skip cron: crontab is not installed on this host'],
    ['has nothing of the user', none, `warn cron: you have no crontab → ${install}`],
    [
      'refuses the user',
      { ending: exited(1, 'crontab: you may not') },
      `warn cron: crontab -l exited with 1: crontab: you may not → ${install}`,
    ],
    [
      'hangs',
      { ending: { kind: 'timed-out', seconds: 10 } },
      `warn cron: crontab -l did not end within 10 s → ${install}`,
    ],
  ])('%s', async (_, answer, line) => {
    expect(await check(answer)).toBe(line);
  });

  test('is asked for the lines of the user, here and for a short time', async () => {
    const executor = answering((command) => {
      expect(command).toEqual({
        argv: ['crontab', '-l'],
        host: null,
        via: null,
        timeoutSeconds: 10,
        maxOutputBytes: 1024 ** 2,
      });
      return none;
    });
    await checkSchedule(executor, runTask, '/nonexistent');
    expect(asked).toEqual(
      ['user', 'system'].flatMap((manager) =>
        ['is-active', 'is-enabled'].map((word) => `${manager} ${word} hpc-collector.timer`),
      ),
    );
  });

  test('may have the file of the system', async () => {
    spies.push(spyOn(fs, 'existsSync').mockImplementation((path) => path === '/etc/cron.d/hpc-collector'));
    const found = await checkSchedule(
      answering(() => none),
      runTask,
    );
    expect(linesOf([found])).toEqual(['pass cron: /etc/cron.d/hpc-collector exists']);
  });

  test('may have another file of the system', async () => {
    expect(await check(null, runTask, '/etc/passwd')).toBe('pass cron: /etc/passwd exists');
    expect(asked).toEqual([]);
  });

  const active = (timer: string) => `pass cron: not needed: the systemd timer ${timer} is active`;
  const idle = (timer: string) => `warn cron: the systemd timer ${timer} is enabled but not active → `;
  test.each([
    ['user is-active hpc-collector.timer', active('hpc-collector.timer')],
    ['system is-active hpc-collector.timer', active('hpc-collector.timer')],
    [
      'user is-enabled hpc-collector.timer',
      `${idle('hpc-collector.timer')}systemctl --user enable --now hpc-collector.timer`,
    ],
    [
      'system is-enabled hpc-collector.timer',
      `${idle('hpc-collector.timer')}systemctl enable --now hpc-collector.timer`,
    ],
  ])('is not needed with a timer: %s', async (call, line) => {
    succeeding = [call];
    expect(await check(none)).toBe(line);
    expect(await check(null)).toBe(line);
    expect(await check(crontab('* * * * * hpc-collector run'))).toBe('pass cron: * * * * * hpc-collector run');
    expect(await check(none, jobsTask)).toStartWith('warn cron: you have no crontab');
  });

  test('is not needed with the timer of another task', async () => {
    succeeding = ['user is-active hpc-collector-jobs.timer'];
    expect(await check(none, jobsTask)).toBe(active('hpc-collector-jobs.timer'));
  });

  test('of root is not needed with a timer of the system only', async () => {
    asUser(0);
    succeeding = ['user is-active hpc-collector.timer'];
    expect(await check(none)).toBe(`warn cron: you have no crontab → ${install}`);
    expect(asked).toEqual(['is-active', 'is-enabled'].map((word) => `system ${word} hpc-collector.timer`));
  });
});
