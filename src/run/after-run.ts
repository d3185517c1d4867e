import { alertSettings } from '../config/alerts.ts';
import { pingHeartbeat } from '../health/notify/heartbeat.ts';
import { notify } from '../health/notify/notify.ts';
import { assess, type HealthSource } from '../health/report.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { fileExists } from '../outbox/files.ts';
import { openForRepair } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';

/**
 * Ends a run: reports changes of the health status, and fetches the heartbeat address after a successful run. Never
 * throws: a failure here is a log line and does not change the result of the run.
 */
export async function afterRun(source: HealthSource, isGood: boolean, log: Log): Promise<void> {
  let outbox: Outbox | null = null;
  try {
    const settings = alertSettings(source.config);
    const isAsked = settings.command !== null || settings.webhook !== null || settings.heartbeatUrl !== null;
    if (!isAsked || !fileExists(source.outbox.file)) return;
    outbox = openForRepair(source.outbox, 'change');
    const { heartbeatUrl, proxyTo } = settings;
    if (isGood && heartbeatUrl !== null) await pingHeartbeat(outbox, heartbeatUrl, proxyTo(heartbeatUrl), log);
    const now = new Date();
    await notify(outbox, assess(outbox, source, now).findings, settings, log, now);
  } catch (error) {
    log.warn(`no messages about health are sent: ${messageOf(error)}`);
  } finally {
    outbox?.close();
  }
}
