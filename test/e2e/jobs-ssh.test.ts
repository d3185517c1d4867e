/** sacct on another host, through a real sshd. */

import { expect } from 'bun:test';
import { separator } from '../../src/slurm/rows.ts';
import { newHistorySite } from '../support/history-site.ts';
import { needs } from '../support/needs.ts';
import { captured } from '../support/sacct.ts';
import { startSshd, trouble } from '../support/sshd.ts';

needs(
  'sshd',
  'ssh',
  'ssh-keygen',
)('jobs.host is where sacct and scontrol run', async () => {
  // It answers only what it is to be asked: every argument arrives as it is.
  const sacct = `#!/bin/sh
[ "$TZ $SLURM_TIME_FORMAT" = "UTC %s" ] || exit 3
for word in "$@"; do [ "$word" = '--delimiter=${separator}' ] && asked=yes; done
[ "$asked" = yes ] || exit 4
cat <<'END'
${captured.text}END
`;
  const scontrol = `#!/bin/sh\necho 'ClusterName             = meadow'\n`;
  const far = await startSshd({ hosts: ['slurm-login'], programs: { sacct, scontrol } });
  try {
    const hosts = ['slurm-login', trouble.tcsh, trouble.mute];
    const [plain, tcsh, mute] = await Promise.all(
      hosts.map((host) => {
        const own = newHistorySite(null);
        own.env.PATH = '/usr/bin:/bin';
        own.configure('collector.yaml', `jobs: { host: ${host}, ssh_config: ${far.configFile}, timeout: 4 }\n`);
        const range = ['--since', '2024-11-24T08:00', '--until', '2024-11-24T08:30'];
        return own.run('jobs', 'export', '--dry-run', ...range).finally(() => own.remove());
      }),
    );
    expect(
      [plain, tcsh].map((ran) => [ran?.exit, ran?.stdout.split('\n')[0], ran?.stdout.includes('Cluster: meadow')]),
    ).toEqual([
      [0, 'Extracted 83 raw job records', true],
      [0, 'Extracted 83 raw job records', true],
    ]);
    expect(mute?.exit).toBe(2);
    expect(mute?.stderr).toContain(`ssh to ${trouble.mute}: does not answer`);
  } finally {
    await far.stop();
  }
});
