import { argumentsOf, type Installation, staggered } from './installation.ts';

/** The first line of files that are ours alone. */
export const ownFileMark = '# Written by hpc-collector install';

/** What a timer starts: the run every five minutes, or the export of finished jobs once a day. */
export type Task = {
  /** Of the units, without what is behind the dot. */
  readonly name: 'hpc-collector' | 'hpc-collector-jobs';
  readonly description: string;
  readonly command: 'run' | 'jobs export';
  /** What has it called, by the usual means. */
  readonly installation: string;
  /** After which it is ended: one that hangs must not keep the next ones from starting. */
  readonly longest: string;
  /** When it is started (systemd.time(7)); hosts differ in `staggered` seconds. */
  readonly calendar: (installation: Installation) => string;
};

export const runTask: Task = {
  name: 'hpc-collector',
  description: 'Collect the status of HPC systems and deliver it',
  command: 'run',
  installation: 'hpc-collector install cron --write',
  longest: '600',
  calendar: (installation) => {
    const second = staggered(installation, 300);
    return `*:${Math.floor(second / 60)}/5:${twoDigits(second % 60)}`;
  },
};

export const jobsTask: Task = {
  name: 'hpc-collector-jobs',
  description: 'Send the finished jobs to a usage-history API',
  command: 'jobs export',
  installation: 'hpc-collector install systemd --jobs --write',
  // What a month away left to do is read day by day.
  longest: '6h',
  calendar: (installation) => {
    const second = staggered(installation, 3600);
    return `*-*-* 02:${twoDigits(Math.floor(second / 60))}:${twoDigits(second % 60)}`;
  },
};

/** The units of a task, by file name. `onFailure` is a unit that is started when it fails; null for none. */
export function systemdUnits(
  task: Task,
  installation: Installation,
  onFailure: string | null,
): Readonly<Record<string, string>> {
  return {
    [`${task.name}.service`]: service(task, installation, onFailure),
    [`${task.name}.timer`]: timer(task, installation),
  };
}

function service(task: Task, installation: Installation, onFailure: string | null): string {
  const { binary, environment, isRoot } = installation;
  const command = [binary, ...argumentsOf(installation, task.command)].map((word) => quoted(word)).join(' ');
  return textOf([
    header(task),
    '[Unit]',
    `Description=${task.description}`,
    // A user's manager knows no such target.
    ...(isRoot ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    ...(onFailure === null ? [] : [`OnFailure=${onFailure}`]),
    '',
    '[Service]',
    'Type=oneshot',
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, true)}`),
    `ExecStart=${command}`,
    '# Another one is under way: nothing is wrong.',
    'SuccessExitStatus=75',
    '# One that hangs must not keep the next ones from starting.',
    `TimeoutStartSec=${task.longest}`,
    'UMask=0077',
    'Nice=5',
    ...(isRoot
      ? [
          '# Not NoNewPrivileges, nor what brings it: pbs_iff is setuid. Not PrivateTmp: snapshots that the outbox cannot take',
          "# are kept in /var/tmp. Not ProtectHome: ssh's keys are there. Not MemoryDenyWriteExecute: the program compiles itself.",
          'ProtectSystem=full',
          'ProtectKernelTunables=yes',
          'ProtectControlGroups=yes',
        ]
      : []),
  ]);
}

function timer(task: Task, installation: Installation): string {
  return textOf([
    header(task),
    '[Unit]',
    `Description=${task.description}, by the clock`,
    '',
    '[Timer]',
    `OnCalendar=${task.calendar(installation)}`,
    'AccuracySec=1s',
    '# What was missed while the host was down is caught up with when it is up again.',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

function header({ command }: Task): string {
  const flag = command === 'run' ? '' : ' --jobs';
  return `${ownFileMark} systemd${flag} --write; --remove takes it away`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** One word of systemd.syntax(7): `%` begins a specifier, and in a command `$` a variable. */
function quoted(word: string, isVariable = false): string {
  const escaped = word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
  const literal = isVariable ? escaped : escaped.replaceAll('$', '$$$$');
  return /^[A-Za-z0-9_/.,:@+=%-]+$/.test(literal) ? literal : `"${literal}"`;
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
