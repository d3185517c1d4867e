/** `install cron | systemd | logrotate`: the right text for this host, put in, taken out, and really obeyed. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoteArgument } from '../../src/exec/quote.ts';
import { needs, needsThat } from '../support/needs.ts';
import { inOwnSystem, onOwnSystem } from '../support/own-system.ts';
import { install } from '../support/playback.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';

let site: Site;
let api: SamApi;
beforeEach(() => {
  site = newSite();
  api = startSamApi();
  site.api(api.url);
  site.localSystem('casper');
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

/** Runs it with the programs of the host, and those in a folder of ours before them. */
const runWith = (programs: string, ...args: string[]) =>
  start([binary, ...args], { env: { ...site.env, PATH: `${programs}:/usr/bin:/bin:/usr/sbin:/sbin` } }).ended;

/** A script where `/var/spool/cron`, `/etc/logrotate.d` and systemd's directory are ours. */
const onHost = (script: string) =>
  start(
    inOwnSystem(
      join(site.directory, 'host'),
      ['/var/spool/cron/crontabs', '/run', '/etc/logrotate.d', '/etc/systemd/system'],
      script,
    ),
    { env: { ...site.env, PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HPC: binary } },
  );

describe('install cron', () => {
  /** A `crontab` that keeps its file here. */
  function ownCrontab(before: string | null): { readonly programs: string; readonly file: string } {
    const programs = join(site.directory, 'cron');
    const file = join(programs, 'crontab.txt');
    install(programs, {
      crontab: `#!/bin/sh
case "$1" in
-l) cat '${file}' 2>/dev/null || { echo "no crontab for me" >&2; exit 1; };;
-r) rm '${file}';;
*) cp "$1" '${file}';;
esac
`,
    });
    if (before !== null) writeFileSync(file, before, 'latin1');
    return { programs, file };
  }

  test('shows lines that run here, as this user, with this configuration', async () => {
    const { exit, stdout, stderr } = await runWith(
      '/nowhere',
      'install',
      'cron',
      'casper',
      '--config',
      site.configDirectory,
    );
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toStartWith('# BEGIN hpc-collector\n');
    expect(stdout).toEndWith('\n# END hpc-collector\n');
    expect(stdout).toContain(
      `-59/5 * * * * env 'XDG_CONFIG_HOME=${site.env.XDG_CONFIG_HOME}' 'XDG_STATE_HOME=${site.env.XDG_STATE_HOME}' ${quoteArgument(binary)} --config ${site.configDirectory} run casper\n`,
    );
    expect(stdout).toMatch(/ health --quiet$/m);
  });

  test('needs an existing system', async () => {
    expect(await site.run('install', 'cron')).toMatchObject({ exit: 2, stderr: expect.stringContaining("'systems:'") });
    expect(await site.run('install', 'cron', 'caspr')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("did you mean 'casper'?"),
    });
    site.configure('collector.yaml', 'systems: [casper]\n');
    expect((await site.run('install', 'cron')).stdout).toMatch(/hpc-collector'? run$/m);
  });

  test('--write keeps other lines, also when repeated, and --remove restores every byte', async () => {
    const before = '# \xe9\xff mine\r\nMAILTO=ops@example.org\n\n0 0 * * * backup\n';
    const { programs, file } = ownCrontab(before);
    expect(await runWith(programs, 'install', 'cron', 'casper', '--write')).toMatchObject({ exit: 0, stderr: '' });
    const after = readFileSync(file, 'latin1');
    expect(after).toStartWith(`${before}# BEGIN hpc-collector\n`);
    expect(after).toContain('\nMAILTO="ops@example.org"\n');
    expect((await runWith(programs, 'install', 'cron', 'casper', '--write')).stdout).toContain('already');
    expect(readFileSync(file, 'latin1')).toBe(after);
    await runWith(programs, 'install', 'cron', 'casper', '--write', '--mailto', 'ann');
    expect(readFileSync(file, 'latin1')).toBe(after.replace('"ops@example.org"', '"ann"'));
    expect(await runWith(programs, 'install', 'cron', '--remove')).toMatchObject({ exit: 0, stderr: '' });
    expect(readFileSync(file, 'latin1')).toBe(before);
    expect((await runWith(programs, 'install', 'cron', '--remove')).stdout).toContain('no lines of hpc-collector');
  });

  test('a crontab without other lines is removed', async () => {
    const { programs, file } = ownCrontab(null);
    await runWith(programs, 'install', 'cron', 'casper', '--write');
    expect(readFileSync(file, 'latin1')).toStartWith('# BEGIN hpc-collector\n');
    await runWith(programs, 'install', 'cron', '--remove');
    expect(existsSync(file)).toBe(false);
  });

  test('a crontab that cannot be read or parsed is not changed', async () => {
    const { programs, file } = ownCrontab('# BEGIN hpc-collector\n');
    expect(await runWith(programs, 'install', 'cron', 'casper', '--write')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('correct it with: crontab -e'),
    });
    install(programs, { crontab: '#!/bin/sh\necho "you are not allowed to use this program" >&2; exit 1\n' });
    expect(await runWith(programs, 'install', 'cron', 'casper', '--write')).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/not allowed to use this program; .*hpc-collector install systemd/),
    });
    expect(readFileSync(file, 'latin1')).toBe('# BEGIN hpc-collector\n');
  });

  const withCron = Bun.which('cron', { PATH: '/usr/sbin' }) === null ? needs('cron') : onOwnSystem;
  withCron(
    "Debian's cron runs what is installed, every minute if it says so, in cron's bare environment",
    async () => {
      const cron = onHost(
        `"$HPC" install cron casper --write; crontab -l | sed 's|^[0-4]-59/5|*|; /health/d' > '${site.directory}/every-minute'; ` +
          `crontab '${site.directory}/every-minute'; exec env -i PATH=/usr/bin:/bin "$(command -v cron)" -f`,
      );
      try {
        await until(() => api.posted.length > 0, 'cron runs it', 80);
        await until(() => readFileSync(site.logFile, 'utf8').includes('Finished: SUCCESS'), 'the run ends');
        expect(api.posted[0]).toMatchObject({ path: '/api/v1/status/casper', body: { viz_nodes_total: 15 } });
        expect(await site.entries()).toMatchObject([{ state: 'delivered' }]);
      } finally {
        cron.kill('SIGKILL');
        await cron.ended;
      }
    },
    100_000,
  );
});

describe('install systemd', () => {
  for (const [what, name, flags] of [
    ['a run', 'hpc-collector', []],
    ['the daily export of jobs, which needs no system', 'hpc-collector-jobs', ['--jobs']],
  ] as const) {
    needs('systemd-analyze')(`shows units of ${what} that systemd has nothing against`, async () => {
      site.configure('collector.yaml', name === 'hpc-collector' ? 'systems: [casper]\n' : '');
      const { exit, stdout } = await site.run('install', 'systemd', ...flags, '--on-failure', 'mail@%n.service');
      expect(exit).toBe(0);
      const units = join(site.directory, 'units');
      mkdirSync(units);
      writeFileSync(join(units, 'mail@.service'), '[Service]\nType=oneshot\nExecStart=/bin/true\n');
      for (const [, file = '', text = ''] of stdout.matchAll(
        /^# \/\S*\/(hpc-collector[\w-]*\.\w+)\n((?:(?!# \/)[^\n]*\n)*)/gm,
      ))
        writeFileSync(join(units, file), text);
      const files = [`${name}.service`, `${name}.timer`].map((file) => join(units, file));
      const verified = await start(['systemd-analyze', 'verify', ...files], {
        env: { PATH: '/usr/bin:/bin', SYSTEMD_UNIT_PATH: `${units}:` },
      }).ended;
      expect(verified).toMatchObject({ exit: 0, stderr: '' });
      const calendar = /OnCalendar=(.*)/.exec(stdout)?.[1] ?? '';
      const times = await start(['systemd-analyze', 'calendar', '--iterations=3', calendar], {
        env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
      }).ended;
      expect(times.stdout.match(/\d\d:\d\d:\d\d UTC/g)?.length).toBeGreaterThanOrEqual(3);
    });
  }

  describe('--receiver', () => {
    const printed = async (...flags: string[]) => site.run('install', 'systemd', '--receiver', ...flags);

    needs('systemd-analyze')('shows a unit that systemd accepts and finds well protected', async () => {
      const { exit, stdout } = await printed(
        '--',
        '--listen',
        '0.0.0.0:443',
        '--tls-cert=/etc/a.pem',
        '--tls-key=/etc/a',
      );
      expect(exit).toBe(0);
      expect(stdout).toContain("--listen 0.0.0.0:443 '--tls-cert=/etc/a.pem'".replaceAll("'", ''));
      const file = join(site.directory, 'hpc-collector-receiver.service');
      writeFileSync(file, stdout.slice(stdout.indexOf('\n') + 1));
      const analyze = (...words: string[]) =>
        start(['systemd-analyze', ...words], { env: { PATH: '/usr/bin:/bin' } }).ended;
      expect(await analyze('verify', file)).toMatchObject({ exit: 0, stderr: '' });
      if (process.getuid?.() !== 0) return;
      const { stdout: report } = await analyze('security', '--offline=true', '--no-pager', file);
      expect(Number(/Overall exposure level .*: (\d+\.\d)/.exec(report)?.[1])).toBeLessThan(2);
    });

    test.each([
      [['casper'], '--receiver does not collect systems'],
      [['--jobs'], 'give one of them'],
      [['--', 'casper'], "serve in a unit does not accept 'casper'"],
      [['--', '--lisen', ':1'], 'did you mean --listen?'],
      [['--', '--tls-cert', 'a.pem'], 'a unit needs the full path'],
    ])('%p is refused', async (flags, words) => {
      expect(await printed(...flags)).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(words) });
    });
  });

  describe('--job-template', () => {
    const printed = async (...flags: string[]) => site.run('install', 'systemd', '--job-template', ...flags);

    needs('systemd-analyze')('shows a template that systemd accepts, for the sampler of one job', async () => {
      const { exit, stdout } = await printed('--on-failure', 'mail@%n.service');
      expect(exit).toBe(0);
      const units = join(site.directory, 'units');
      mkdirSync(units);
      writeFileSync(join(units, 'mail@.service'), '[Service]\nType=oneshot\nExecStart=/bin/true\n');
      const template = join(units, 'hpc-collector-sample@.service');
      writeFileSync(template, stdout.slice(stdout.indexOf('\n') + 1, stdout.indexOf('\n# A prolog of Slurm\n')));
      expect(readFileSync(template, 'utf8')).toContain(`\nExecStart=${binary} sample --jobid %i\n`);
      const verified = await start(['systemd-analyze', 'verify', `${units}/hpc-collector-sample@12.service`], {
        env: { PATH: '/usr/bin:/bin', SYSTEMD_UNIT_PATH: `${units}:` },
      }).ended;
      expect(verified).toMatchObject({ exit: 0, stderr: '' });
    });

    onOwnSystem('shows a prolog and an epilog that start and stop it, with what the prolog knows', async () => {
      const { stdout } = await printed();
      const [, prolog = '', epilog = ''] = stdout.split(/# An? (?:prolog|epilog) of Slurm\n/);
      const programs = join(site.directory, 'programs');
      install(programs, { systemctl: '#!/bin/sh\necho "$@" >>"$ASKED"\n', prolog, epilog });
      const asked = join(site.directory, 'asked.txt');
      const run = join(site.directory, 'host/run/hpc-collector');
      const job = { SLURM_JOB_ID: '12', SLURM_JOB_USER: 'alice', SLURM_JOB_GPUS: '0,1', SLURM_JOB_NAME: 'x\nA=b' };
      const call = (script: string) =>
        start(inOwnSystem(join(site.directory, 'host'), ['/run'], `${programs}/${script}`), {
          env: { ...job, ASKED: asked, PATH: `${programs}:/usr/bin:/bin` },
        }).ended;
      expect(await call('prolog')).toMatchObject({ exit: 0, stderr: '' });
      const variables = readFileSync(join(run, 'sample-12.env'), 'utf8');
      expect(variables).toContain('SLURM_JOB_ID=12\n');
      expect(variables).toContain('SLURM_JOB_USER=alice\n');
      expect(variables).toContain('SLURM_JOB_GPUS=0,1\n');
      expect(variables).not.toContain('A=b');
      expect(await call('epilog')).toMatchObject({ exit: 0, stderr: '' });
      expect(existsSync(join(run, 'sample-12.env'))).toBe(false);
      expect(readFileSync(asked, 'utf8')).toBe(
        'start --no-block hpc-collector-sample@12.service\nstop --no-block hpc-collector-sample@12.service\n',
      );
    });

    test.each([
      [['casper'], '--job-template does not collect systems'],
      [['--receiver'], '--receiver and --job-template are separate: give one of them'],
      [['--log-file', '/a.log'], '--job-template takes no --log-file'],
    ])('%p is refused', async (flags, words) => {
      expect(await printed(...flags)).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(words) });
    });
  });

  onOwnSystem(
    '--write installs them for root, prints the missing systemd commands, and --remove deletes them',
    async () => {
      const units = join(site.directory, 'host/etc/systemd/system');
      const { exit, stdout } = await onHost('"$HPC" install systemd casper --write').ended;
      expect(exit).toBe(1);
      expect(readFileSync(join(units, 'hpc-collector.service'), 'utf8')).toContain(`ExecStart=${binary} run casper\n`);
      expect(stdout).toContain('Wrote /etc/systemd/system/hpc-collector.timer');
      expect(stdout).toContain('The timer is not started: systemctl daemon-reload exited with 1: ');
      expect(stdout).toContain('type: systemctl daemon-reload && systemctl enable --now hpc-collector.timer\n');
      expect((await onHost('"$HPC" install systemd casper --write').ended).stdout).toContain('already');
      expect((await onHost('"$HPC" install systemd --jobs --write').ended).stdout).toContain(
        'type: systemctl daemon-reload && systemctl enable --now hpc-collector-jobs.timer',
      );
      expect(await onHost('"$HPC" install systemd --remove').ended).toMatchObject({ exit: 0 });
      expect(existsSync(join(units, 'hpc-collector.service'))).toBe(false);
      expect(readFileSync(join(units, 'hpc-collector-jobs.service'), 'utf8')).toContain(
        `ExecStart=${binary} jobs export\n`,
      );
      expect(await onHost('"$HPC" install systemd --jobs --remove').ended).toMatchObject({ exit: 0 });
      expect(existsSync(join(units, 'hpc-collector-jobs.timer'))).toBe(false);
      const template = join(units, 'hpc-collector-sample@.service');
      expect(await onHost('"$HPC" install systemd --job-template --write').ended).toMatchObject({
        stdout: expect.stringContaining('systemd has not read the unit: systemctl daemon-reload exited with 1: '),
      });
      expect(existsSync(template)).toBe(true);
      expect(await onHost('"$HPC" install systemd --job-template --remove').ended).toMatchObject({ exit: 0 });
      expect(existsSync(template)).toBe(false);
      writeFileSync(join(units, 'hpc-collector.service'), '[Service]\n');
      expect(await onHost('"$HPC" install systemd casper --write').ended).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('it is unchanged'),
      });
    },
  );

  test('an invalid unit name is refused', async () => {
    const { exit, stderr } = await site.run('install', 'systemd', 'casper', '--on-failure', 'x\nExecStart=evil');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('give a unit such as') });
  });
});

describe('install logrotate', () => {
  needsThat(process.getuid?.() === 0, 'root')(
    'has a su line where a group can write the directory of the log',
    async () => {
      const logs = join(site.directory, 'logs');
      mkdirSync(logs);
      chownSync(logs, 0, 1);
      const shown = async () =>
        (await runWith('/nonexistent', 'install', 'logrotate', '--log-file', join(logs, 'x.log'))).stdout;
      chmodSync(logs, 0o755);
      expect(await shown()).not.toContain('    su ');
      chmodSync(logs, 0o775);
      expect(await shown()).toMatch(/^ {4}su root daemon$/m);
    },
  );

  onOwnSystem('leaves collector.yaml as it was if the file cannot be written', async () => {
    site.configure('collector.yaml', 'systems: [casper]\n');
    const script =
      'mkdir -p /etc/logrotate.d; echo theirs > /etc/logrotate.d/hpc-collector; "$HPC" install logrotate --write';
    expect(await onHost(script).ended).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("was not written by 'hpc-collector install'"),
    });
    expect(readFileSync(join(site.configDirectory, 'collector.yaml'), 'utf8')).toBe('systems: [casper]\n');
  });

  const rotates = Bun.which('logrotate', { PATH: '/usr/sbin' }) === null ? needs('logrotate') : onOwnSystem;
  rotates('has the log rotated by logrotate, and by it alone, until it is removed', async () => {
    site.configure('collector.yaml', '# mine\nsystems: [casper]\n');
    const { exit, stdout, stderr } = await onHost('"$HPC" install logrotate --write').ended;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('Wrote /etc/logrotate.d/hpc-collector');
    const settings = join(site.configDirectory, 'collector.yaml');
    expect(readFileSync(settings, 'utf8')).toBe('# mine\nsystems: [casper]\nlog: { rotate: false }\n');
    await site.run('collect');
    truncateSync(site.logFile, 11 * 1024 * 1024);
    await site.run('collect');
    expect(existsSync(`${site.logFile}.1`)).toBe(false);
    const rotated = await onHost(`logrotate --force --state '${site.directory}/rotated' /etc/logrotate.d/hpc-collector`)
      .ended;
    expect(rotated).toMatchObject({ exit: 0, stderr: '' });
    expect(existsSync(`${site.logFile}.1`)).toBe(true);
    expect(await site.run('collect')).toMatchObject({ exit: 0 });
    expect(readFileSync(site.logFile, 'utf8')).toContain('✓ Stored casper');

    expect(await onHost('"$HPC" install logrotate --remove').ended).toMatchObject({ exit: 0, stderr: '' });
    expect(readFileSync(settings, 'utf8')).not.toContain('rotate');
    expect(existsSync(join(site.directory, 'host/etc/logrotate.d/hpc-collector'))).toBe(false);
  });
});

test.each([
  ['systemd', ['systemd', 'casper']],
  ['logrotate', ['logrotate']],
])('install %s refuses a path with a line break in it', async (_, args) => {
  site.localSystem('casper');
  const { exit, stdout, stderr } = await site.run('install', ...args, '--log-file', `${site.directory}/a\nExecStart=b`);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain("a ExecStart=b' has a line break or another control character in it");
});
