import { BatchFile } from '../../history/batch-file.ts';
import { previewFile } from '../../history/files.ts';
import { unsent } from '../../history/fingerprints.ts';
import { type PartSums, readPart } from '../../history/read-part.ts';
import type { HistoryPart, HistorySource } from '../../history/source.ts';
import { type ExitCode, exitCodes } from '../../lib/errors.ts';
import { print } from '../../lib/output.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { type Context, outboxForPreview } from '../context.ts';
import { type ExportRequest, logDamage, sourceOf } from './export-request.ts';

/** Prints what an export would store, as counts or as bodies, one per line; stores nothing. Throws OperatorError. */
export async function previewHistory(
  asked: ExportRequest,
  context: Context,
  show: 'numbers' | 'bodies',
): Promise<ExitCode> {
  const source = await sourceOf(asked, context);
  const { cluster } = source;
  const log = context.log.withTag(`jobs/${cluster}`);
  const outbox = outboxForPreview(context);
  try {
    const plan = await source.plan(asked, (work) => outbox && work(outbox));
    log.info(`Reading: ${plan.text}`);
    const all = { rows: 0, jobs: 0, fresh: 0, cpuHours: 0, gpuHours: 0, damaged: 0 };
    for (const part of plan.parts) {
      const gathered = await previewPart(part, source, asked.isAgain ? null : outbox, context, show);
      logDamage(gathered, log);
      for (const key of ['rows', 'jobs', 'fresh', 'cpuHours', 'gpuHours'] as const) all[key] += gathered[key];
      all.damaged += gathered.damaged;
    }
    if (show === 'numbers') print(summary(cluster, all));
    return all.damaged > 0 ? exitCodes.failed : exitCodes.done;
  } finally {
    outbox?.close();
  }
}

/**
 * Prints the bodies of a part after all of it was read, so that a part that fails halfway prints nothing. `sent`
 * filters jobs that were sent before; null for none.
 */
async function previewPart(
  part: HistoryPart,
  source: HistorySource,
  sent: Outbox | null,
  { outbox: { file } }: Context,
  show: 'numbers' | 'bodies',
): Promise<PartSums> {
  const spill = new BatchFile(previewFile(sent && file));
  try {
    const gathered = await readPart(part, source, {
      unsent: (candidates) => unsentIn(sent, source.cluster, candidates),
      take: (body, jobs) => show === 'bodies' && spill.add(body, jobs),
      progress: () => {},
    });
    for (const { body } of spill.batches())
      print(`${Buffer.from(Bun.gunzipSync(Buffer.from(body.gzip))).toString()}\n`);
    return gathered;
  } finally {
    spill.close();
  }
}

function unsentIn(outbox: Outbox | null, cluster: string, candidates: Parameters<typeof unsent>[2]) {
  return outbox ? unsent(outbox, cluster, candidates) : candidates;
}

function summary(
  cluster: string,
  all: { readonly rows: number; readonly jobs: number; readonly fresh: number; cpuHours: number; gpuHours: number },
): string {
  return [
    `Extracted ${all.rows} raw job records`,
    `Filtered to ${all.jobs} completed job records`,
    'DRY RUN: Would submit the following:',
    `  Cluster: ${cluster}`,
    `  Jobs: ${all.jobs}`,
    `  New or changed: ${all.fresh}`,
    `  Total CPU-hours: ${all.cpuHours.toFixed(2)}`,
    `  Total GPU-hours: ${all.gpuHours.toFixed(2)}`,
    '',
  ].join('\n');
}
