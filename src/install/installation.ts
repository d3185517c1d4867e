/** What is to be run every few minutes, on this host and as this user. */
export type Installation = {
  /** The executable. */
  readonly binary: string;
  /** Flags that stand before the command: a configuration directory or an outbox that is not the default. */
  readonly flags: readonly string[];
  /** The systems that `run` is given; none for those that the configuration enables. */
  readonly systems: readonly string[];
  /** Variables that the program must find as it finds them now: cron and systemd pass none on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly host: string;
  readonly user: string;
  readonly isRoot: boolean;
};

/** The arguments of one command of an installation. */
export function argumentsOf(
  { flags, systems }: Installation,
  command: 'run' | 'health' | 'jobs export',
): readonly string[] {
  switch (command) {
    case 'run':
      return [...flags, 'run', ...systems];
    case 'health':
      // Health that is good has nothing to say to those who get the mail.
      return [...flags, 'health', '--quiet'];
    case 'jobs export':
      return [...flags, 'jobs', 'export'];
  }
}

/**
 * A number below `count` that differs between hosts and systems, and never for one: many hosts that all began at the same
 * moment would all post at the same moment.
 */
export function staggered({ host, user, systems }: Installation, count: number): number {
  const hash = new Bun.CryptoHasher('sha256').update([host, user, ...systems].join('\n')).digest();
  return hash.readUInt32BE(0) % count;
}
