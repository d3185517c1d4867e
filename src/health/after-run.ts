import type { Database } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { alertSettings } from '../config/alerts.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { openDatabase } from '../outbox/database.ts';
import { claim } from '../outbox/ownership.ts';
import { beat } from './notify/heartbeat.ts';
import { notify } from './notify/notify.ts';
import { assess, type HealthSource } from './report.ts';

/**
 * What a run does at its end: tells people where the state of health changed, and gives a sign of life if the run was good.
 * Never throws: whatever fails here is a line of the log, and the run as good as it was.
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
