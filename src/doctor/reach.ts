import type { System } from '../config/system.ts';
import type { Ending, Executor, UnreachableReason } from '../exec/command.ts';
import { sameHost } from '../exec/host-name.ts';
import { onPbsHost } from '../exec/pbs-host.ts';
import { readText } from '../exec/read-text.ts';
import { wayTo } from '../host/probes.ts';
import { type Finding, fail, pass, skip, warn } from './finding.ts';

/** What can be tried on the hosts of a system, and what this host calls itself. */
export type Reach = { readonly system: System; readonly executor: Executor; readonly hostName: string };

/** Programs that a scheduler's probes need, with what is harmless to ask them. */
const programs: Readonly<Record<string, readonly string[]>> = { pbs: ['pbsnodes', 'qstat', 'pbs_rstat', 'df'] };

/** Logs in to every host of a system and looks for the programs there. */
export async function checkReach(reach: Reach): Promise<Finding[]> {
  const { system, hostName } = reach;
  const { pbs_host, system_name } = system;
  const wanted = programs[system.scheduler];
  if (wanted === undefined) return [skip(system_name, `nothing to try for ${system.scheduler}`)];
  if (system.hosts && !system.hosts.some((host) => sameHost(host, hostName)))
    return [skip(system_name, `this host leaves it to ${system.hosts.join(', ')}`)];
  const first = pbs_host === null ? null : await checkHost(reach, pbs_host, { host: pbs_host, via: null });
  const isReached = first === null || first.result === 'pass';
  const behind = (name: string) => skip(name, `it is asked on ${pbs_host}, which is not reached`);
  const further = await Promise.all([
    ...wanted.map((program) => (isReached ? checkProgram(reach, program) : behind(`${system_name} ${program}`))),
    ...system.login_nodes.map((node) => {
      const way = wayTo(system, node);
      return way.via === null || isReached
        ? checkHost(reach, node.name, way)
        : behind(`${system_name} ssh ${node.name}`);
    }),
  ]);
  return [...(first === null ? [] : [first]), ...further];
}

async function checkHost(reach: Reach, called: string, { host, via }: ReturnType<typeof wayTo>): Promise<Finding> {
  const { system, executor, hostName } = reach;
  const name = `${system.system_name} ssh ${called}`;
  if (sameHost(host, hostName)) return pass(name, 'it is this host: no ssh is used');
  const started = performance.now();
  const result = await readText(executor, { ...onPbsHost(system, ['true'], 'host'), host, via });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const way = via === null || sameHost(via, hostName) || sameHost(via, host) ? null : via;
  if (result.kind === 'done')
    return pass(name, `logged in within ${seconds} s${way === null ? '' : `, by way of ${way}`}`);
  const mend = mendOf(result.ending, host, way, system.ssh_config);
  // A login node that is down is reported as that; one that refuses us never answers.
  const mayPass = host !== system.pbs_host && !needsPerson(result.ending);
  return (mayPass ? warn : fail)(name, result.reason, mend);
}

async function checkProgram({ system, executor }: Reach, program: string): Promise<Finding> {
  const name = `${system.system_name} ${program}`;
  const result = await readText(executor, onPbsHost(system, [program, '--version'], 'host'));
  const where = system.pbs_host === null ? 'here' : `on ${system.pbs_host}`;
  if (result.kind === 'done')
    return pass(name, `is there ${where}: ${result.text.trim().split('\n')[0]?.slice(0, 80)}`);
  // Whatever else it says to an unknown flag: it was found and started.
  if (result.ending.kind === 'exited' && result.ending.code !== 126) return pass(name, `is there ${where}`);
  const find = system.pbs_host === null ? `command -v ${program}` : `ssh ${system.pbs_host} command -v ${program}`;
  return fail(name, result.reason, `${find}   # and add its directory to search_path in ${system.system_name}.yaml`);
}

const mends: Readonly<Record<UnreachableReason, string>> = {
  'does not answer': 'ping -c 1 {host}; {ssh} -v {host} true',
  'connection refused': '{ssh} -v {host} true   # is sshd running there?',
  'unknown host name': 'getent hosts {host}   # correct the name, or give it in ~/.ssh/config',
  'host key not trusted': '{ssh} {host} true   # compare the fingerprint, then say yes',
  'login refused': '{copy} {host}   # a key without a passphrase, or an agent that cron can use',
  'connection lost': '{ssh} -v {host} true',
  'ssh failed': '{ssh} -v {host} true',
};

function mendOf(ending: Ending, host: string, via: string | null, config: string | undefined): string {
  const flags = config === undefined ? '' : ` -F ${config}`;
  if (ending.kind === 'not-found') return `command -v ${ending.program}   # install it (openssh-client)`;
  const reason = ending.kind === 'unreachable' ? ending.reason : 'ssh failed';
  const target = ending.kind === 'unreachable' ? ending.host : host;
  // From the host in between: the key and the known hosts there are the ones that count.
  const before = via !== null && target !== via ? `ssh${flags} -t ${via} ` : '';
  const own = before === '' ? flags : '';
  return mends[reason]
    .replaceAll('{ssh}', `${before}ssh${own}`)
    .replaceAll('{copy}', `${before}ssh-copy-id${own}`)
    .replaceAll('{host}', target);
}

function needsPerson(ending: Ending): boolean {
  return (
    ending.kind === 'not-found' ||
    (ending.kind === 'unreachable' &&
      ['login refused', 'host key not trusted', 'unknown host name'].includes(ending.reason))
  );
}
