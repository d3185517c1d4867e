import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseStat } from '../../src/proc/stat.ts';
import { ticksPerSecond } from '../../src/sampler/machine.ts';
import { run } from '../support/run.ts';
import { type SampledNode, sampledNode } from '../support/sample.ts';
import { binary } from '../support/site.ts';
import { hasControlGroups } from '../support/slurm/cluster.ts';
import { until } from '../support/until.ts';
import { measure } from './measure.ts';
import { table } from './table.ts';

const processes = 500;
/** Looks that are measured, and the seconds between two. Their cost is reported for an interval of 30 seconds. */
const looks = 30;
const pauseSeconds = 0.5;
const intervalSeconds = 30;
const aim = { mebibytes: 60, percent: 0.2 };

/** Measures a sampler of a job with 500 processes, beside pidstat over the same processes. */
export async function benchSample(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  console.log(`sample, a job with ${processes} processes, at an interval of ${intervalSeconds} s\n`);
  if (!hasControlGroups()) {
    console.log('not measured: it needs root and control groups of version 1\n');
    return;
  }
  const job = startJob();
  const node = sampledNode();
  try {
    await until(() => job.count() >= processes, 'the processes of the job run', 60);
    const sampler = await costOfSampler(node, job.id);
    const reference = Bun.which('pidstat') === null ? null : await costOfPidstat();
    const percent = (seconds: number) => `${((100 * seconds) / intervalSeconds).toFixed(3)} %`;
    const verdict = (isMet: boolean) => (isMet ? 'met' : 'NOT met');
    const { secondsPerLook, mebibytes } = sampler;
    console.log(
      table(
        ['', 'sample', 'pidstat', 'aim', ''],
        [
          [
            'CPU, of one core',
            percent(secondsPerLook),
            reference === null ? 'not installed' : percent(reference.secondsPerLook),
            `≤ ${aim.percent} %`,
            verdict((100 * secondsPerLook) / intervalSeconds <= aim.percent),
          ],
          [
            'resident, MiB',
            mebibytes.toFixed(0),
            reference === null ? '' : reference.mebibytes.toFixed(0),
            `≤ ${aim.mebibytes}`,
            verdict(mebibytes <= aim.mebibytes),
          ],
        ],
      ),
    );
  } finally {
    job.end();
    node.remove();
  }
}

type LookCost = { readonly secondsPerLook: number; readonly mebibytes: number };

/** Starts the processes in control groups as Slurm makes them. */
function startJob() {
  const id = 900_000 + (process.pid % 90_000);
  const group = `hpc-collector-bench-${process.pid}`;
  const steps = ['cpuacct', 'memory'].map((name) => `/sys/fs/cgroup/${name}/${group}/job_${id}/step_batch`);
  for (const step of steps) mkdirSync(step, { recursive: true });
  const enter = steps.map((step) => `echo $$ >${step}/cgroup.procs`).join('; ');
  const child = Bun.spawn(['sh', '-c', `${enter}; for i in $(seq ${processes}); do sleep 600 & done; wait`], {
    detached: true,
  });
  const end = () => {
    process.off('exit', end);
    run(['kill', '-KILL', '--', `-${child.pid}`]);
    for (const step of steps) {
      const isEmpty = () => readFileSync(`${step}/cgroup.procs`, 'utf8') === '';
      for (let tries = 0; tries < 200 && !isEmpty(); tries++) Bun.sleepSync(20);
      run(['rmdir', step, dirname(step), dirname(dirname(step))]);
    }
  };
  process.once('exit', end);
  const count = () => readFileSync(`${steps[0]}/cgroup.procs`, 'utf8').split('\n').length - 1;
  return { id, count, end };
}

/** Measures a sampler in the background, as a prolog starts it, after its start. */
async function costOfSampler(node: SampledNode, job: number): Promise<LookCost> {
  node.configure({ outputs: '[File]', grace: 60, interval: pauseSeconds });
  const pidFile = join(node.directory, 'pid');
  await node.run(job, '--daemon', `--pidfile=${pidFile}`, `--logfile=${node.directory}/log`);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    // The first looks load the code.
    await Bun.sleep(3000);
    const before = cpuSecondsOf(pid);
    await Bun.sleep(looks * pauseSeconds * 1000);
    const secondsPerLook = (cpuSecondsOf(pid) - before) / looks;
    const [, kib = Number.NaN] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return { secondsPerLook, mebibytes: Number(kib) / 1024 };
  } finally {
    process.kill(pid, 'SIGTERM');
    await until(() => !existsSync(pidFile), 'the sampler has ended');
  }
}

function cpuSecondsOf(pid: number): number {
  const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat === null ? Number.NaN : (stat.userTicks + stat.systemTicks) / ticksPerSecond;
}

/** Measures pidstat(1), which reports CPU and memory of all processes of the host. */
async function costOfPidstat(): Promise<LookCost> {
  const reports = 10;
  const { cpuSeconds, peakMib } = await measure({ argv: ['pidstat', '-u', '-r', '-p', 'ALL', '1', String(reports)] });
  return { secondsPerLook: cpuSeconds / reports, mebibytes: peakMib };
}
