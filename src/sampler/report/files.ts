import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OperatorError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { type MeasuredJob, sampledJobSchema } from '../../lib/sampled-job.ts';
import { printable } from '../../lib/text.ts';

/**
 * Yields the data in the files below a directory. Of several files of one job and node, the last by name counts. A file that cannot be read is logged and left out. Throws OperatorError if the directory cannot be read.
 */
export async function* measuredInFiles(directory: string, log: Log): AsyncGenerator<MeasuredJob> {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    throw new OperatorError(`cannot read ${printable(directory, 300)}: ${messageOf(error)}`, { cause: error });
  }
  const seen = new Set<string>();
  for (const name of names
    .filter((one) => one.endsWith('.json') && !one.endsWith('.checkpoint.json'))
    .sort()
    .reverse()) {
    const file = join(directory, name);
    let job: MeasuredJob;
    try {
      job = sampledJobSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch (error) {
      const what =
        error instanceof SyntaxError || !(error instanceof Error && 'code' in error)
          ? 'it is not a file of a sampler'
          : messageOf(error);
      log.warn(`${printable(file, 300)} is left out: ${what}`);
      continue;
    }
    const { jobid, node } = job['sams.sampler.Core'];
    const key = `${jobid}.${node}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield job;
  }
}
