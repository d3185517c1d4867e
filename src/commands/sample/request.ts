import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { ArgsDef, ParsedArgs } from 'citty';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import type { SampleRequest } from '../../run/sampling.ts';

export const sampleConfigArg = {
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'Configuration file (default: /etc/hpc-collector/sample.yaml)',
  },
} as const satisfies ArgsDef;

export const defaultConfigFile = '/etc/hpc-collector/sample.yaml';

export const sampleArgs = {
  ...sampleConfigArg,
  jobid: { type: 'string', valueHint: 'N', description: 'Number of the job; for a Slurm array job its JobIDRaw' },
  node: { type: 'string', valueHint: 'NAME', description: 'Name of this node (default: its short host name)' },
  daemon: { type: 'boolean', description: 'Go on in the background' },
  pidfile: { type: 'string', valueHint: 'FILE', description: 'File for the process id; removed at the end' },
  logfile: { type: 'string', valueHint: 'FILE', description: 'Log file' },
  loglevel: {
    type: 'enum',
    options: ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'],
    description: 'Least severe level that is logged (default: ERROR)',
  },
  'test-output': {
    type: 'string',
    valueHint: 'FILE',
    description: 'Give the data in a JSON file to the outputs, and end',
  },
} as const satisfies ArgsDef;

/** Reads the arguments. Throws OperatorError. */
export function sampleRequest(args: ParsedArgs<typeof sampleArgs>): SampleRequest {
  const node = args.node ?? process.env.SLURMD_NODENAME ?? hostname().split('.')[0] ?? '';
  // It becomes a part of file names.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(node))
    throw new OperatorError(
      `--node ${printable(node, 80)} is not the name of a node: give letters, digits, dots and dashes`,
    );
  return {
    configFile: resolve(args.config ?? defaultConfigFile),
    job: jobOf(args.jobid),
    node,
    isDaemon: args.daemon === true,
    pidFile: absolute(args.pidfile),
    logFile: absolute(args.logfile),
    logLevel: args.loglevel ?? null,
    testOutput: absolute(args['test-output']),
  };
}

/** A daemon works in the root directory. */
function absolute(file: string | undefined): string | null {
  return file === undefined ? null : resolve(file);
}

/** Returns the id of a job: a number, or `12[3]` of a PBS array job. Throws OperatorError. */
function jobOf(text: string | undefined): number | string {
  if (text === undefined) throw new OperatorError('hpc-collector sample needs --jobid: give the number of the job');
  const id = /^(\d{1,15}(?:\[\d+\])?)(?:\.[A-Za-z0-9.-]+)?$/.exec(text)?.[1];
  if (id !== undefined) return /^\d+$/.test(id) ? Number(id) : id;
  if (/^\d+_/.test(text)) {
    throw new OperatorError(
      `--jobid ${printable(text, 60)} is an array id: give the number of this task, SLURM_JOB_ID in its environment or JobIDRaw of sacct`,
    );
  }
  throw new OperatorError(`--jobid ${printable(text, 60)} is not the number of a job: give one such as 12345`);
}
