import { until } from '../until.ts';
import type { Cluster } from './cluster.ts';
import type { User } from './configuration.ts';
import { losePower } from './nodes.ts';
import { awkwardTexts, statesOf, submit } from './submit.ts';

type JobsThatEnd = Awaited<ReturnType<typeof submitJobsThatEnd>>;

/** Each job by what became of it. */
export type Ended = JobsThatEnd & { readonly preempting: number };

/**
 * Submits jobs for every way to end, and resolves when those run that need help to end. There is no job of state
 * BOOT_FAIL (a node that cannot reboot), REVOKED (a federation of clusters) or RESIZING.
 */
export async function submitJobsThatEnd(cluster: Cluster) {
  const job = (user: User, script: string, ...options: string[]) => submit(cluster, user, script, ...options);
  const needHelp = {
    timedOut: job('games', 'sleep 1000', '--time=1', '--partition=debug', '--nodelist=c006'),
    lostWithItsNode: job('mail', 'sleep 1000', '--no-requeue', '--partition=fragile', '--nodelist=c007'),
    lostAndQueuedAgain: job('mail', 'sleep 1000', '--requeue', '--partition=fragile', '--nodelist=c007'),
    preempted: job('news', 'sleep 1000', '--qos=scavenger', '--exclusive', '--partition=fragile', '--nodelist=c008'),
    requeued: job('games', 'test "$SLURM_RESTART_COUNT" || sleep 1000', '--partition=debug', '--nodelist=c006'),
    cancelled: job('daemon', 'sleep 1000'),
    cancelledByRoot: job('daemon', 'sleep 1000'),
  };
  const others = {
    cancelledBeforeStart: job('daemon', 'true', '--hold'),
    // Waits for a node that another one has.
    cancelledWhileWaiting: job('daemon', 'true', '--exclusive', '--partition=debug', '--nodelist=c006'),
    cancelledBeforeItsTime: job('daemon', 'true', '--begin=now+3days'),
    // Its node is not free, and soon it cannot end in time any more.
    pastDeadline: job(
      'games',
      'true',
      '--deadline=now+62',
      '--time=1',
      '--exclusive',
      '--partition=debug',
      '--nodelist=c006',
    ),
    completed: job('games', 'srun true; srun true'),
    failed: job('games', 'exit 3'),
    killedItself: job('games', 'kill -SEGV $$'),
    outOfMemory: job('games', takesMemory, '--mem=30M'),
    stepOutOfMemory: job('games', `srun --mem=30M sh -c '${takesMemory}'`, '--mem=100M'),
    array: job('mail', 'test $SLURM_ARRAY_TASK_ID != 2', '--array=0-3'),
    heterogeneous: job('mail', 'true', '--ntasks=1', '--mem=50M', ':', '--ntasks=2', '--mem=100M'),
    onSeveralNodes: job('mail', 'true', '--nodes=3', '--nodelist=c[001-003]'),
    typedGpus: job('news', 'true', '--partition=gpu', '--gres=gpu:a100:2'),
    untypedGpus: job('news', 'true', '--partition=gpu', '--nodelist=g04', '--gres=gpu:2'),
    anyGpu: job('news', 'true', '--partition=gpu', '--nodelist=g01', '--gres=gpu:1'),
    twoTypesOfGpu: job('news', 'true', '--partition=gpu', '--nodelist=g03', '--gres=gpu:v100:2,gpu:a100:1'),
    otherAccount: job('games', 'true', '--account=chem-org'),
  };
  const awkward = awkwardTexts.map((text) => job('daemon', 'true', `--job-name=${text}`, `--comment=${text}`));
  await until(
    () => {
      const states = statesOf(cluster);
      return Object.values(needHelp).every((id) => states.get(id) === 'RUNNING');
    },
    'the jobs run that are to be stopped',
    30,
  );
  return { ...needHelp, ...others, awkward };
}

/**
 * 200 MB, and stays. It is one process: of several the kernel may first kill the one that has it, and then Slurm's own
 * step daemon for what the others still ask for, and the job would never end.
 */
const takesMemory = 'exec perl -e "sub { sleep 1000 }->(q(x) x 200e6)"';

/** Ends those that need help, and resolves when the accounting knows how all of them have ended. */
export async function finishJobs(cluster: Cluster, jobs: JobsThatEnd): Promise<Ended> {
  const root = (...argv: string[]) => cluster.run(argv);
  const state = (id: number) => statesOf(cluster).get(id);
  const urgent = ['--qos=urgent', '--exclusive', '--partition=fragile', '--nodelist=c008'];
  const preempting = submit(cluster, 'news', 'true', ...urgent);
  // No limit can be shorter than a minute, but the end can be set; limits are looked at every 30 seconds.
  root('scontrol', 'update', `JobId=${jobs.timedOut}`, 'EndTime=now+1');
  const { cancelled, cancelledBeforeStart, cancelledWhileWaiting, cancelledBeforeItsTime } = jobs;
  const given = [cancelled, cancelledBeforeStart, cancelledWhileWaiting, cancelledBeforeItsTime];
  cluster.run(['scancel', ...given.map(String)], 'daemon');
  root('scancel', `${jobs.cancelledByRoot}`);
  losePower(cluster);
  root('scontrol', 'requeue', `${jobs.requeued}`);
  await until(() => state(jobs.requeued) === 'PENDING', 'a job is queued again', 120);
  // It would wait two minutes. Within the second of its end its node still refuses it, and it would fail.
  root('scontrol', 'update', `JobId=${jobs.requeued}`, 'StartTime=now+3');
  // What waits for its node stays in the queue until somebody cancels it.
  await until(() => state(jobs.lostAndQueuedAgain) === 'PENDING', 'a lost job is queued again', 120);
  root('scancel', `${jobs.lostAndQueuedAgain}`);

  const ended = { ...jobs, preempting };
  const ids = Object.values(ended).flat();
  const others = () => [...statesOf(cluster)].filter(([id, one]) => ids.includes(id) && !hasEnded(one));
  await until(
    () => others().length === 0,
    () => `all jobs have ended, not ${others().join(' ')} of ${JSON.stringify(ended)}`,
    240,
  );
  await until(() => isAccounted(cluster, ids), 'the accounting knows it', 120);
  return ended;
}

function hasEnded(state: string | undefined): boolean {
  return state !== undefined && !['PENDING', 'CONFIGURING', 'RUNNING', 'COMPLETING'].includes(state);
}

/** By name, since jobs that never could run are in no window of time. */
function isAccounted(cluster: Cluster, ids: readonly number[]): boolean {
  const argv = [
    'sacct',
    '--allocations',
    '--duplicates',
    '--noheader',
    '--parsable2',
    '--format=JobIDRaw,State,Partition',
  ];
  const rows = cluster
    .run([...argv, `--jobs=${ids.join(',')}`])
    .trim()
    .split('\n')
    .map((line) => line.split('|'));
  const known = new Set(rows.map(([id]) => Number(id)));
  // The partition of a short job comes some seconds after its end.
  return ids.every((id) => known.has(id)) && rows.every(([, state, partition]) => hasEnded(state) && partition !== '');
}
