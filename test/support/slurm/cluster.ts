import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../files.ts';
import { needsAll, program } from '../needs.ts';
import { freePorts } from '../ports.ts';
import { processesWithArgument } from '../processes.ts';
import { run } from '../run.ts';
import { until } from '../until.ts';
import { configuration, deviceNames, livingNodes, portCount, type User } from './configuration.ts';

const programs = [
  ...['munged', 'munge', 'mariadb-install-db', 'mariadbd', 'mariadb', 'slurmdbd', 'slurmctld', 'slurmd'],
  ...['sacctmgr', 'sacct', 'sinfo', 'squeue', 'scontrol', 'sbatch', 'srun', 'scancel', 'setpriv', 'unshare'],
];
const searchPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Whether a cluster can be started here. */
export const slurmIsThere =
  programs.every((program) => Bun.which(program, { PATH: searchPath }) !== null) && isRootWithNamespaces();

/** `withSlurm('name', …)` is a test that needs a cluster; it is skipped by name where none can be started. */
export const withSlurm = needsAll(...programs.map(program), [isRootWithNamespaces(), 'root that may make namespaces']);

export type Cluster = {
  /** For clients: the variable `SLURM_CONF`, and the PATH on which Slurm's programs are. */
  readonly env: Readonly<Record<'SLURM_CONF' | 'PATH', string>>;
  /** Whether jobs can end as OUT_OF_MEMORY; where there are no control groups, they are FAILED. */
  readonly tellsOutOfMemory: boolean;
  /** A directory that everybody may write to. */
  readonly work: string;
  /** Runs a program, as root if no user is named; gives its standard output, throws with its standard error. */
  run(argv: readonly string[], user?: User): string;
  /** Kills a node's daemon and everything that its jobs run, as a loss of power would. */
  cutPower(node: string): void;
  /** Makes a daemon hang, go on, or vanish. */
  signal(daemon: 'slurmctld' | 'slurmdbd', signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  /** Ends everything and removes it. */
  stop(): Promise<void>;
};

/** Scripts that each node runs as root when a job begins and ends there. */
export type Hooks = { readonly prolog: string; readonly epilog: string };

/**
 * Starts a Slurm of its own on loopback: munge, MariaDB, slurmdbd, slurmctld, and a slurmd for each of `livingNodes`.
 * Resolves once these nodes have reported. Ports are free ones, and nothing outside of its directory is changed.
 * It ends by itself when this process does, however that happens.
 */
export async function startSlurm(hooks: Hooks | null = null): Promise<Cluster> {
  const { path: directory } = temporaryDirectory();
  const inside = (...names: string[]) => join(directory, ...names);
  chmodSync(directory, 0o755);
  for (const name of ['devices', 'log', 'spool', 'state', 'tmp', 'work']) mkdirSync(inside(name));
  chmodSync(inside('work'), 0o1777);
  for (const name of deviceNames) writeFileSync(inside('devices', name), '');
  const place = {
    directory,
    port: await freePorts(portCount),
    controlGroups: hasControlGroups(),
    hooks: hooks !== null,
  };
  if (!place.controlGroups) console.warn('no control groups of version 1 here: no job can end as OUT_OF_MEMORY');
  for (const [name, text] of Object.entries(configuration(place))) writeFileSync(inside(name), text);
  for (const [name, text] of Object.entries(hooks ?? {})) writeFileSync(inside(name), text, { mode: 0o755 });
  writeFileSync(inside('munge.key'), crypto.getRandomValues(new Uint8Array(128)), { mode: 0o600 });
  chmodSync(inside('slurmdbd.conf'), 0o600);

  const daemons = Bun.spawn([join(import.meta.dir, 'daemons.sh'), directory, ...livingNodes], {
    env: {},
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  daemons.unref();
  const env = { SLURM_CONF: inside('slurm.conf'), PATH: searchPath };
  const stop = async (): Promise<void> => {
    daemons.stdin.end();
    await daemons.exited;
  };
  const cluster: Cluster = {
    env,
    tellsOutOfMemory: place.controlGroups,
    work: inside('work'),
    run(argv, user) {
      const { exit, stdout, stderr } = run(user === undefined ? [...argv] : as(user, argv), {
        env,
        cwd: inside('work'),
      });
      if (exit !== 0) throw new Error(`${argv.join(' ')} (${exit}): ${stderr}`);
      return stdout;
    },
    cutPower(node) {
      const daemon = processesWithArgument(node).find(
        (pid) => nameOf(pid) === 'slurmd' && environmentOf(pid).includes(env.SLURM_CONF),
      );
      if (daemon === undefined) throw new Error(`${node} has no daemon`);
      const tasks = tasksOn(node, env.SLURM_CONF);
      const steps = [...new Set(tasks.map(parentOf))].filter((pid) => nameOf(pid) === 'slurmstepd');
      // The tasks last: a step that sees its task end says so.
      for (const pid of [daemon, ...steps, ...tasks]) process.kill(pid, 'SIGKILL');
    },
    signal(daemon, signal) {
      const pid = processesWithArgument(daemon).find(
        (one) => nameOf(one) === daemon && environmentOf(one).includes(env.SLURM_CONF),
      );
      if (pid === undefined) throw new Error(`there is no ${daemon}`);
      process.kill(pid, signal);
    },
    stop,
  };
  try {
    const { value } = await daemons.stdout.getReader().read();
    if (value === undefined) throw new Error(`Slurm did not start: ${await new Response(daemons.stderr).text()}`);
    await until(() => allReported(cluster), 'all nodes have reported', 120);
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

function allReported(cluster: Cluster): boolean {
  const states = cluster.run(['sinfo', '--noheader', '--Node', '--nodes', livingNodes.join(','), '--format=%t']);
  return states
    .trim()
    .split('\n')
    .every((state) => state === 'idle');
}

function as(user: User, argv: readonly string[]): string[] {
  const gid = run(['id', '--group', user]).stdout.trim();
  return ['setpriv', `--reuid=${user}`, `--regid=${gid}`, '--init-groups', ...argv];
}

/** Processes whose environment names the node and the cluster: what job steps have started. */
function tasksOn(node: string, slurmConf: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const environment = environmentOf(pid);
      return environment.includes(`SLURMD_NODENAME=${node}\0`) && environment.includes(slurmConf);
    });
}

const parentOf = (pid: number) => Number(/^PPid:\t(\d+)$/m.exec(procFile(pid, 'status'))?.[1]);
const nameOf = (pid: number) => procFile(pid, 'comm').trim();
const environmentOf = (pid: number) => procFile(pid, 'environ');

/** Empty for a process that went away meanwhile. */
function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** Slurm wants these mounted, and at their top: in a container it may be that only a part is seen. */
export function hasControlGroups(): boolean {
  return ['freezer', 'memory', 'cpuset'].every((name) => {
    const probe = join('/sys/fs/cgroup', name, `hpc-collector-test-${process.pid}`);
    return (
      run(['test', '-e', join('/sys/fs/cgroup', name, 'release_agent')]).exit === 0 &&
      run(['mkdir', probe]).exit === 0 &&
      run(['rmdir', probe]).exit === 0
    );
  });
}

function isRootWithNamespaces(): boolean {
  return process.getuid?.() === 0 && run(['unshare', '--pid', '--fork', '--mount', '--mount-proc', 'true']).exit === 0;
}
