import { expect } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './files.ts';
import type { Ran } from './run.ts';
import { binary } from './site.ts';
import { type Running, start } from './start.ts';

/** A compute node for the sampler: directories of its own, and a configuration that a test completes. */
export type SampledNode = {
  readonly directory: string;
  readonly data: string;
  readonly checkpoints: string;
  /** Writes the configuration: the outputs, and lines of YAML that follow the section of the collector. */
  configure(settings: NodeSettings): void;
  /** The arguments of a sampler of a job. */
  command(job: number | string, ...args: string[]): string[];
  start(job: number | string, ...args: string[]): Running;
  run(job: number | string, ...args: string[]): Promise<Ran>;
  remove(): void;
};

export type NodeSettings = {
  /** A flow list such as `[File]`. */
  readonly outputs: string;
  /** A flow list; by default those of the job, its programs and its memory. */
  readonly samplers?: string;
  /** The time in seconds after which a job without processes has ended. */
  readonly grace?: number;
  /** The time in seconds between two looks at the processes. */
  readonly interval?: number;
  /** Where checkpoints are stored; by default in the directory of the node. */
  readonly checkpoints?: string;
  /** Lines of the section `collector`. */
  readonly collector?: string;
  /** Other sections. */
  readonly more?: string;
};

/** What a sampler without trouble prints on standard error: nothing as root, and one warning as another user. */
export const noTrouble: unknown =
  process.getuid?.() === 0
    ? ''
    : expect.stringMatching(/^\[[^\]]+\] WARNING \[sample\] the programs of [^\n]+: run the sampler as root\n$/);

export function sampledNode(): SampledNode {
  const { path: directory, remove } = temporaryDirectory();
  const [data, checkpoints] = [join(directory, 'data'), join(directory, 'checkpoints')];
  const config = join(directory, 'sample.yaml');
  mkdirSync(data);
  const command = (job: number | string, ...args: string[]) => [
    binary,
    'sample',
    `--config=${config}`,
    `--jobid=${job}`,
    '--node=n1',
    ...args,
  ];
  const begin = (job: number | string, ...args: string[]) =>
    start(command(job, ...args), { env: { PATH: '/usr/bin:/bin' } });
  return {
    directory,
    data,
    checkpoints,
    configure({
      outputs,
      samplers = '[Core, Software, SlurmCGroup]',
      grace = 0,
      interval = 0.2,
      checkpoints: path = checkpoints,
      collector = '',
      more = '',
    }) {
      writeFileSync(
        config,
        `collector:
  pid_finder_update_interval: ${interval}
  samplers: ${samplers}
  outputs: ${outputs}
  checkpoint_path: ${path}
${collector}
pidfinder.Slurm: { grace_period: ${grace} }
sampler.Software: { sampler_interval: ${interval} }
sampler.SlurmCGroup: { sampler_interval: ${interval} }
output.File: { base_path: ${data}, retry_count: 0 }
${more}
`,
      );
    },
    command,
    start: begin,
    run: (job, ...args) => begin(job, ...args).ended,
    remove,
  };
}
