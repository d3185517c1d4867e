/** The way of a new user: nothing but the executable in an empty home, as the README has it. */

import { expect } from 'bun:test';
import { chmodSync, copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { needsAll, program } from '../support/needs.ts';
import { inOwnSystem, isOwnSystemPossible } from '../support/own-system.ts';
import { install, loginNodePrograms, playback } from '../support/playback.ts';
import { run } from '../support/run.ts';
import { binary, credentials, fixtures, newSite } from '../support/site.ts';
import { startSshd } from '../support/sshd.ts';
import { start } from '../support/start.ts';
import { asUser } from '../support/user-manager.ts';

const test = needsAll(
  [isOwnSystemPossible, 'root and the right to mount'],
  ...['sshd', 'ssh', 'ssh-keygen', 'crontab'].map(program),
);

test('init, two values, doctor, run, cron, health: over ssh, with a crontab, and without being root', async () => {
  const site = newSite();
  const far = await startSshd({
    hosts: ['casper', 'casper-login1', 'casper-login2'],
    programs: { ...playback(join(fixtures, 'casper')), ...loginNodePrograms },
  });
  try {
    const { url } = await site.serve();
    const user = ['serve', 'user', 'add', 'derecho_collector', '--password-stdin'];
    const database = ['--database', join(site.directory, 'receiver.db')];
    await site.start([...user, ...database], { stdin: `${credentials.password}\n` }).ended;

    const [home, bin, key] = ['home', 'bin', 'key'].map((name) => join(site.directory, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(home);
    copyFileSync(binary, join(home, 'hpc-collector'));
    // The key and the names of the hosts are in the user's ~/.ssh, which is not below HOME for ssh.
    copyFileSync(join(far.directory, 'user_key'), key);
    const ssh = `#!/bin/sh\nexec /usr/bin/ssh -F '${far.configFile}' -i '${key}' -l ${run(['id', '-un']).stdout.trim()} "$@"\n`;
    install(bin, { ssh });
    await Bun.$`chown -R nobody ${home} ${key}`;
    for (const directory of [site.directory, far.directory]) chmodSync(directory, 0o755);

    const script = `
cd; ./hpc-collector config init casper
sed -i 's|^STATUS_API_URL=.*|STATUS_API_URL=${url}|; s|^STATUS_API_PASSWORD=.*|STATUS_API_PASSWORD=${credentials.password}|' .config/hpc-collector/env
for words in doctor run 'install cron --write' doctor health; do
  echo "== $words"; ./hpc-collector $words; echo "exit $?"
done
echo '== crontab'; crontab -l`;
    const host = join(site.directory, 'host');
    const crontabs = '/var/spool/cron/crontabs';
    const asRoot = `chgrp crontab ${crontabs}; chmod 1730 ${crontabs}; exec "$@"`;
    const asNobody = asUser({ HOME: home, PATH: `${bin}:/usr/bin:/bin` }, script);
    const { stdout, stderr } = await start([...inOwnSystem(host, [crontabs], asRoot), 'sh', ...asNobody], {
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    }).ended;
    const [init, doctor, ran, cron, again, health, crontab] = stdout.split(/^== .*\n/m);

    expect(init).toContain(`Next: set STATUS_API_USER and STATUS_API_PASSWORD in ${home}/.config/hpc-collector/env`);
    expect(doctor).not.toMatch(/^fail/m);
    expect(doctor).toContain('pass  casper ssh casper: logged in within ');
    expect(doctor).toEndWith('\n\nNext: hpc-collector run, then hpc-collector install cron --write\nexit 0\n');
    // Without a terminal what goes well is silent.
    expect({ ran, stderr }).toEqual({ ran: 'exit 0\n', stderr: '' });
    expect(cron).toContain('Wrote to the crontab of nobody:\n# BEGIN hpc-collector\n');
    expect(again).toMatch(/^pass {2}cron: .* run$/m);
    expect(health).toMatch(/^HPC-COLLECTOR OK: 1 system collected, nothing is overdue \| .*\nexit 0\n$/);
    expect(crontab).toMatch(new RegExp(`^[0-4]-59/5 \\* \\* \\* \\* ${home}/hpc-collector run$`, 'm'));
    const latest = await fetch(`${url}/api/v1/status/casper/latest`, {
      headers: { Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}` },
    });
    expect(await latest.json()).toMatchObject({
      viz_nodes_total: 15,
      login_nodes: [{ available: true }, { available: true }],
    });
    expect(statSync(join(home, '.local/state/hpc-collector/outbox.db')).mode & 0o777).toBe(0o600);
  } finally {
    await site.remove();
    await far.stop();
  }
}, 180_000);
