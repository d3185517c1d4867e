import type { Installation } from '../../install/installation.ts';
import { exampleEpilog, exampleProlog, jobTemplate, jobTemplateFile } from '../../install/job-template.ts';
import { receiverName, receiverUnit } from '../../install/receiver-unit.ts';
import { jobsTask, runTask, systemdUnits, type Task } from '../../install/systemd.ts';
import { OperatorError } from '../../lib/errors.ts';
import { checkedServeFlags } from './serve-flags.ts';

/** What `install systemd` can install: units, and the one of them that systemd enables. */
export type Units = {
  readonly takesSystems: boolean;
  /** True if they are of no use to the systemd of a user. */
  readonly needsRoot: boolean;
  /** The unit that systemd enables; null if another program starts it. */
  readonly enabled: string | null;
  readonly files: readonly string[];
  /** A sentence about the installed units, and the systemctl call that shows them; null for none. */
  readonly runs: string;
  readonly look: readonly string[] | null;
  /** The consequence of a failure of systemctl. */
  readonly notStarted: string;
  /** How to run it without systemd; null if there is no other way. */
  readonly without: string | null;
  /** Scripts that are printed after the units, as examples. */
  readonly scripts: readonly string[];
  readonly units: (
    installation: Installation,
    onFailure: string | null,
    serveFlags: readonly string[],
  ) => Promise<Readonly<Record<string, string>>>;
};

function timed(task: Task, takesSystems: boolean, without: string | null): Units {
  const timer = `${task.name}.timer`;
  return {
    takesSystems,
    needsRoot: false,
    enabled: timer,
    files: [timer, `${task.name}.service`],
    runs: 'The timer runs; show its next start with',
    look: ['list-timers', timer],
    notStarted: 'The timer is not started',
    without,
    scripts: [],
    units: async (installation, onFailure) => systemdUnits(task, installation, onFailure),
  };
}

const run = timed(runTask, true, 'Without systemd, use cron: hpc-collector install cron --write');
const jobs = timed(jobsTask, false, null);

const receiver: Units = {
  takesSystems: false,
  needsRoot: false,
  enabled: `${receiverName}.service`,
  files: [`${receiverName}.service`],
  runs: 'The receiver starts; show its state with',
  look: ['status', `${receiverName}.service`],
  notStarted: 'The receiver is not started',
  without: null,
  scripts: [],
  units: async (installation, onFailure, serveFlags) =>
    receiverUnit(installation, await checkedServeFlags(serveFlags, installation), onFailure),
};

const job: Units = {
  takesSystems: false,
  needsRoot: true,
  enabled: null,
  files: [jobTemplateFile],
  runs: 'A prolog starts it; show examples of a prolog and an epilog with: hpc-collector install systemd --job-template',
  look: null,
  notStarted: 'systemd has not read the unit',
  without: 'Without systemd, use sample --daemon: hpc-collector help sample',
  scripts: [`# A prolog of Slurm\n${exampleProlog}`, `# An epilog of Slurm\n${exampleEpilog}`],
  units: async (installation, onFailure) => jobTemplate(installation, onFailure),
};

type Flags = {
  readonly jobs?: boolean | undefined;
  readonly receiver?: boolean | undefined;
  readonly 'job-template'?: boolean | undefined;
};

/** Returns the units that the flags ask for, and the flag. Throws OperatorError if they contradict each other. */
export function chosenUnits(flags: Flags): { readonly flag: string; readonly service: Units } {
  const given = [
    ...(flags.jobs ? [{ flag: '--jobs', service: jobs }] : []),
    ...(flags.receiver ? [{ flag: '--receiver', service: receiver }] : []),
    ...(flags['job-template'] ? [{ flag: '--job-template', service: job }] : []),
  ];
  const [first, second] = given;
  if (first && second) throw new OperatorError(`${first.flag} and ${second.flag} are separate: give one of them`);
  return first ?? { flag: '', service: run };
}
