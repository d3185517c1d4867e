import type { BatchSystem, Scheduler } from '../config/system.ts';
import type { Command, Ending, Executor, UnreachableReason } from '../exec/command.ts';
import { sameHost } from '../exec/host-name.ts';
import { readText } from '../exec/read-text.ts';
import { onSchedulerHost } from '../exec/scheduler-host.ts';
import { probeFilesystem, wayTo } from '../host/probes.ts';
import { pbsCommands } from '../pbs/commands.ts';
import { hidesOtherJobs } from '../pbs/server-settings.ts';
import { slurmCommands } from '../slurm/commands.ts';
import { slurmRemedy } from '../slurm/complaints.ts';
import { hiddenBy } from '../slurm/private-data.ts';
import { slurmVersionLine, tooOld } from '../slurm/version.ts';
import { type CheckResult, fail, pass, skip, warn } from './finding.ts';

/** A system to check, the executor for its hosts, and the name of this host. */
export type Reach = { readonly system: BatchSystem; readonly executor: Executor; readonly hostName: string };

/** The requirements of a scheduler's probes. */
type Needs = {
  readonly programs: readonly string[];
  /** Returns why a program of this version cannot be used; null if it can. */
  tooOld(version: string): string | null;
  /** Returns the remedy for the ending of a command; null if no remedy is known. */
  remedyFor(ending: Ending): string | null;
  /** The scheduler's server, and a command that asks it for little. */
  readonly server: {
    readonly name: string;
    readonly argv: Command['argv'];
    /** Returns why the server hides data from us, from its answer; null if it does not. */
    hides(answer: string): string | null;
    /** The command that makes the server show everything to us. */
    readonly remedy: string;
  };
};

const needs: Readonly<Record<Scheduler, Needs>> = {
  pbs: {
    programs: ['pbsnodes', 'qstat', 'pbs_rstat'],
    tooOld: () => null,
    remedyFor: () => null,
    server: {
      name: 'pbs_server',
      argv: pbsCommands.serverText,
      // qmgr(1B): with it, qstat lists only the user's own jobs, and exits with 0.
      hides: (answer) =>
        hidesOtherJobs(answer)
          ? 'answers, but hides the jobs of other users (query_other_jobs is False), so all jobs are counted as 0'
          : null,
      remedy: 'qmgr -c "set server query_other_jobs = True"   # a PBS manager must do this',
    },
  },
  slurm: {
    programs: ['sinfo', 'squeue', 'scontrol'],
    tooOld,
    remedyFor: slurmRemedy,
    server: {
      name: 'slurmctld',
      argv: slurmCommands.configuration,
      hides: hiddenBy,
      remedy: 'sacctmgr show user   # Admin: Operator',
    },
  },
};

/** Logs in to every host of a system, and checks the programs, the server and the mounts there. */
export async function checkReach(reach: Reach): Promise<CheckResult[]> {
  const { system, hostName } = reach;
  const { scheduler_host, system_name } = system;
  const { programs, server } = needs[system.scheduler];
  if (system.hosts && !system.hosts.some((host) => sameHost(host, hostName)))
    return [skip(system_name, `not collected on this host, only on ${system.hosts.join(', ')}`)];
  const first =
    scheduler_host === null ? null : await checkHost(reach, scheduler_host, { host: scheduler_host, via: null });
  const isReached = first === null || first.result === 'pass';
  const behind = (name: string) => skip(name, `not checked: it needs ${scheduler_host}, which cannot be reached`);
  const further = await Promise.all([
    ...[...programs, 'df'].map((program) =>
      isReached ? checkProgram(reach, program) : behind(`${system_name} ${program}`),
    ),
    isReached ? checkServer(reach, server) : behind(`${system_name} ${server.name}`),
    ...system.filesystems.map(({ path }) => (isReached ? checkMount(reach, path) : behind(`${system_name} ${path}`))),
    ...system.login_nodes.map((node) => {
      const way = wayTo(system, node);
      return way.via === null || isReached
        ? checkHost(reach, node.name, way)
        : behind(`${system_name} ssh ${node.name}`);
    }),
  ]);
  return [...(first === null ? [] : [first]), ...further];
}

async function checkHost(reach: Reach, called: string, { host, via }: ReturnType<typeof wayTo>): Promise<CheckResult> {
  const { system, executor, hostName } = reach;
  const name = `${system.system_name} ssh ${called}`;
  if (sameHost(host, hostName)) return pass(name, 'this is the same host: ssh is not needed');
  const started = performance.now();
  const result = await readText(executor, { ...onSchedulerHost(system, ['true'], 'host'), host, via });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const way = via === null || sameHost(via, hostName) || sameHost(via, host) ? null : via;
  if (result.kind === 'done')
    return pass(name, `logged in within ${seconds} s${way === null ? '' : `, through ${way}`}`);
  const remedy = remedyOf(result.ending, host, way, system.ssh_config);
  // A node that is down is only a warning, because a run reports it. A node that refuses our login needs a person.
  const mayPass = host !== system.scheduler_host && !needsPerson(result.ending);
  return (mayPass ? warn : fail)(name, result.reason, remedy);
}

async function checkProgram({ system, executor }: Reach, program: string): Promise<CheckResult> {
  const name = `${system.system_name} ${program}`;
  const result = await readText(executor, onSchedulerHost(system, [program, '--version'], 'host'));
  const where = system.scheduler_host === null ? 'here' : `on ${system.scheduler_host}`;
  if (result.kind === 'done') {
    const version = (slurmVersionLine(result.text) ?? result.text.trim().split('\n')[0] ?? '').slice(0, 80);
    const problem = program === 'df' ? null : needs[system.scheduler].tooOld(version);
    return problem === null
      ? pass(name, `found ${where}: ${version}`)
      : fail(name, problem, `set search_path in ${system.system_name}.yaml if a newer version is installed elsewhere`);
  }
  // An error about the flag is no problem, because the program was found and started.
  if (result.ending.kind === 'exited' && result.ending.code !== 126) return pass(name, `found ${where}`);
  const remedy = program === 'df' ? null : needs[system.scheduler].remedyFor(result.ending);
  if (remedy !== null) return fail(name, result.reason, remedy);
  const find =
    system.scheduler_host === null ? `command -v ${program}` : `ssh ${system.scheduler_host} command -v ${program}`;
  return fail(name, result.reason, `${find}   # and add its directory to search_path in ${system.system_name}.yaml`);
}

/** Checks a mount. One that does not answer is only a warning, because a run reports it. A wrong path is a failure. */
async function checkMount({ system, executor }: Reach, path: string): Promise<CheckResult> {
  const name = `${system.system_name} ${path}`;
  const way = system.scheduler_host === null ? '' : `ssh ${system.scheduler_host} `;
  const probed = await probeFilesystem(system, executor, path);
  if (probed.kind === 'failed') {
    const remedy = probed.isMissing ? 'ls -d' : 'df';
    return fail(name, probed.reason, `${way}${remedy} ${path}   # or correct it in ${system.system_name}.yaml`);
  }
  return 'unavailable' in probed.value
    ? warn(name, probed.value.unavailable, `${way}df ${path}   # or correct it in ${system.system_name}.yaml`)
    : pass(name, `measured by df ${system.scheduler_host === null ? 'here' : `on ${system.scheduler_host}`}`);
}

async function checkServer({ system, executor }: Reach, server: Needs['server']): Promise<CheckResult> {
  const { name, argv, hides, remedy } = server;
  const called = `${system.system_name} ${name}`;
  const result = await readText(executor, onSchedulerHost(system, argv, 'host'));
  const way = system.scheduler_host === null ? '' : `ssh ${system.scheduler_host} `;
  if (result.kind === 'failed') {
    // Use the remedy only if the command exited: a server that hangs is not an error in the configuration.
    const known = result.ending.kind === 'exited' ? needs[system.scheduler].remedyFor(result.ending) : null;
    return fail(
      called,
      `does not answer: ${result.reason}`,
      known ?? `${way}${argv.join(' ')}   # and ask its administrator`,
    );
  }
  const hidden = hides(result.text);
  return hidden === null ? pass(called, 'answers') : warn(called, hidden, `${way}${remedy}`);
}

const remedies: Readonly<Record<UnreachableReason, string>> = {
  'does not answer': '{before}ping -c 1 {host}; {ssh} -v {host} true',
  'login timed out': '{ssh} -v {host} true   # a home directory or a start file of the login shell may hang',
  'connection refused': '{ssh} -v {host} true   # is sshd running there?',
  'unknown host name': '{before}getent hosts {host}   # correct the name, or define it in ~/.ssh/config',
  'host key not trusted': '{ssh} {host} true   # compare the fingerprint, then answer yes',
  'login refused': '{copy} {host}   # a key without a passphrase, or an agent that cron can use',
  'connection lost': '{ssh} -v {host} true',
  'login shell did not run the command':
    '{ssh} {host} true   # look for exec or exit in the start files of the shell, and for ForceCommand in sshd_config',
  'ssh failed': '{ssh} -v {host} true',
};

function remedyOf(ending: Ending, host: string, via: string | null, config: string | undefined): string {
  const flags = config === undefined ? '' : ` -F ${config}`;
  if (ending.kind === 'not-found') return `command -v ${ending.program}   # install it (openssh-client)`;
  const reason = ending.kind === 'unreachable' ? ending.reason : 'ssh failed';
  const target = ending.kind === 'unreachable' ? ending.host : host;
  // Run the remedy on the intermediate host, because its key, its known hosts and its network are used.
  const before = via !== null && target !== via ? `ssh${flags} -t ${via} ` : '';
  const own = before === '' ? flags : '';
  return remedies[reason]
    .replaceAll('{before}', before)
    .replaceAll('{ssh}', `${before}ssh${own}`)
    .replaceAll('{copy}', `${before}ssh-copy-id${own}`)
    .replaceAll('{host}', target);
}

function needsPerson(ending: Ending): boolean {
  return (
    ending.kind === 'not-found' ||
    (ending.kind === 'unreachable' &&
      ['login refused', 'host key not trusted', 'unknown host name', 'login shell did not run the command'].includes(
        ending.reason,
      ))
  );
}
