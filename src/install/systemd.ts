import { argumentsOf, type Installation, staggered } from './installation.ts';
import { onOneLine } from './one-line.ts';

/** The first line of files that belong to this program. */
export const ownFileMark = '# Written by hpc-collector install';

/** The command that a timer starts: `run` every five minutes, or `jobs export` once a day. */
export type Task = {
  /** The name of the units, without the suffix. */
  readonly name: 'hpc-collector' | 'hpc-collector-jobs';
  readonly description: string;
  readonly command: 'run' | 'jobs export';
  /** Another usual way to start it. */
  readonly installation: string;
  /** The run is ended after this time, because a hanging run would block the next ones. */
  readonly longest: string;
  /** When it starts (systemd.time(7)); hosts differ by `staggered` seconds. */
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
  // After a month without exports, the export reads day by day for hours.
  longest: '6h',
  calendar: (installation) => {
    const second = staggered(installation, 3600);
    return `*-*-* 02:${twoDigits(Math.floor(second / 60))}:${twoDigits(second % 60)}`;
  },
};

/** Returns the units of a task, by file name. `onFailure` is a unit to start after a failure; null for none. */
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
    // The systemd of a user has no such target.
    ...(isRoot ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    ...(onFailure === null ? [] : [`OnFailure=${onFailure}`]),
    '',
    '[Service]',
    'Type=oneshot',
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, true)}`),
    `ExecStart=${command}`,
    '# Another run is active, which is not a failure.',
    'SuccessExitStatus=75',
    '# A hanging run must not block later runs.',
    `TimeoutStartSec=${task.longest}`,
    'UMask=0077',
    'Nice=5',
    ...(isRoot
      ? [
          '# Do not set NoNewPrivileges or what implies it: pbs_iff is setuid. Nor PrivateTmp: snapshots that the outbox cannot store',
          '# are in /var/tmp. Nor ProtectHome: it has the ssh keys. Nor MemoryDenyWriteExecute: the program has a JIT compiler.',
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
    '# Start once after a downtime in which a start was missed.',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
}

function header({ command }: Task): string {
  const flag = command === 'run' ? '' : ' --jobs';
  return `${ownFileMark} systemd${flag} --write; --remove removes it`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** Quotes one word of systemd.syntax(7): `%` begins a specifier, and in a command `$` a variable. */
export function quoted(word: string, isVariable = false): string {
  const escaped = onOneLine(word).replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
  const literal = isVariable ? escaped : escaped.replaceAll('$', '$$$$');
  return /^[A-Za-z0-9_/.,:@+=%-]+$/.test(literal) ? literal : `"${literal}"`;
}

/** Returns the text of lines. */
export function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
