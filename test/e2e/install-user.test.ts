/** `install systemd` for who is not root: where their systemd runs, and where it does not. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { copyFileSync, existsSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsAll, program } from '../support/needs.ts';
import { freePorts } from '../support/ports.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';
import { asUser, inOwnManager, inUserManager } from '../support/user-manager.ts';

let site: Site;
let api: SamApi;
let variables: Record<string, string>;
beforeEach(async () => {
  site = newSite();
  api = startSamApi();
  site.api(api.url);
  site.localSystem('casper');
  // Only root can read what root has.
  copyFileSync(binary, join(site.directory, 'hpc-collector'));
  variables = { ...site.env, PATH: '/usr/bin:/bin' };
  if (process.getuid?.() === 0) await Bun.$`chown -R nobody ${site.directory}`;
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

const units = () => join(site.configDirectory, '../systemd/user');
const inSite = (script: string) => `cd '${site.directory}'\n${script}`;
const findings = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, string | null>);

describe('where a systemd of the user runs', () => {
  inOwnManager('it fires the timer, which runs the service, until it is removed', async () => {
    // Every second in the place of every five minutes, and until the first run is over.
    const { exit, stdout, stderr } = await start(
      inUserManager(
        join(site.directory, 'host'),
        variables,
        inSite(`
./hpc-collector install systemd casper --write
sed -i 's|^OnCalendar=.*|OnCalendar=*:*:*|' '${units()}/hpc-collector.timer'
systemctl --user daemon-reload; systemctl --user restart hpc-collector.timer
until grep -q 'Finished: SUCCESS' '${site.logFile}' 2>/dev/null; do sleep 0.05; done
./hpc-collector doctor casper --json
./hpc-collector install systemd --remove
systemctl --user list-timers --all --no-legend hpc-collector.timer`),
      ),
      { env: {} },
    ).ended;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain(
      'The timer runs; show its next start with: systemctl --user list-timers hpc-collector.timer\n',
    );
    expect(stdout).toContain('type: loginctl enable-linger nobody\n');
    expect(api.posted[0]).toMatchObject({ path: '/api/v1/status/casper', body: { viz_nodes_total: 15 } });
    expect(findings(stdout).find(({ name }) => name === 'cron')).toMatchObject({
      result: 'pass',
      message: 'not needed: the systemd timer hpc-collector.timer is active',
    });
    expect(stdout).toEndWith(`Removed ${units()}/hpc-collector.timer\nRemoved ${units()}/hpc-collector.service\n`);
  });

  inOwnManager('the receiver runs under the restrictions of its unit, and is stopped by its removal', async () => {
    const port = await freePorts(1);
    const running = start(
      inUserManager(
        join(site.directory, 'host'),
        variables,
        inSite(`
./hpc-collector install systemd --receiver --write -- --listen 127.0.0.1:${port} --database '${site.directory}/receiver.db'
until [ -e '${site.directory}/enough' ]; do sleep 0.05; done
grep '^Seccomp:' /proc/$(systemctl --user show --property MainPID --value hpc-collector-receiver)/status
./hpc-collector install systemd --receiver --remove`),
      ),
      { env: {} },
    );
    const url = `http://127.0.0.1:${port}/api/v1/status/outages`;
    const answers = () =>
      fetch(url).then(
        (answer) => answer.ok,
        () => false,
      );
    await until(answers, 'the receiver answers', 60);
    writeFileSync(join(site.directory, 'enough'), '');
    const { exit, stdout, stderr } = await running.ended;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('systemctl --user status hpc-collector-receiver.service\n');
    expect(stdout, 'its system calls are filtered').toMatch(/^Seccomp:\s+2$/m);
    expect(stdout).toEndWith(`Removed ${units()}/hpc-collector-receiver.service\n`);
    expect(await answers()).toBe(false);
  });

  inOwnManager('a concurrent run is not a failure, and a failure starts the configured unit', async () => {
    const { exit, stdout } = await start(
      inUserManager(
        join(site.directory, 'host'),
        variables,
        inSite(`
./hpc-collector install systemd casper --write --on-failure told@%n.service
systemctl --user stop hpc-collector.timer
printf '[Service]\\nType=oneshot\\nExecStart=/usr/bin/touch ${site.directory}/told-%%i\\n' > '${units()}/told@.service'
systemctl --user daemon-reload
show() { systemctl --user show -P Result -P ExecMainStatus hpc-collector.service; }
printf '#!/bin/sh\\n: > ${site.directory}/hangs; exec sleep 50\\n' > casper-programs/qstat
./hpc-collector collect casper &
until [ -e hangs ]; do sleep 0.02; done
systemctl --user start hpc-collector.service; show
test ! -e told-hpc-collector.service && echo untold
kill $!
echo 'nonsense: true' > '${site.configDirectory}/collector.yaml'
systemctl --user start hpc-collector.service; show
until [ -e told-hpc-collector.service ]; do sleep 0.02; done`),
      ),
      { env: {} },
    ).ended;
    expect(exit).toBe(0);
    expect(stdout).toContain('success\n75\nuntold\nexit-code\n2\n');
  });
});

const unprivileged = needsAll(
  [process.getuid?.() === 0, 'root'],
  ...['setpriv', 'systemctl', 'systemd-analyze'].map(program),
);

describe('where none runs', () => {
  const asNobody = (script: string) =>
    start(asUser(variables, inSite(script)), { env: { PATH: '/usr/bin:/bin' } }).ended;

  unprivileged('the units are written and enabled, and it is said what is left to do', async () => {
    const { exit, stdout, stderr } = await asNobody('./hpc-collector install systemd casper --write');
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      `Wrote ${units()}/hpc-collector.service`,
      `Wrote ${units()}/hpc-collector.timer`,
      expect.stringMatching(
        /^The timer is not started: systemctl --user daemon-reload exited with 1: Failed to connect to bus/,
      ),
      'If your systemd is running, logged in as nobody, type: systemctl --user daemon-reload && systemctl --user enable --now hpc-collector.timer',
      'Without systemd, use cron: hpc-collector install cron --write',
      'To run it while you are not logged in, type: loginctl enable-linger nobody',
      '',
    ]);
    expect(readlinkSync(join(units(), 'timers.target.wants/hpc-collector.timer'))).toBe(
      `${units()}/hpc-collector.timer`,
    );
    expect(findings((await asNobody('./hpc-collector doctor casper --json')).stdout)).toContainEqual({
      name: 'cron',
      result: 'warn',
      message: 'the systemd timer hpc-collector.timer is enabled but not active',
      remedy: 'systemctl --user enable --now hpc-collector.timer',
    });
  });

  unprivileged('systemd has nothing against what was written', async () => {
    const verified = await asNobody(`
./hpc-collector install systemd casper --write --on-failure mail@%n.service >/dev/null || true
printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' > '${units()}/mail@.service'
XDG_RUNTIME_DIR='${site.directory}' systemd-analyze --user verify '${units()}/hpc-collector.service' '${units()}/hpc-collector.timer'`);
    expect(verified).toMatchObject({ exit: 0, stdout: '', stderr: '' });
  });

  unprivileged('--remove takes all of it away', async () => {
    await asNobody('./hpc-collector install systemd casper --write');
    const { exit, stdout } = await asNobody('./hpc-collector install systemd --remove');
    expect(exit).toBe(0);
    expect(stdout).toContain('If it is running, type: systemctl --user disable --now hpc-collector.timer');
    for (const name of ['hpc-collector.service', 'hpc-collector.timer', 'timers.target.wants/hpc-collector.timer'])
      expect(existsSync(join(units(), name))).toBe(false);
    expect((await asNobody('./hpc-collector install systemd --remove')).stdout).toBe(
      'There are no units of hpc-collector\n',
    );
  });
});
