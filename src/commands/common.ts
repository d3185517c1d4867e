import type { ArgsDef } from 'citty';

/** The flags of every command; they can also come before the command. */
export const commonArgs = {
  config: { type: 'string', valueHint: 'DIR', description: 'Configuration directory' },
  outbox: { type: 'string', valueHint: 'FILE', description: 'Outbox file' },
  verbose: { type: 'boolean', alias: 'v', description: 'Log everything, with stack traces' },
  quiet: { type: 'boolean', alias: 'q', description: 'Print only warnings and errors' },
  'log-file': { type: 'string', valueHint: 'FILE', description: 'Log file' },
  'log-format': { type: 'enum', options: ['text', 'json'], description: 'Log format (default: text)' },
} as const satisfies ArgsDef;

/** The systems to act on. */
export const systemArgs = {
  'system…': {
    type: 'positional',
    required: false,
    description: 'Systems to collect (default: all enabled ones)',
  },
} as const satisfies ArgsDef;
