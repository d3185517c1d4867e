import { afterAll, beforeAll, describe, expect } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { loadConfig, loadSystem } from '../../src/config/load.ts';
import { checkReach } from '../../src/doctor/reach.ts';
import { createExecutor } from '../../src/exec/executor.ts';
import { temporaryDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { type FarSide, sshdInstalled, startSshd, trouble } from '../support/sshd.ts';
import { asCluster } from '../support/systems.ts';

const throughSsh = needs('sshd', 'ssh', 'ssh-keygen');
const serverText = 'Server: pbs\n    server_state = Active\n    query_other_jobs = True\n';
const versioned = (name: string) => `#!/bin/sh\n[ "$1" = --version ] && echo "${name}_version = 20.0.1"\n`;

let far: FarSide;
const configuration = temporaryDirectory();
beforeAll(async () => {
  if (!sshdInstalled) return;
  far = await startSshd({
    hosts: ['pbs-server', 'login-a'],
    programs: {
      pbsnodes: versioned('pbs'),
      qstat: '#!/bin/sh\n[ "$1" = -B ] && exec cat "$(dirname "$0")/server"\necho "unknown flag" >&2\nexit 2\n',
      server: serverText,
      sinfo: '#!/bin/sh\necho slurm 22.05.8\n',
      squeue: '#!/bin/sh\necho slurm 20.11.9\n',
      scontrol:
        '#!/bin/sh\n[ "$1" = --version ] && exec echo slurm 22.05.8\necho "slurm_load_ctl_conf error: Unable to contact slurm controller" >&2\nexit 1\n',
    },
  });
});
afterAll(async () => {
  await far?.stop();
  configuration.remove();
});

/** `result name message → remedy` of each check. */
async function reach(yaml: string): Promise<string[]> {
  await Bun.write(
    `${configuration.path}/site.yaml`,
    `ssh_config: ${far.configFile}\ntimeouts: { connect: 1, command: 10 }\nsearch_path: []\n${yaml}`,
  );
  const system = asCluster(loadSystem('site', loadConfig(configuration.path, { HOME: '/nowhere' })));
  const executor = createExecutor({
    environment: { PATH: '/usr/bin:/bin' },
    connectTimeoutSeconds: 1,
    configFile: far.configFile,
    searchPath: [],
    hostName: hostname(),
  });
  const findings = await checkReach({ system, executor, hostName: hostname() });
  return findings.map(({ name, result, message, remedy }) => `${result} ${name}: ${message} → ${remedy}`);
}

describe('every host and program of a system', () => {
  throughSsh('is tried as a run would', async () => {
    const lines = await reach('pbs_host: pbs-server\nlogin_nodes: [{ name: login-a }]\n');
    expect(lines).toEqual([
      expect.stringMatching(/^pass site ssh pbs-server: logged in within \d\.\d s → null$/),
      'pass site pbsnodes: found on pbs-server: pbs_version = 20.0.1 → null',
      'pass site qstat: found on pbs-server → null',
      expect.stringMatching(/^fail site pbs_rstat: .*there is no pbs_rstat.* → ssh pbs-server command -v pbs_rstat/),
      expect.stringMatching(/^pass site df: found on pbs-server: df \(GNU coreutils\)/),
      'pass site pbs_server: answers → null',
      expect.stringMatching(/^pass site ssh login-a: logged in within \d\.\d s, through pbs-server → null$/),
    ]);
  });

  throughSsh('is not enough where the PBS server does not answer, or hides jobs', async () => {
    const server = async (text: string): Promise<string | undefined> => {
      writeFileSync(join(far.programDirectory, 'server'), text);
      return (await reach('pbs_host: pbs-server\n')).find((line) => line.includes('pbs_server'));
    };
    expect(await server(serverText.replace('jobs = True', 'jobs = False'))).toMatch(
      /^warn site pbs_server: answers, but hides the jobs of other users .* → ssh pbs-server qmgr -c /,
    );
    rmSync(join(far.programDirectory, 'server'));
    const lines = await reach('pbs_host: pbs-server\n');
    writeFileSync(join(far.programDirectory, 'server'), serverText);
    expect(lines.find((line) => line.includes('pbs_server'))).toMatch(
      /^fail site pbs_server: does not answer: qstat -B -f on pbs-server exited with 1: .* → ssh pbs-server qstat -B -f /,
    );
  });

  throughSsh.each([
    [trouble.refusing, 'fail', 'connection refused', 'ssh -F '],
    [trouble.stranger, 'fail', 'host key not trusted', 'ssh -F '],
    [trouble.passwordOnly, 'fail', 'login refused', 'ssh-copy-id -F '],
    [trouble.nameless, 'fail', 'unknown host name', 'getent hosts nameless'],
  ])('a PBS host that is %s fails, and what is behind it is skipped', async (host, result, reason, remedy) => {
    const [first = '', ...others] = await reach(`pbs_host: ${host}\nlogin_nodes: [{ name: login-a }]\n`);
    expect(first).toStartWith(`${result} site ssh ${host}: `);
    expect(first).toContain(reason);
    expect(first).toContain(`→ ${remedy}`);
    expect(others).toHaveLength(6);
    for (const other of others) expect(other).toStartWith('skip ');
  });

  throughSsh('a login node that is down is a warning, one that refuses us a failure', async () => {
    const lines = await reach(
      `pbs_host: pbs-server\nlogin_nodes_via: direct\nlogin_nodes: [{ name: ${trouble.refusing} }, { name: ${trouble.passwordOnly} }]\n`,
    );
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(/^warn site ssh refusing: .*connection refused/),
      expect.stringMatching(/^fail site ssh password-only: .*login refused.*→ ssh-copy-id/),
    ]);
  });

  throughSsh('where a login node is reached from another host, the remedy is for that host', async () => {
    const lines = await reach(`pbs_host: pbs-server\nlogin_nodes: [{ name: ${trouble.passwordOnly} }]\n`);
    expect(lines.at(-1)).toContain(`→ ssh -F ${far.configFile} -t pbs-server ssh-copy-id ${trouble.passwordOnly}`);
  });

  throughSsh('a system that is left to another host is skipped', async () => {
    expect(await reach('pbs_host: pbs-server\nhosts: [elsewhere]\n')).toEqual([
      'skip site: not collected on this host, only on elsewhere → null',
    ]);
  });

  throughSsh('has under Slurm its programs, each new enough, and its server', async () => {
    const lines = await reach('scheduler: slurm\nscheduler_host: pbs-server\n');
    expect(lines.slice(1)).toEqual([
      'pass site sinfo: found on pbs-server: slurm 22.05.8 → null',
      'fail site squeue: slurm 20.11.9 is older than 21.08, the oldest supported Slurm → set search_path in site.yaml if a newer version is installed elsewhere',
      'pass site scontrol: found on pbs-server: slurm 22.05.8 → null',
      expect.stringMatching(/^pass site df: /),
      'fail site slurmctld: does not answer: scontrol show config on pbs-server exited with 1: slurm_load_ctl_conf error: Unable to contact slurm controller → ssh pbs-server scontrol show config   # and ask its administrator',
    ]);
  });
});
