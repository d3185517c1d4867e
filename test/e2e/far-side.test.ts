/** What the login shell and its start files on another host do to a run: nothing. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../support/needs.ts';
import { install, loginNodePrograms, playback } from '../support/playback.ts';
import { captured } from '../support/sacct.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';
import { type FarSide, sshdInstalled, startSshd, trouble } from '../support/sshd.ts';

const throughSsh = needs('sshd', 'ssh', 'ssh-keygen');

/** A program that prints what it does only if none of these variables is set. */
const unless = (variables: string, text: string): string =>
  text.replace('\n', `\n[ -z "${variables}" ] || { echo "changed by ${variables}" >&2; exit 3; }\n`);

// Filesystems and CPUs are those of this machine.
const { df: _, ...slurm } = playback(join(fixtures, 'slurm'));
const { df: __, ...pbs } = playback(join(fixtures, 'casper'));
const { nproc: ___, ...sessions } = loginNodePrograms;

/** Prints nothing, as it does where there are no reservations. */
const noReservations = '#!/bin/sh\n[ -z "$TZ" ] || exit 3\n';

let far: FarSide;
let site: Site;
beforeAll(async () => {
  if (!sshdInstalled) return;
  far = await startSshd({
    hosts: ['pbs-server', 'login'],
    programs: {
      ...slurm,
      ...pbs,
      ...sessions,
      pbs_rstat: noReservations,
      squeue: unless('$SQUEUE_USERS$SQUEUE_STATES$SQUEUE_PARTITION$SQUEUE_ACCOUNT', slurm.squeue ?? ''),
      sacct: `#!/bin/sh\ncat <<'END'\n${captured.text}END\n`,
    },
  });
});
afterAll(() => far?.stop());
beforeEach(() => {
  site = newSite();
  site.env.PATH = '/usr/bin:/bin';
  if (!sshdInstalled) return;
  const way = (host: string) => `scheduler_host: ${host}
login_nodes: [{ name: login }]
mounts: { here: / }
filesystems: [here]
ssh_config: ${far.configFile}
`;
  site.configure('casper.yaml', way('pbs-server'));
  site.configure('farm.yaml', `scheduler: slurm\n${way('pbs-server')}`);
  site.configure('collector.yaml', `jobs: { host: pbs-server, ssh_config: ${far.configFile}, cluster_name: farm }\n`);
});
afterEach(() => site.remove());

/** Puts a file into the home directory of the far user while something is done. */
async function withStartFile<T>(name: string, text: string, work: () => Promise<T>): Promise<T> {
  const file = join(far.directory, 'home', name);
  writeFileSync(file, text);
  try {
    return await work();
  } finally {
    rmSync(file);
  }
}

/** What a collection stores, without what differs each time, and what the log says. */
async function collected(system: string) {
  const { exit, stdout, stderr } = await site.run('collect', system, '--json-only');
  const { timestamp: _, ...payload } = JSON.parse(stdout) as Record<string, unknown>;
  const text = JSON.stringify(payload, (key, value) => (/^load_|^used_|utilization/.test(key) ? undefined : value));
  return { exit, payload: text, problems: stderr.split('\n').filter((line) => / (?:ERROR|WARN) /.test(line)) };
}

const noise = `echo "Loading default modules"
echo "Maintenance on 12.11. from 08:00"
printf "without a line break"
mesg n; stty -ixon
export SQUEUE_USERS=$USER SQUEUE_STATES=RUNNING SQUEUE_PARTITION=none SQUEUE_ACCOUNT=none
export OMP_NUM_THREADS=1 TZ=Asia/Tokyo
`;

describe('a noisy .bashrc on the far side', () => {
  throughSsh.each(['casper', 'farm'])('changes no number of %s', async (system) => {
    const quiet = await collected(system);
    expect(quiet).toMatchObject({ exit: 0, problems: [] });
    const cpus = Bun.spawnSync(['nproc', '--all']).stdout.toString().trim();
    expect(quiet.payload).toContain(`"num_cpus":${cpus}}`);
    expect(quiet.payload).toContain('"user_count":2,');
    expect(await withStartFile('.bashrc', noise, () => collected(system))).toEqual(quiet);
  });

  throughSsh('changes no record of the job history', async () => {
    const range = ['--since', '2024-11-24T08:00', '--until', '2024-11-24T08:30'];
    const exported = () => site.run('jobs', 'export', '--dry-run', ...range);
    const quiet = await exported();
    expect(quiet.stdout).toContain('Extracted 83 raw job records');
    const noisy = await withStartFile('.bashrc', noise, exported);
    expect([noisy.exit, noisy.stdout]).toEqual([quiet.exit, quiet.stdout]);
  });

  throughSsh('is in no recording', async () => {
    const recording = join(site.directory, 'recording');
    const recorded = await withStartFile('.bashrc', noise, () =>
      site.run('collect', 'farm', '--record', recording, '--json-only'),
    );
    const replayed = await site.run('collect', 'farm', '--replay', recording, '--json-only');
    expect([recorded.exit, replayed.exit]).toEqual([0, 0]);
    const untimed = (text: string) => text.replace(/"timestamp": "[^"]*"/, '');
    expect(untimed(replayed.stdout)).toBe(untimed(recorded.stdout));
    expect(site.everything()).not.toMatch(/Loading default modules|hpc-collector:[0-9a-f-]{13}:/);
  });

  throughSsh('that ends the login shell fails the probes, and says what it printed', async () => {
    const words = 'echo "Ask the help desk for an account here."\nexit 0\n';
    const { exit, problems } = await withStartFile('.bashrc', words, async () => {
      const { exit, stderr } = await site.run('collect', 'farm');
      return { exit, problems: stderr.split('\n').filter((line) => line.includes(' ERROR ')) };
    });
    expect(exit).toBe(1);
    expect(problems[0]).toMatch(
      /ssh to pbs-server: login shell did not run the command: Ask the help desk for an account here\.; failed probes: /,
    );
    expect(problems[0]).toContain('filesystems/here');
  });
});

describe('variables in the YAML of a system', () => {
  throughSsh('reach the programs on the far side', async () => {
    const dump = join(site.directory, 'dump');
    const environment = 'environment: { PBS_CONF_FILE: /etc/other pbs.conf, SLURM_CONF: /etc/other/slurm.conf }\n';
    const here = join(site.directory, 'programs');
    const dumping = `#!/bin/sh\n/usr/bin/env > '${dump}'\n`;
    install(far.programDirectory, { pbs_rstat: dumping });
    install(here, { pbs_rstat: dumping });
    const dumped = async (yaml: string) => {
      site.configure('casper.yaml', `login_nodes: []\nfilesystems: []\n${yaml}${environment}`);
      await withStartFile('.bashrc', 'export PBS_CONF_FILE=/etc/own.conf SECRET=x\n', () =>
        site.run('collect', 'casper'),
      );
      const text = await Bun.file(dump).text();
      rmSync(dump);
      return text;
    };
    const far_ = await dumped(`scheduler_host: pbs-server\nssh_config: ${far.configFile}\n`);
    const local = await dumped(`scheduler_host: null\nsearch_path: ['${here}']\n`);
    install(far.programDirectory, { pbs_rstat: noReservations });
    for (const text of [far_, local]) {
      expect(text).toContain('PBS_CONF_FILE=/etc/other pbs.conf\n');
      expect(text).toContain('SLURM_CONF=/etc/other/slurm.conf\n');
      expect(text).not.toMatch(/SECRET|SSH_CONNECTION/);
    }
  });

  throughSsh('are these two only', async () => {
    site.configure('casper.yaml', 'environment: { LD_PRELOAD: /tmp/x.so }\n');
    expect(await site.run('config', 'check')).toMatchObject({ exit: 2, stdout: expect.stringContaining('LD_PRELOAD') });
  });
});

describe('a failed probe is no outage', () => {
  throughSsh('a login node that refuses us, and a path that does not exist, are left out', async () => {
    site.configure(
      'farm.yaml',
      `scheduler: slurm
scheduler_host: pbs-server
login_nodes_via: direct
login_nodes: [{ name: ${trouble.passwordOnly} }, { name: ${trouble.forced} }, { name: ${trouble.refusing} }]
filesystems: [/no/such/path, /]
ssh_config: ${far.configFile}
`,
    );
    for (const _ of [1, 2]) expect((await site.run('collect', 'farm')).exit).toBe(0);
    const { stdout } = await site.run('collect', 'farm', '--json-only', '-q');
    const payload = JSON.parse(stdout) as Record<'login_nodes' | 'filesystems', Record<string, unknown>[]>;
    expect(payload.login_nodes.map(({ node_name, available }) => [node_name, available])).toEqual([
      [trouble.refusing, false],
    ]);
    expect(payload.filesystems.map(({ filesystem_name, available }) => [filesystem_name, available])).toEqual([
      ['/', true],
    ]);
    const outages = await site.run('outage', 'detect', 'farm', '--dry-run');
    expect(outages.stdout).toContain(trouble.refusing);
    expect(outages.stdout).not.toMatch(/password-only|forced|no\/such/);
  });

  throughSsh('doctor names the path, and what mends a login shell that runs something else', async () => {
    site.configure(
      'farm.yaml',
      `scheduler: slurm
scheduler_host: pbs-server
login_nodes_via: direct
login_nodes: [{ name: ${trouble.forced} }]
filesystems: [/no/such/path, /]
ssh_config: ${far.configFile}
`,
    );
    const { stdout } = await site.run('doctor', 'farm');
    expect(stdout).toMatch(/^fail {2}farm \/no\/such\/path: df .*No such file or directory\n +→ ssh pbs-server ls -d/m);
    expect(stdout).toMatch(/^pass {2}farm \/: measured by df on pbs-server$/m);
    expect(stdout).toMatch(/^fail {2}farm ssh forced: .*This account may only copy files\.\n +→ .*ForceCommand/m);
  });

  throughSsh('config check names the paths that do not exist here', async () => {
    site.configure(
      'casper.yaml',
      `scheduler_host: null
mounts: { scratch: /no/such/mount }
filesystems: [scratch, /no/such/path, /]
ssh_config: /no/such/config
`,
    );
    const { exit, stdout } = await site.run('config', 'check', 'casper');
    const file = join(site.configDirectory, 'casper.yaml');
    expect(exit).toBe(2);
    expect(stdout).toBe(`${file}:4:13: ssh_config: /no/such/config does not exist
${file}:2:20: mounts.scratch: /no/such/mount does not exist
${file}:3:24: filesystems.1: /no/such/path does not exist
3 problems in ${site.configDirectory}
`);
  });
});

test('other text on standard error of a local command is not a failed probe', async () => {
  const programs = site.localSystem('derecho');
  site.configure(
    'derecho.yaml',
    `scheduler_host: null\nlogin_nodes: []\nfilesystems: []\nsearch_path: ['${programs}']\n`,
  );
  const noise = '#!/bin/sh\necho "mesg: ttyname failed: Inappropriate ioctl for device" >&2\n';
  install(programs, { pbs_rstat: noise });
  const quiet = await collected('derecho');
  expect(quiet).toMatchObject({ exit: 0, problems: [] });
  expect(quiet.payload).toContain('"reservations":[]');
  install(programs, { pbs_rstat: `${noise}echo "pbs_rstat: cannot connect to server" >&2\n` });
  expect((await collected('derecho')).problems).toEqual([
    expect.stringMatching(/pbs_rstat: cannot connect to server$/),
  ]);
});

throughSsh('a host without utmp and without systemd has an unknown number of sessions', async () => {
  const failing = '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n';
  install(far.programDirectory, { loginctl: failing, who: '#!/bin/sh\nexit 1\n' });
  const { exit, payload } = await collected('farm');
  install(far.programDirectory, sessions);
  expect(exit).toBe(0);
  expect(payload).toContain('"available":true,"degraded":false,"user_count":null,');
});
