import { parseDocument } from 'yaml';
import { ownFileMark } from './systemd.ts';

/**
 * A file for logrotate.d: thirty days, as the earlier collectors kept them. `owner` is whose directory the logs are in, null
 * for root's: logrotate refuses to work as root where somebody else may write.
 */
export function logrotateText(
  files: readonly string[],
  owner: { readonly user: string; readonly group: string } | null,
): string {
  return `${[
    `${ownFileMark} logrotate --write; --remove takes it away`,
    ...files.map((file) => `"${file.replace(/[\\"]/g, '\\$&')}"`),
    '{',
    ...(owner === null ? [] : [`    su ${owner.user} ${owner.group}`]),
    '    daily',
    '    rotate 30',
    '    compress',
    '    # A line may be written while the file is moved.',
    '    delaycompress',
    '    missingok',
    '    notifempty',
    '    # The next line makes it, with its mode.',
    '    nocreate',
    '}',
  ].join('\n')}\n`;
}

/** `collector.yaml` with our own rotation turned off, or on again; all else stays as it is. */
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
