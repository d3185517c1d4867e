import { checkReach } from '../../src/doctor/reach.ts';
import type { Command, Ending, UnreachableReason } from '../../src/exec/command.ts';
import { type Answer, answering } from '../support/executors.ts';
import { linesOf } from '../support/findings.ts';
import { systemOf } from '../support/systems.ts';

/** The answer of a healthy cluster to a command. */
export function healthy({ argv }: Command): Answer {
  const called = argv.join(' ');
  if (called === 'qstat -B -f') return { stdout: 'Server: pbs\n    server_state = Active\n' };
  if (called === 'scontrol show config') return { stdout: 'PrivateData             = none\n' };
  if (argv[1] === '--version')
    return { stdout: argv[0].startsWith('s') ? 'slurm 23.02.1\n' : `\n${argv[0]} 1\nmore\n` };
  return argv[0] === 'df' ? { stdout: `size used\n1000 400 10 5 ${argv.at(-1)}\n` } : {};
}

export type Answers = (called: string, command: Command) => Answer | Ending | null;

/** The findings for a system of which some commands answer as it is said, and the others as those of a healthy cluster. */
export async function reach(settings: object, answers: Answers = () => null) {
  const system = systemOf('gust', settings);
  const started: Command[] = [];
  const executor = answering((command) => {
    started.push(command);
    const answer = answers(command.argv.join(' '), command);
    if (answer === null) return healthy(command);
    return 'kind' in answer ? { ending: answer } : answer;
  });
  const found = await checkReach({ system, executor, hostName: 'here.example.org' });
  return { started, lines: linesOf(found).map((line) => line.replace(/within \d+\.\d s/, 'within N s')) };
}

export const unreachable = (host: string, reason: UnreachableReason): Ending => ({
  kind: 'unreachable',
  host,
  reason,
  stderr: '',
});
export const timedOut = { kind: 'timed-out', seconds: 9 } as const;

/** A cluster with two mounts and two login nodes, whose scheduler is here; and one whose scheduler is on another host. */
export const ofCluster = {
  mounts: { home: '/home', work: '/work' },
  filesystems: ['home', 'work'],
  login_nodes: [{ name: 'login1' }, { name: 'login2', host: 'l2.example.org' }],
};
export const remote = { ...ofCluster, scheduler_host: 'pbs1' };
