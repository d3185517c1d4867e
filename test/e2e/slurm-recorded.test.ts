/** A whole run for a system under Slurm, with a real one played back: here, and through a real sshd. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { quoteArgument } from '../../src/exec/quote.ts';
import { needs } from '../support/needs.ts';
import { install, loginNodePrograms, playback } from '../support/playback.ts';
import { credentials, fixtures, newSite, type Site } from '../support/site.ts';
import { type FarSide, sshdInstalled, startSshd } from '../support/sshd.ts';

const recorded = playback(join(fixtures, 'slurm'));

/** Settings that the recording was made with. */
const farm = `scheduler: slurm
queues: [compute, empty]
mounts: { scratch: / }
filesystems: [scratch]
`;

/** What the API stores of `fixtures/slurm`. */
const expected = {
  cpu_nodes_total: 7,
  cpu_nodes_down: 3,
  cpu_nodes_reserved: 2,
  gpu_nodes_total: 3,
  gpu_count_total: 11,
  running_jobs: 9,
  pending_jobs: 22,
  held_jobs: 68,
  active_users: 4,
  filesystems: [{ filesystem_name: 'scratch', available: true }],
};

async function latest(url: string): Promise<unknown> {
  const answer = await fetch(`${url}/api/v1/status/farm/latest`, {
    headers: { Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}` },
  });
  return answer.json();
}

describe('on its own host', () => {
  let site: Site;
  let programs: string;
  beforeEach(() => {
    site = newSite();
    programs = join(site.directory, 'programs');
    install(programs, { ...recorded, ...loginNodePrograms });
    site.configure('farm.yaml', `${farm}search_path: ['${programs}', /usr/bin, /bin]\n`);
  });
  afterEach(() => site.remove());

  test('a run delivers its snapshot, and logs the version of Slurm', async () => {
    const { url } = await site.serve();
    site.api(url);
    const { exit, stderr } = await site.run('run', 'farm');
    expect(exit).toBe(0);
    expect(stderr).toContain('INFO [farm] Scheduler: slurm-wlm 22.05.8');
    expect(stderr).toContain('Jobs: 9 running, 22 pending, 68 held');
    expect(await latest(url)).toMatchObject(expected);
    expect(await site.entries()).toMatchObject([{ stream: 'sam/farm', state: 'delivered', failed_probes: [] }]);
  });

  test('whose jobs cannot be read repeats the last known values, and logs the failure', async () => {
    expect(await site.run('collect', 'farm')).toMatchObject({ exit: 0 });
    install(programs, {
      squeue: '#!/bin/sh\necho "slurm_load_jobs error: Unable to contact slurm controller" >&2\nexit 1\n',
    });
    const { exit, stdout, stderr } = await site.run('collect', 'farm');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
    expect(stderr).toContain(
      'ERROR [farm] jobs: env SLURM_BITSTR_LEN=0 squeue -a -h --local --noconvert -O JobArrayID:… exited with 1: slurm_load_jobs error: Unable to contact slurm controller',
    );
    expect(stderr).toContain('jobs: repeating the last known values');
    const [, second] = await site.entries();
    const shown = await site.run('outbox', 'show', second?.id ?? '', '--json');
    expect(JSON.parse(shown.stdout).body).toMatchObject({
      running_jobs: 9,
      queues: [],
      cpu_nodes_total: 7,
    });
    expect(second).toMatchObject({ failed_probes: ['jobs'] });
  });

  test('that cannot authenticate reports that Munge is not reachable', async () => {
    const stderr = join(fixtures, 'failure-modes/slurm-without-munge/squeue.stderr');
    install(programs, { squeue: `#!/bin/sh\ncat ${quoteArgument(stderr)} >&2\nexit 1\n` });
    const ran = await site.run('collect', 'farm', '--json-only');
    expect(ran.stderr).toMatch(
      /jobs: .*squeue .* exited with 1: .*; it cannot authenticate: it cannot reach Munge \(Munge encode failed: .*\(Did you start munged\?\)\): start munged on the host/,
    );
  });

  test('that hangs without a slurm.conf makes doctor ask for SLURM_CONF, not for a directory', async () => {
    install(programs, { sinfo: '#!/bin/sh\nexec sleep 60\n' });
    site.configure('env', 'PBS_COMMAND_TIMEOUT=2\n');
    const { stdout } = await site.run('doctor', 'farm', '--json');
    const lines = stdout.split('\n').filter((line) => line.includes('"farm sinfo"'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('did not end within 2 s');
    expect(lines[0]).toContain('set environment.SLURM_CONF');
  });

  test('that is not installed stores nothing, and reports the missing program', async () => {
    for (const program of ['sinfo', 'squeue', 'scontrol']) install(programs, { [program]: '#!/bin/sh\nexit 127\n' });
    rmSync(join(programs, 'sinfo'));
    site.configure('farm.yaml', `scheduler: slurm\nsearch_path: ['${programs}']\n`);
    const { exit, stderr } = await site.run('collect', 'farm');
    expect(exit).toBe(1);
    expect(stderr).toContain('there is no sinfo in PATH or search_path');
    expect(await site.entries()).toEqual([]);
  });

  test('has outages detected like any other system: three of ten nodes are down', async () => {
    const yaml = `${farm}search_path: ['${programs}', /usr/bin, /bin]\ndetect_outages: true\n`;
    site.configure('farm.yaml', `${yaml}outage_rules: { snapshots: 1, bad: 1, good: 1 }\n`);
    expect(await site.run('collect', 'farm')).toMatchObject({ exit: 0 });
    const { stdout } = await site.run('outage', 'ls', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ system: 'farm', component: 'Compute nodes', severity: 'major' });
  });

  test('has the time limit of PBS_COMMAND_TIMEOUT for its commands', async () => {
    install(programs, { squeue: '#!/bin/sh\nexec sleep 60\n' });
    site.configure('env', 'PBS_COMMAND_TIMEOUT=2\n');
    const { exit, stderr } = await site.run('collect', 'farm', '--json-only');
    expect(exit).toBe(0);
    expect(stderr).toMatch(/jobs: env SLURM_BITSTR_LEN=0 squeue .* did not end within 2 s/);
  });
});

const throughSsh = needs('sshd', 'ssh', 'ssh-keygen');

describe('behind ssh', () => {
  let site: Site;
  let far: FarSide;
  beforeAll(async () => {
    if (!sshdInstalled) return;
    site = newSite();
    site.env.PATH = '/usr/bin:/bin';
    far = await startSshd({ hosts: ['head', 'login-a'], programs: { ...recorded, ...loginNodePrograms } });
    site.configure(
      'farm.yaml',
      `${farm}scheduler_host: head
login_nodes_via: scheduler_host
login_nodes: [{ name: login1, host: login-a, type: cpu }]
ssh_config: ${far.configFile}
timeouts: { connect: 1, command: 20 }
`,
    );
  });
  afterAll(async () => {
    await site?.remove();
    await far?.stop();
  });

  const behind = {
    ...expected,
    login_nodes: [{ node_name: 'login1', available: true, user_count: 2, num_cpus: 7 }],
  };

  throughSsh('a run delivers the same', async () => {
    const { url } = await site.serve();
    site.api(url);
    expect(await site.run('run', 'farm')).toMatchObject({ exit: 0 });
    expect(await latest(url)).toMatchObject(behind);
  });

  throughSsh('is the same from its recording, which has the version', async () => {
    const recording = join(site.directory, 'recording');
    const made = await site.run('collect', 'farm', '--record', recording, '--json-only');
    const replayed = await site.run('collect', 'farm', '--replay', recording, '--json-only');
    expect([made.exit, replayed.exit]).toEqual([0, 0]);
    const { timestamp: _, ...payload } = JSON.parse(made.stdout);
    const { timestamp: __, ...again } = JSON.parse(replayed.stdout);
    expect(again).toEqual(payload);
    expect(payload).toMatchObject(behind);
    expect(readFileSync(join(recording, 'head-sinfo-version.txt'), 'utf8')).toBe('slurm-wlm 22.05.8\n');
  });

  throughSsh('asks for times without a zone, and for all tasks of an array, on the far side too', async () => {
    const dump = join(far.directory, 'environment');
    const dumping = `#!/bin/sh\n/usr/bin/env >> '${dump}'\nexit 1\n`;
    install(far.programDirectory, { squeue: dumping, scontrol: dumping });
    await site.run('collect', 'farm', '--json-only');
    expect(readFileSync(dump, 'utf8')).toMatch(/^SLURM_BITSTR_LEN=0$/m);
    expect(readFileSync(dump, 'utf8')).toMatch(/^SLURM_TIME_FORMAT=%s$/m);
  });
});
