/** Every command that this program runs to ask PBS: pbsnodes(8B), qstat(1B) and pbs_rstat(1B). All of them only read. */
export const pbsCommands = {
  nodes: ['pbsnodes', '-aj', '-F', 'json'],
  /** Each vnode by itself, where the vnodes of a host have different values. */
  vnodes: ['pbsnodes', '-avj', '-F', 'json'],
  jobs: ['qstat', '-f', '-F', 'json'],
  queues: ['qstat', '-Q', '-f', '-F', 'json'],
  queueTable: ['qstat', '-Qa'],
  server: ['qstat', '-B', '-f', '-F', 'json'],
  /** The server's settings for people: `doctor` looks for one line of them. */
  serverText: ['qstat', '-B', '-f'],
  reservations: ['pbs_rstat', '-f'],
  /** Finished jobs and subjobs too, with times in UTC. */
  finishedJobs: ['env', 'TZ=UTC', 'qstat', '-x', '-f', '-t', '-F', 'json'],
} as const;
