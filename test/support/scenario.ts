/** A cluster as a person sees it, told once and rendered as what each scheduler prints of it. */

import type { Executor } from '../../src/exec/command.ts';
import { answering } from './executors.ts';
import { jobLine, nodeLine, partitionLine, slurmAnswering } from './slurm-output.ts';

export type ScenarioNode = {
  readonly name: string;
  readonly is: 'idle' | 'partly used' | 'full' | 'drained' | 'draining' | 'down' | 'reserved';
  readonly cpus: readonly [used: number, total: number];
  readonly memoryGib: readonly [used: number, total: number];
  readonly gpus?: { readonly type: string; readonly count: readonly [used: number, total: number] };
};

type Asks = {
  readonly id: number;
  readonly user: string;
  /** Null for a job that names none. */
  readonly account: string | null;
  readonly queue: string;
  readonly cpus: number;
  readonly gpus?: number;
};

export type ScenarioJob = Asks &
  (
    | { readonly is: 'running'; readonly nodes: readonly string[] }
    | { readonly is: 'pending' | 'held' | 'ending' }
    /** Tasks that run, one on each of these nodes, and those that wait or are held. */
    | { readonly is: 'array'; readonly nodes: readonly string[]; readonly waiting: number; readonly held?: boolean }
  );

export type Scenario = {
  readonly nodes: readonly ScenarioNode[];
  readonly jobs: readonly ScenarioJob[];
  readonly queues: readonly { readonly name: string; readonly enabled: boolean; readonly started: boolean }[];
  readonly reservations: readonly {
    readonly name: string;
    readonly start: Date;
    readonly end: Date;
    readonly nodes: number;
  }[];
};

/** How many jobs of a queue are listed, an array by its tasks. */
function jobsIn({ jobs }: Scenario, queue: string): number {
  const counts = jobs
    .filter((job) => job.queue === queue && job.is !== 'ending')
    .map((job) => (job.is === 'array' ? job.nodes.length + job.waiting : 1));
  return counts.reduce((sum, count) => sum + count, 0);
}

const pbsStates = {
  idle: 'free',
  'partly used': 'free',
  full: 'job-busy',
  drained: 'offline',
  draining: 'offline,job-busy',
  down: 'down',
  reserved: 'resv-exclusive',
} as const;

/** What OpenPBS prints of it, in the layout of its newer encoder; reservations in UTC. */
export function pbsOf(scenario: Scenario): Executor {
  const nodes = scenario.nodes.map(({ name, is, cpus, memoryGib, gpus }) => {
    const tasks = scenario.jobs.flatMap((job) =>
      job.is === 'array' && job.nodes.includes(name) ? `${job.id}[1].sched` : [],
    );
    const having = (of: 0 | 1) => [
      ['ncpus', cpus[of]],
      ['mem', `"${memoryGib[of] * 1024 ** 2}kb"`],
      ...(gpus ? [['ngpus', gpus.count[of]], ...(of === 1 ? [['gpu_type', `"${gpus.type}"`]] : [])] : []),
    ];
    return object(name, [
      ['state', `"${pbsStates[is]}"`],
      ...(tasks.length === 0 ? [] : [['jobs', `["${tasks.join('", "')}"]`]]),
      ['resources_available', having(1)],
      ['resources_assigned', having(0)],
    ]);
  });
  const jobs = scenario.jobs.map((job) => {
    const state = { running: 'R', pending: 'Q', held: 'H', ending: 'E', array: 'B' }[job.is];
    const isArray = job.is === 'array';
    const places = job.is === 'running' ? job.nodes.map((node) => `${node}/0*${job.cpus}`).join('+') : null;
    return object(`${job.id}${isArray ? '[]' : ''}.sched`, [
      ['Job_Name', '"a|b\\tc"'],
      ['Job_Owner', `"${job.user}@login1"`],
      ['job_state', isArray && job.held ? '"H"' : `"${state}"`],
      ['queue', `"${job.queue}"`],
      ...(job.account === null ? [['project', '"_pbs_project_default"']] : [['Account_Name', `"${job.account}"`]]),
      ...(places === null ? [] : [['exec_host', `"${places}"`]]),
      ...(isArray
        ? [['array_state_count', `"Queued:${job.waiting} Running:${job.nodes.length} Exiting:0 Expired:0 "`]]
        : []),
      ['Resource_List', [['ncpus', job.cpus], ...(job.gpus === undefined ? [] : [['ngpus', job.gpus]])]],
    ]);
  });
  const queues = scenario.queues.map(({ name, enabled, started }) =>
    object(name, [
      ['queue_type', '"Execution"'],
      ['total_jobs', jobsIn(scenario, name)],
      ['enabled', `"${enabled ? 'True' : 'False'}"`],
      ['started', `"${started ? 'True' : 'False'}"`],
    ]),
  );
  const reservations = scenario.reservations.map(
    ({ name, start, end, nodes }, index) =>
      `Resv ID: R${index}.sched\nReserve_Name = ${name}\nreserve_start = ${ctime(start)}\nreserve_end = ${ctime(end)}\nResource_List.nodect = ${nodes}\n\n`,
  );
  return answering(({ argv }) => {
    const [program] = argv;
    if (program === 'pbsnodes') return { stdout: document('nodes', nodes) };
    if (program === 'pbs_rstat') return { stdout: reservations.join('') };
    if (program !== 'qstat') return null;
    if (argv.includes('-Qa')) return { stdout: '' };
    return { stdout: argv.includes('-Q') ? document('Queue', queues) : document('Jobs', jobs) };
  });
}

type Member = readonly (string | number | readonly Member[])[];

function object(id: string, members: readonly Member[]): string {
  const text = ([name, value]: Member, depth: number): string => {
    const tabs = '\t'.repeat(depth);
    if (!Array.isArray(value)) return `${tabs}"${name}":\t${value}`;
    const inner = value.map((member: Member) => text(member, depth + 1)).join(',\n');
    return `${tabs}"${name}":\t{\n${inner}\n${tabs}}`;
  };
  return text([id, members], 2);
}

function document(section: string, records: readonly string[]): string {
  const held = records.length === 0 ? '' : `,\n\t"${section}":\t{\n${records.join(',\n')}\n\t}`;
  return `{\n\t"timestamp":\t1795508000,\n\t"pbs_version":\t"23.06.06",\n\t"pbs_server":\t"sched"${held}\n}\n`;
}

/** ctime(3): `Sat Nov 21 00:39:03 2026`. */
function ctime(moment: Date): string {
  const [weekday, day, month, year, time] = moment.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}

const slurmStates = {
  idle: 'idle',
  'partly used': 'mixed',
  full: 'allocated',
  drained: 'idle+drain',
  draining: 'allocated+drain',
  down: 'down+not_responding',
  reserved: 'idle+reserved',
} as const;

/** What Slurm prints of it, each node in the partition that has all nodes and in one more. */
export function slurmOf(scenario: Scenario): Executor {
  const nodes = scenario.nodes.flatMap(({ name, is, cpus: [used, total], memoryGib, gpus }) => {
    const isOut = is === 'drained' || is === 'draining' || is === 'down';
    const rest = total - used;
    const values = {
      NodeList: name,
      StateComplete: slurmStates[is],
      CPUsState: `${used}/${isOut ? 0 : rest}/${isOut ? rest : 0}/${total}`,
      Memory: String(memoryGib[1] * 1024),
      AllocMem: String(memoryGib[0] * 1024),
      Gres: gpus ? `gpu:${gpus.type}:${gpus.count[1]}(S:0-1)` : '(null)',
      GresUsed: gpus ? `gpu:${gpus.type}:${gpus.count[0]}(IDX:0,2)` : 'gpu:0',
    };
    return [nodeLine({ ...values, PartitionName: 'all' }), nodeLine({ ...values, PartitionName: 'more' })];
  });
  const jobs = scenario.jobs.flatMap(squeueLines);
  const partitions = scenario.queues.map(({ name, enabled, started }) =>
    partitionLine(name, started ? (enabled ? 'up' : 'drain') : enabled ? 'down' : 'inactive'),
  );
  const reservations = scenario.reservations.map(
    ({ name, start, end, nodes }) =>
      `ReservationName=${name} StartTime=${start.getTime() / 1000} EndTime=${end.getTime() / 1000} Duration=1 Nodes=x NodeCnt=${nodes} Features=(null) PartitionName=(null)\n`,
  );
  return slurmAnswering({
    nodes: { stdout: nodes.join('') },
    jobs: { stdout: jobs.join('') },
    partitions: { stdout: partitions.join('') },
    reservations: { stdout: reservations.join('') },
  });
}

function squeueLines(job: ScenarioJob): string[] {
  const gpus = job.gpus === undefined ? '' : `,gres/gpu=${job.gpus},gres/gpu:a100=${job.gpus}`;
  const values = {
    JobArrayID: String(job.id),
    UserName: job.user,
    Account: job.account ?? '(null)',
    Partition: job.queue,
    NumCPUs: String(job.cpus),
    'tres-alloc': `cpu=${job.cpus},mem=1G,node=1,billing=${job.cpus}${gpus}`,
  };
  switch (job.is) {
    case 'running':
      return [jobLine({ ...values, NodeList: job.nodes.join(',') })];
    case 'ending':
      return [jobLine({ ...values, State: 'COMPLETING' })];
    case 'pending':
      return [jobLine({ ...values, State: 'PENDING' })];
    case 'held':
      return [jobLine({ ...values, State: 'PENDING', PriorityLong: '0' })];
    case 'array': {
      const running = job.nodes.map((node, task) =>
        jobLine({ ...values, JobArrayID: `${job.id}_${task}`, NodeList: node }),
      );
      const id = `${job.id}_[${job.nodes.length}-${job.nodes.length + job.waiting - 1}%4]`;
      const PriorityLong = job.held ? '0' : '100';
      return [...running, jobLine({ ...values, JobArrayID: id, State: 'PENDING', PriorityLong })];
    }
  }
}
