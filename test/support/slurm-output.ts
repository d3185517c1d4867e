import type { Executor } from '../../src/exec/command.ts';
import type { JobRecord, NodeRecord, Probed } from '../../src/lib/records.ts';
import { jobFields } from '../../src/slurm/jobs.ts';
import { nodeFields } from '../../src/slurm/nodes.ts';
import { partitionFields } from '../../src/slurm/partitions.ts';
import { slurmProbes } from '../../src/slurm/probes.ts';
import { separator } from '../../src/slurm/rows.ts';
import { type Answer, answering } from './executors.ts';
import { systemOf } from './systems.ts';

/** A system with nothing but Slurm, on this host. */
export const slurmSystem = systemOf('farm', { scheduler: 'slurm' });

type Values<Fields extends readonly string[]> = Readonly<Partial<Record<Fields[number], string>>>;

const line = (fields: readonly string[], values: Readonly<Record<string, string>>): string =>
  `${fields.map((field) => `${values[field] ?? ''}${separator}`).join('')}\n`;

/** A line of squeue as we ask for it: a running job of one CPU, apart from what is given. */
export function jobLine(values: Values<typeof jobFields> = {}): string {
  return line(jobFields, {
    JobArrayID: '7',
    State: 'RUNNING',
    PriorityLong: '100',
    UserName: 'ada',
    Account: 'chem',
    Partition: 'compute',
    NumCPUs: '1',
    NumNodes: '1',
    NumTasks: '1',
    'tres-alloc': 'cpu=1,mem=200M,node=1,billing=1',
    'tres-per-job': 'N/A',
    'tres-per-node': 'N/A',
    'tres-per-task': 'N/A',
    NodeList: values.State === 'PENDING' ? '' : 'c001',
    RestartCnt: '0',
    Sockets: '*',
    'tres-per-socket': 'N/A',
    ...values,
  });
}

/** A line of `sinfo -N` as we ask for it: an idle node of eight CPUs, apart from what is given. */
export function nodeLine(values: Values<typeof nodeFields> = {}): string {
  return line(nodeFields, {
    NodeList: 'c001',
    PartitionName: 'compute',
    StateComplete: 'idle',
    CPUsState: '0/8/0/8',
    Memory: '6144',
    AllocMem: '0',
    Gres: '(null)',
    GresUsed: 'gpu:0',
    Features: '(null)',
    ...values,
  });
}

/** A line of sinfo about a partition. */
export function partitionLine(name: string, state: string): string {
  return line(partitionFields, { PartitionName: name, Available: state });
}

/** What the commands of Slurm print; nothing unless it is said. */
export type SlurmAnswers = {
  readonly version?: Answer;
  readonly nodes?: Answer;
  readonly jobs?: Answer;
  readonly partitions?: Answer;
  readonly reservations?: Answer;
};

/** Answers the commands of Slurm. */
export function slurmAnswering(answers: SlurmAnswers): Executor {
  return answering(({ argv }) => {
    const has = (word: string) => argv.includes(word);
    if (has('--version')) return answers.version ?? { stdout: 'slurm-wlm 22.05.8\n' };
    if (has('squeue')) return answers.jobs ?? {};
    if (has('scontrol')) return answers.reservations ?? { stdout: 'No reservations in the system\n' };
    if (has('-N')) return answers.nodes ?? { stdout: nodeLine() };
    return has('sinfo') ? (answers.partitions ?? {}) : null;
  });
}

/** What a probe gave away, and what came of it. */
export type Given<T> = { readonly given: readonly T[]; readonly probed: Probed<null> };

export async function jobsFrom(executor: Executor): Promise<Given<JobRecord>> {
  const given: JobRecord[] = [];
  const probed = await slurmProbes(slurmSystem, executor).jobs((job) => given.push(job));
  return { given, probed };
}

export async function nodesFrom(executor: Executor): Promise<Given<NodeRecord>> {
  const given: NodeRecord[] = [];
  const probed = await slurmProbes(slurmSystem, executor).nodes((node) => given.push(node));
  return { given, probed };
}

/** The jobs of a squeue that prints this. */
export function jobsIn(stdout: NonNullable<Answer['stdout']>): Promise<Given<JobRecord>> {
  return jobsFrom(slurmAnswering({ jobs: { stdout } }));
}

/** The nodes of a `sinfo -N` that prints this. */
export function nodesIn(stdout: NonNullable<Answer['stdout']>): Promise<Given<NodeRecord>> {
  return nodesFrom(slurmAnswering({ nodes: { stdout } }));
}

/** How many lines could not be read; fails where the probe did. */
export function damagedIn({ probed }: Given<unknown>): number {
  if (probed.kind === 'failed') throw new Error(probed.reason);
  return probed.damaged.count;
}
