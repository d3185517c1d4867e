import { parseDocument } from 'yaml';
import { onOneLine } from './one-line.ts';
import { ownFileMark } from './systemd.ts';

/**
 * Returns a file for logrotate.d that keeps thirty days, as the earlier collectors did. `owner` owns the log directory,
 * null for root. logrotate, as root, refuses a directory that others can write unless it runs as that user.
 */
export function logrotateText(
  files: readonly string[],
  owner: { readonly user: string; readonly group: string } | null,
): string {
  return `${[
    `${ownFileMark} logrotate --write; --remove removes it`,
    ...files.map((file) => `"${onOneLine(file).replace(/[\\"]/g, '\\$&')}"`),
    '{',
    ...(owner === null ? [] : [`    su ${owner.user} ${owner.group}`]),
    '    daily',
    '    rotate 30',
    '    compress',
    '    # A line may be written while the file is moved.',
    '    delaycompress',
    '    missingok',
    '    notifempty',
    '    # The next log line creates the file, with its mode.',
    '    nocreate',
    '}',
  ].join('\n')}\n`;
}

/** Returns `collector.yaml` with our own log rotation turned off or on; other settings stay unchanged. */
export function withRotation(yaml: string, isOurs: boolean): string {
  const document = parseDocument(yaml);
  if (isOurs) {
    if (!document.hasIn(['log', 'rotate'])) return yaml;
    document.deleteIn(['log', 'rotate']);
  } else {
    if (document.getIn(['log', 'rotate']) === false) return yaml;
    if (!document.has('log')) {
      return `${yaml}${yaml === '' || yaml.endsWith('\n') ? '' : '\n'}log: { rotate: false }\n`;
    }
    document.setIn(['log', 'rotate'], false);
  }
  return document.toString({ lineWidth: 0 });
}
