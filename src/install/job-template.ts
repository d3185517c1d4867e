import { OperatorError } from '../lib/errors.ts';
import { lessMemory } from '../lib/less-memory.ts';
import type { Installation } from './installation.ts';
import { ownFileMark, quoted, textOf } from './systemd.ts';

/** The template unit of the sampler. Its instance is the number of a job. */
export const jobTemplateFile = 'hpc-collector-sample@.service';

/**
 * Returns the template unit that samples a job, by file name. A prolog starts it, and an epilog stops it. Throws
 * OperatorError for flags of the collector, which the sampler does not have.
 */
export function jobTemplate(
  { binary, flags, environment }: Installation,
  onFailure: string | null,
): Readonly<Record<string, string>> {
  const [flag] = flags;
  if (flag !== undefined)
    throw new OperatorError(`--job-template takes no ${flag}: the sampler reads /etc/hpc-collector/sample.yaml`);
  const { SLURM_CONF } = environment;
  const own = { ...(SLURM_CONF !== undefined && { SLURM_CONF }), ...lessMemory };
  const text = textOf([
    `${ownFileMark} systemd --job-template --write; --remove removes it`,
    '[Unit]',
    'Description=Measure the processes of job %i',
    ...(onFailure === null ? [] : [`OnFailure=${onFailure}`]),
    '',
    '[Service]',
    'Type=exec',
    ...Object.entries(own).map(([name, value]) => `Environment=${quoted(`${name}=${value}`, true)}`),
    '# The prolog writes it: who runs the job, and its GPUs.',
    `EnvironmentFile=-${variablesOf('%i')}`,
    `ExecStart=${quoted(binary)} sample --jobid %i`,
    '# Another sampler of the job is active, which is not a failure.',
    'SuccessExitStatus=75',
    '# HUP ends the sampling with everything written.',
    'KillSignal=SIGHUP',
    'KillMode=process',
    '# An output over HTTP can need this long for its attempts.',
    'TimeoutStopSec=300',
    '# After a crash it goes on from its checkpoint.',
    'Restart=on-abnormal',
    'RestartSec=5',
    'ProtectSystem=full',
    'ProtectKernelTunables=yes',
    'ProtectControlGroups=yes',
  ]);
  return { [jobTemplateFile]: text };
}

function variablesOf(job: string): string {
  return `/run/hpc-collector/sample-${job}.env`;
}

/**
 * The variables of Slurm's prolog that the sampler reads (prolog_epilog guide). The name of the job is not one of them:
 * it can have line breaks, and each line of the file is a variable.
 */
const variables = [
  'SLURM_JOB_ID',
  'SLURM_JOB_ACCOUNT',
  'SLURM_JOB_USER',
  'SLURM_JOB_UID',
  'SLURM_JOB_PARTITION',
  'SLURM_JOB_NUM_NODES',
  'SLURM_JOB_CPUS_PER_NODE',
  'SLURM_JOB_START_TIME',
  'SLURM_JOB_GPUS',
];

/** A prolog of Slurm that starts the sampler of a job. It needs `PrologFlags=Alloc` in slurm.conf. */
export const exampleProlog = textOf([
  '#!/bin/sh',
  'umask 077',
  'mkdir -p /run/hpc-collector',
  `cat >"${variablesOf('$SLURM_JOB_ID')}" <<END`,
  ...variables.map((name) => `${name}=$${name}`),
  'END',
  'systemctl start --no-block "hpc-collector-sample@$SLURM_JOB_ID.service"',
  '# A prolog that fails drains the node.',
  'exit 0',
]);

/** An epilog of Slurm that ends the sampler of a job. */
export const exampleEpilog = textOf([
  '#!/bin/sh',
  'systemctl stop --no-block "hpc-collector-sample@$SLURM_JOB_ID.service"',
  `rm -f "${variablesOf('$SLURM_JOB_ID')}"`,
  'exit 0',
]);
