import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobPlace } from '../../src/sampler/modules.ts';
import { readSampleSettings, type SampleSettings } from '../../src/sampler/settings.ts';
import { memoryLog } from '../support/memory-log.ts';
import { testMachine } from './machine.ts';

/** A node for samplers in this process: copies of the kernel's files, and a log. Its programs fail. */
export function testNode() {
  const host = testMachine();
  const { log, lines } = memoryLog();
  const checkpoints = join(host.directory, 'checkpoints');
  return {
    host,
    directory: host.directory,
    checkpoints,
    /** The lines of the log. */
    lines,
    remove: host.remove,
    /** The place of job 12. */
    place: (more: Partial<JobPlace> = {}): JobPlace => ({
      job: 12,
      node: 'n1',
      machine: host.machine,
      environment: {},
      run: async ([program]) => ({ kind: 'failed', reason: `${program} is not installed`, stderr: '' }),
      log,
      ...more,
    }),
    /** Reads a configuration: lines of the section of the collector, and other sections. */
    settings(collector: string, more = ''): SampleSettings {
      const file = join(host.directory, 'sample.yaml');
      writeFileSync(file, `collector:\n  checkpoint_path: ${checkpoints}\n${collector}\n${more}\n`);
      return readSampleSettings(file);
    },
  };
}

export type TestNode = ReturnType<typeof testNode>;
