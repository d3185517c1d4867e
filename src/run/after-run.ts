import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { alertSettings } from '../config/alerts.ts';
import { beat } from '../health/notify/heartbeat.ts';
import { notify } from '../health/notify/notify.ts';
import { assess, type HealthSource } from '../health/report.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { openDatabase } from '../outbox/database.ts';
import { claim } from '../outbox/ownership.ts';

/**
 * Ends a run: reports changes of the health status, and fetches the heartbeat address after a successful run. Never
 * throws: a failure here is a log line and does not change the result of the run.
 */
export async function afterRun(source: HealthSource, isGood: boolean, log: Log): Promise<void> {
  let database: Database | null = null;
  try {
    const settings = alertSettings(source.config);
    const isAsked = settings.command !== null || settings.webhook !== null || settings.heartbeatUrl !== null;
    if (!isAsked || !existsSync(source.outboxFile)) return;
    database = openDatabase(source.outboxFile);
    claim(database, source.outboxFile, hostname());
    const { heartbeatUrl, proxyTo } = settings;
    if (isGood && heartbeatUrl !== null) await beat(database, heartbeatUrl, proxyTo(heartbeatUrl), log);
    const now = new Date();
    await notify(database, assess(database, source, now).findings, settings, log, now);
  } catch (error) {
    log.warn(`nobody is told of the state of health: ${messageOf(error)}`);
  } finally {
    database?.close();
  }
}
