import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SampleRequest } from '../../src/run/sampling.ts';
import { quickDirectory } from '../support/files.ts';

/** A directory with the configuration of a sampler and its checkpoints. */
export type SamplerPlace = ReturnType<typeof newSamplerPlace>;

export function newSamplerPlace() {
  const { path, remove } = quickDirectory();
  const configFile = join(path, 'sample.yaml');
  const place = {
    path,
    remove,
    fileOf: (name: string) => join(path, name),
    /** Writes the configuration, with more lines of its section `collector`. */
    configure(collector = ''): void {
      writeFileSync(
        configFile,
        `collector:
  samplers: [sampler.Core]
  outputs: []
  checkpoint_path: ${path}
  umask: '027'
${collector}`,
      );
    },
    request: (of: Partial<SampleRequest> = {}): SampleRequest => ({
      configFile,
      ...{ job: 7, node: 'c1', isDaemon: false, pidFile: null, logFile: null, logLevel: null, testOutput: null },
      ...of,
    }),
    /** The command line of that request, after the program. */
    words: (...more: string[]) => ['sample', `--config=${configFile}`, '--jobid=7', '--node=c1', ...more],
  };
  place.configure();
  return place;
}
