import { until } from '../until.ts';
import type { Cluster } from './cluster.ts';
import type { User } from './configuration.ts';
import { awkwardTexts, statesOf, submit } from './submit.ts';

export type Living = Awaited<ReturnType<typeof submitJobsThatStay>>;

/** Submits jobs that run, and jobs that wait for every reason; resolves when they do. */
export async function submitJobsThatStay(cluster: Cluster) {
  const root = (...argv: string[]) => cluster.run(argv);
  const job = (user: User, ...options: string[]) => submit(cluster, user, 'sleep infinity', ...options);
  const running = {
    onOneCore: job('games', '--nodelist=c001'),
    onSeveralNodes: job('mail', '--account=chemistry', '--nodelist=c[001-003]', '--nodes=3', '--ntasks-per-node=2'),
    onDrainingNode: job('games', '--nodelist=c004', '--nodes=1', '--ntasks=3'),
    ofHiddenPartition: job('daemon', '--partition=internal'),
    heterogeneous: job('mail', '--nodelist=c002', ':', '--nodelist=c003', '--mem=200M'),
    typedGpus: job('news', '--account=chem-org', '--partition=gpu', '--nodelist=g01', '--gres=gpu:a100:2'),
    anotherTypedGpu: job('games', '--partition=gpu', '--nodelist=g01', '--gres=gpu:a100:1'),
    anyGpu: job('news', '--partition=gpu', '--nodelist=g02', '--gres=gpu:1', '--nodes=1', '--ntasks=4'),
    twoTypesOfGpu: job('news', '--partition=gpu', '--nodelist=g03', '--gres=gpu:v100:1,gpu:a100:1'),
    untypedGpu: job('news', '--partition=gpu', '--nodelist=g04', '--gres=gpu:1'),
  };
  const suspended = job('games', '--nodelist=c003');
  const specialExit = job('games', '--nodelist=c003');
  const array = job('mail', '--array=1-6%2', '--nodelist=c001');
  const starting = job('daemon', '--partition=cloud', '--nodelist=cloud01');
  const states = () => statesOf(cluster);
  const runs = (id: number) => states().get(id) === 'RUNNING';
  await until(() => [...Object.values(running), suspended, specialExit].every(runs), 'the jobs run that stay', 120);
  root('scontrol', 'suspend', `${suspended}`);
  root('scontrol', 'requeuehold', 'State=SpecialExit', `${specialExit}`);

  const heldByUser = job('daemon', '--hold', `--job-name=${awkwardTexts[0]}`, `--comment=${awkwardTexts[2]}`);
  const heldByRoot = job('daemon', '--begin=now+1day', `--job-name=${awkwardTexts[2]}`);
  root('scontrol', 'hold', `${heldByRoot}`);
  const waiting = {
    heldByUser,
    heldByRoot,
    dependent: job('daemon', `--dependency=afterok:${heldByUser}`),
    tomorrow: job('daemon', '--begin=now+1day'),
    partitionIsDown: job('daemon', '--partition=closed'),
    heldArray: job('mail', '--array=1,3,5-9', '--hold'),
    inTwoPartitions: job('mail', '--partition=compute,debug', '--nodes=4', '--exclusive'),
  };
  await until(() => states().get(specialExit) === 'SPECIAL_EXIT', 'a job is set aside', 120);
  await until(() => states().get(starting) === 'CONFIGURING', 'a job waits for its node to come up', 120);
  return { ...running, suspended, specialExit, array, starting, ...waiting };
}
