import type { Installation } from './installation.ts';
import { ownFileMark, quoted, textOf } from './systemd.ts';

/** The name of the receiver's service without the suffix, and of its directories below /var/lib and /etc. */
export const receiverName = 'hpc-collector-receiver';

/** The database of a receiver that root installs. Its directory belongs to the user of the service. */
export const receiverDatabase = `/var/lib/${receiverName}/receiver.db`;

/**
 * Returns the unit of the receiver, by file name. Root's runs as a user of its own, whom systemd makes (`DynamicUser`).
 * @param serveFlags the flags of `serve`
 */
export function receiverUnit(
  installation: Installation,
  serveFlags: readonly string[],
  onFailure: string | null,
): Readonly<Record<string, string>> {
  const { binary, flags, environment, isRoot } = installation;
  const variables = isRoot ? { XDG_STATE_HOME: `/var/lib/${receiverName}` } : environment;
  const isNamed = (flag: string) => [...flags, ...serveFlags].some((word) => word.split('=')[0] === flag);
  const ownDirectories = [
    ...(isNamed('--config') ? [] : ['--config', `/etc/${receiverName}`]),
    ...(isNamed('--database') ? [] : ['--database', receiverDatabase]),
  ];
  const words = [binary, ...flags, 'serve', ...(isRoot ? ownDirectories : []), ...serveFlags];
  const text = textOf([
    `${ownFileMark} systemd --receiver --write; --remove removes it`,
    '[Unit]',
    'Description=Receive the status and the finished jobs of HPC systems',
    // The systemd of a user has no such target.
    ...(isRoot ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    ...(onFailure === null ? [] : [`OnFailure=${onFailure}`]),
    '',
    '[Service]',
    'Type=exec',
    ...Object.entries(variables).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, true)}`),
    ...(isRoot
      ? [
          '# API_KEYS, CORS_ORIGINS, PGPASSWORD; root reads it, so its mode is 600.',
          `EnvironmentFile=-/etc/${receiverName}/secrets`,
        ]
      : []),
    `ExecStart=${words.map((word) => quoted(word)).join(' ')}`,
    ...(isNamed('--tls-cert') ? ['# Reads the certificate again.', 'ExecReload=/bin/kill -HUP $MAINPID'] : []),
    'Restart=on-failure',
    'RestartSec=5',
    '# Requests under way end within 10 seconds.',
    'TimeoutStopSec=20',
    'UMask=0077',
    '# 8,000 connections, the database and its files.',
    'LimitNOFILE=16384',
    ...hardening,
    ...(isRoot ? rootHardening : []),
    '',
    '[Install]',
    `WantedBy=${isRoot ? 'multi-user.target' : 'default.target'}`,
  ]);
  return { [`${receiverName}.service`]: text };
}

/** The restrictions that the systemd of a user supports, too. Not MemoryDenyWriteExecute: the program has a JIT compiler. */
const hardening: readonly string[] = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictNamespaces=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
  'SystemCallErrorNumber=EPERM',
];

const rootHardening: readonly string[] = [
  'DynamicUser=yes',
  `StateDirectory=${receiverName}`,
  'StateDirectoryMode=0700',
  `ConfigurationDirectory=${receiverName}`,
  '# Only the right to listen on ports below 1024.',
  'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
  'AmbientCapabilities=CAP_NET_BIND_SERVICE',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
  '# Not ProcSubset=pid: the program reads /proc/meminfo.',
  'ProtectProc=invisible',
  'RemoveIPC=yes',
];
