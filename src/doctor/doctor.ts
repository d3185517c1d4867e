import { join } from 'node:path';
import type { Examined } from '../config/check.ts';
import { exportsJobs } from '../config/destination-settings.ts';
import type { ClusterSettings } from '../config/jobs.ts';
import { defaultFallbackDirectory, type Environment } from '../config/paths.ts';
import type { System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import { jobsTask, runTask, type Task } from '../install/systemd.ts';
import { checkConfiguration, checkCredentials, checkEnabled, checkEnvFile } from './configuration.ts';
import type { CheckResult } from './finding.ts';
import { checkHistory } from './history.ts';
import { checkAddressSpace, checkSchedule } from './host.ts';
import { checkHub } from './hub.ts';
import { checkIngest } from './ingest.ts';
import { checkOutbox } from './outbox.ts';
import { checkReach } from './reach.ts';
import { checkSam } from './sam.ts';
import { checkSams } from './sams.ts';
import { usedDestinations } from './used-destinations.ts';

/** The things to check, and the executors for it. */
export type DoctorContext = {
  readonly examined: Examined;
  /** The systems named on the command line. */
  readonly named: readonly string[];
  readonly outboxFile: string;
  readonly hostName: string;
  readonly processEnvironment: Environment;
  executorOf(system: System): Executor;
  readonly localExecutor: Executor;
  /** Runs the programs that read the job history of a cluster. */
  historyExecutorOf(jobs: ClusterSettings): Executor;
};

/** Runs all checks in parallel and returns their findings. Changes nothing. */
export async function diagnose(patient: DoctorContext): Promise<CheckResult[]> {
  const { examined, hostName, processEnvironment } = patient;
  const { config, systems } = examined;
  const envFile = join(config.directory, 'env');
  const task = taskOf(examined, patient.named);
  const used = usedDestinations(config, systems, task === runTask);
  const findings = await Promise.all([
    checkConfiguration(examined),
    [checkEnvFile(examined), checkCredentials(examined, used), checkEnabled(examined, patient.named)],
    ...systems.map((system) => checkSystem(system, patient)),
    ...used.map(([name, settings]) => {
      if (settings.kind !== 'sam')
        return settings.kind === 'sams'
          ? checkSams(settings, name)
          : checkIngest(settings, envFile, processEnvironment, name);
      const own = systems.filter(({ deliver_to }) => deliver_to.includes(name));
      return checkSam(settings, own, envFile, processEnvironment, name);
    }),
    exportsJobs(config) ? checkHistory(config.collector.jobs, patient.historyExecutorOf, new Date()) : [],
    checkOutbox(patient.outboxFile, hostName, config.collector.fallback_directory ?? defaultFallbackDirectory()),
    [checkAddressSpace()],
    checkSchedule(patient.localExecutor, task),
  ]);
  return findings.flat();
}

async function checkSystem(system: System, { executorOf, hostName }: DoctorContext): Promise<CheckResult[]> {
  const executor = executorOf(system);
  return system.kind === 'hub' ? [await checkHub(system, executor)] : checkReach({ system, executor, hostName });
}

/** Returns the scheduled task: `jobs export` if there is a usage-history API and no system. */
export function taskOf({ config }: Examined, named: readonly string[]): Task {
  return exportsJobs(config) && config.collector.systems.length + named.length === 0 ? jobsTask : runTask;
}

/** Returns what to do next: the first remedy, or the next step of the set-up. */
export function nextStep(findings: readonly CheckResult[], { command, installation }: Task): string {
  const isOf = (name: string) => findings.some((one) => one.name === name && one.result === 'warn');
  // This comes first, because it writes the files that the other remedies edit.
  if (isOf('configuration')) return 'hpc-collector config init';
  const first = findings.find(({ result }) => result === 'fail');
  if (first) {
    const isExplained = first.remedy?.includes('   # ') === true;
    return `${first.remedy}${isExplained ? '' : `   # ${first.name}`}; then: hpc-collector doctor`;
  }
  if (isOf('systems')) return 'add a system to systems: in collector.yaml';
  return `hpc-collector ${command}${isOf('cron') ? `, then ${installation}` : ''}`;
}
