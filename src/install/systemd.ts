import { argumentsOf, type Installation, staggered } from './installation.ts';

/** The first line of files that are ours alone. */
export const ownFileMark = '# Written by hpc-collector install';

/** The unit that is enabled. */
export const timerUnit = 'hpc-collector.timer';
export const serviceUnit = 'hpc-collector.service';

const header = `${ownFileMark} systemd --write; --remove takes it away`;

/** The units, by file name. `onFailure` is a unit that is started when a run fails; null for none. */
export function systemdUnits(installation: Installation, onFailure: string | null): Readonly<Record<string, string>> {
  return {
    [serviceUnit]: service(installation, onFailure),
    [timerUnit]: timer(installation),
  };
}

function service(installation: Installation, onFailure: string | null): string {
  const { binary, environment, isRoot } = installation;
  const command = [binary, ...argumentsOf(installation, 'run')].map((word) => quoted(word)).join(' ');
  return textOf([
    header,
    '[Unit]',
    'Description=Collect the status of HPC systems and deliver it',
    // A user's manager knows no such target.
    ...(isRoot ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    ...(onFailure === null ? [] : [`OnFailure=${onFailure}`]),
    '',
    '[Service]',
    'Type=oneshot',
    ...Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, true)}`),
    `ExecStart=${command}`,
    '# Another run is under way: nothing is wrong.',
    'SuccessExitStatus=75',
    '# A run that hangs must not keep the next ones from starting.',
    'TimeoutStartSec=600',
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

function timer(installation: Installation): string {
  const second = staggered(installation, 300);
  const at = `${Math.floor(second / 60)}/5:${String(second % 60).padStart(2, '0')}`;
  return textOf([
    header,
    '[Unit]',
    'Description=Collect the status of HPC systems every five minutes',
    '',
    '[Timer]',
    `OnCalendar=*:${at}`,
    'AccuracySec=1s',
    'Persistent=true',
    '',
    '[Install]',
    'WantedBy=timers.target',
  ]);
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
