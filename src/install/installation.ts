/** What to run every few minutes on this host as this user. */
export type Installation = {
  /** Path of the executable. */
  readonly binary: string;
  /** Flags before the command: a configuration directory or an outbox that is not the default. */
  readonly flags: readonly string[];
  /** Systems for `run`; none for those that the configuration enables. */
  readonly systems: readonly string[];
  /** Variables to set as they are now, because cron and systemd do not pass the environment on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly host: string;
  readonly user: string;
  readonly isRoot: boolean;
};

/** Returns the arguments of one command of an installation. */
export function argumentsOf(
  { flags, systems }: Installation,
  command: 'run' | 'health' | 'jobs export',
): readonly string[] {
  switch (command) {
    case 'run':
      return [...flags, 'run', ...systems];
    case 'health':
      // If all is well, `health` must print nothing, because cron mails it.
      return [...flags, 'health', '--quiet'];
    case 'jobs export':
      return [...flags, 'jobs', 'export'];
  }
}

/**
 * Returns a number below `count` that differs between hosts and systems but is constant for each. Without it, many
 * hosts would send at the same time.
 */
export function staggered({ host, user, systems }: Installation, count: number): number {
  const hash = new Bun.CryptoHasher('sha256').update([host, user, ...systems].join('\n')).digest();
  return hash.readUInt32BE(0) % count;
}
