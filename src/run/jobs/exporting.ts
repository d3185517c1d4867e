import { addressOf } from '../../delivery/destinations.ts';
import { forgetStartRequired, requiresStart } from '../../delivery/start-required.ts';
import { historyLockFile } from '../../history/files.ts';
import type { HistoryPlan, HistorySource } from '../../history/source.ts';
import { type ExitCode, exitCodes, OperatorError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { showStatus } from '../../lib/status-line.ts';
import { counted } from '../../lib/text.ts';
import { tryLock } from '../../outbox/lock.ts';
import { openToWrite } from '../../outbox/open.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { refuseNotOutbox } from '../../outbox/recovery/other-file.ts';
import { worst } from '../collecting.ts';
import { type Context, logged } from '../context.ts';
import { drainOutbox } from '../draining.ts';
import { exportProgress } from './export-progress.ts';
import { type ExportRequest, logDamage, sourceOf } from './export-request.ts';
import { type Export, exportPart, isBackedUp } from './part.ts';

/** Time limit for the drain after one part, in seconds. */
const maxDrainSeconds = 120;

/**
 * Reads the finished jobs of a cluster part by part, the oldest first, stores new ones and delivers them. `failed` if
 * something could not be read or is still pending; `locked` if another export of the cluster is running.
 */
export async function exportHistory(asked: ExportRequest, context: Context): Promise<ExitCode> {
  if (context.hanging !== null) throw context.hanging;
  const source = await knownSource(asked, context);
  if (typeof source === 'number') return source;
  const { cluster } = source;
  const log = context.log.withTag(`jobs/${cluster}`);
  refuseNotOutbox(context.outbox.file);
  const lock = tryLock(historyLockFile(context.outbox.file, cluster), log.warn);
  if (!lock) {
    log.info(`Another export of ${cluster} is running`);
    return exitCodes.locked;
  }
  try {
    // With `--again`, send jobs without a start again, because the server may have been upgraded.
    if (asked.isAgain)
      withOutbox(context, (outbox) =>
        outbox.atomically(() => {
          for (const address of addressesOf(context)) forgetStartRequired(outbox, address);
        }),
      );
    return await logged(log, async () => {
      const plan = await source.plan(asked, (work) => withOutbox(context, work));
      return exportParts({ context, log, source, isAgain: asked.isAgain }, plan);
    });
  } finally {
    showStatus('');
    lock.release();
  }
}

/** Returns the source, or the exit code if the name of the cluster is unknown. */
async function knownSource(asked: ExportRequest, context: Context): Promise<HistorySource | ExitCode> {
  const about = `jobs/of-${asked.cluster ?? 'no-name'}`;
  let source: HistorySource | null = null;
  const code = await logged(context.log.withTag(about), async () => {
    source = await sourceOf(asked, context);
    return exitCodes.done;
  });
  if (source !== null) context.changes?.saw(`collect/${about}`);
  return source ?? code;
}

async function exportParts(work: Export, plan: HistoryPlan): Promise<ExitCode> {
  const { context, log, source } = work;
  if (plan.parts.length === 0) {
    log.info(`Nothing to read: ${plan.nothing}`);
    return exitCodes.done;
  }
  log.info(`${plan.isResumed ? 'Continuing' : 'Reading'}: ${plan.text}`);
  const show = exportProgress(plan);
  const codes: ExitCode[] = [];
  const all = { jobs: 0, fresh: 0, unstarted: 0, cpuHours: 0, gpuHours: 0 };
  let drained: ExitCode | null = null;
  // Drain first: pending entries could make the export stop at once.
  if (withOutbox(context, (outbox) => isBackedUp(outbox, work))) {
    drained = await drainAll(context, log);
    codes.push(drained);
  }
  for (const [index, part] of plan.parts.entries()) {
    context.changes?.enter('collect');
    const gathered = await exportPart(work, part, (rows) => show(index, all.fresh, rows));
    showStatus('');
    context.changes?.saw(`collect/jobs/${source.cluster}`);
    logDamage(gathered, log);
    if (gathered.damaged > 0) codes.push(exitCodes.failed);
    for (const key of ['jobs', 'fresh', 'unstarted', 'cpuHours', 'gpuHours'] as const) all[key] += gathered[key];
    log.debug(`${part.name}: ${counted(gathered.jobs, 'job')}, ${gathered.fresh} new or changed`);
    // A missing configuration is reported once and does not prevent storing the rest.
    if (gathered.fresh > 0 && drained !== exitCodes.fatal) {
      drained = await drainAll(context, log);
      codes.push(drained);
    }
  }
  // Entries of an earlier export may be due now.
  if (drained === null) codes.push(await drainAll(context, log));
  const isLeftOut =
    all.unstarted > 0 &&
    withOutbox(context, (outbox) => addressesOf(context).some((address) => requiresStart(outbox, address)));
  const leftOut = isLeftOut ? `, ${counted(all.unstarted, 'job')} without a start left out` : '';
  log.info(
    `✓ ${counted(all.jobs, 'finished job')} of ${source.cluster}, ${all.fresh} new or changed${leftOut}; ${all.cpuHours.toFixed(2)} CPU-hours, ${all.gpuHours.toFixed(2)} GPU-hours`,
  );
  return worst(codes);
}

/**
 * Drains all streams, not only jobs, because snapshots must not wait for a long export. If another drain is running, it
 * delivers them.
 */
async function drainAll(context: Context, log: Log): Promise<ExitCode> {
  try {
    const code = await drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds: maxDrainSeconds });
    return code === exitCodes.locked ? exitCodes.done : code;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    log.error(`✗ the stored jobs stay pending: ${error.message}`);
    return error.exitCode;
  }
}

/** Returns the configured addresses that finished jobs are sent to. */
function addressesOf({ config }: Context): string[] {
  return config.collector.jobs.deliver_to.flatMap((name) => addressOf(name, config) ?? []);
}

/** Opens the outbox for one short operation. */
function withOutbox<Result>(context: Context, work: (outbox: Outbox) => Result): Result {
  const outbox = openToWrite(context.outbox, 'free');
  try {
    return outbox.run(work);
  } finally {
    outbox.close();
  }
}
