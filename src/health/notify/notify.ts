import type { Database } from 'bun:sqlite';
import { hostname } from 'node:os';
import type { AlertSettings } from '../../config/alerts.ts';
import type { Log } from '../../lib/log.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Finding } from '../findings.ts';
import { changesOf } from './changes.ts';
import { type Channel, channels, type Message, readMemory, writeMemory } from './memory.ts';
import { tell } from './tell.ts';

/** How often a message is tried before it is given up, and the pause after the first time, which doubles: nine hours. */
const maxAttempts = 8;
const firstPause = 4 * 60_000;

/**
 * Tells people what changed since they were told last. Every try is remembered before it is made: a message may come twice
 * where the program dies meanwhile, and one that cannot be told is tried a few times, not with every run.
 */
export async function notify(
  database: Database,
  findings: readonly Finding[],
  settings: AlertSettings,
  log: Log,
  now: Date,
): Promise<void> {
  const configured = channels.filter((channel) => settings[channel] !== null);
  if (configured.length === 0) return;
  const failing = new Set<Channel>();
  for (const message of takeDue(database, findings, configured, settings, now)) {
    // It would take as long as the one before.
    if (failing.has(message.channel)) continue;
    const failure = await tell(message, settings, hostname());
    if (failure === null) {
      forget(database, message);
      log.info(`Told the ${message.channel}: ${message.text}`);
      continue;
    }
    failing.add(message.channel);
    const what = `cannot tell the ${message.channel} (${failure}): ${message.text}`;
    if (message.attempts < maxAttempts) {
      log.warn(`${what}; tried again after ${readableUtc(message.nextAt)} UTC`);
      continue;
    }
    forget(database, message);
    log.error(`✗ ${what}; given up after ${maxAttempts} times: correct notify in collector.yaml`);
  }
}

/** Notes what is new and which messages are now tried; gives those. In one transaction, because runs may overlap. */
function takeDue(
  database: Database,
  findings: readonly Finding[],
  configured: readonly Channel[],
  { stillAfterHours }: AlertSettings,
  now: Date,
): Message[] {
  return database
    .transaction(() => {
      const memory = readMemory(database);
      const { problems, news } = changesOf(memory.problems, findings, now, stillAfterHours * 3_600_000);
      const fresh = news === null ? [] : configured.map((channel) => messageOn(channel, news, now));
      const messages = [...memory.messages.filter(({ channel }) => configured.includes(channel)), ...fresh];
      const due = messages.filter(({ nextAt }) => nextAt <= now).map((message) => tried(message, now));
      const all = messages.map((message) => due.find(({ id }) => id === message.id) ?? message);
      writeMemory(database, { problems: [...problems], messages: all });
      return due;
    })
    .immediate();
}

function messageOn(channel: Channel, news: NonNullable<ReturnType<typeof changesOf>['news']>, now: Date): Message {
  return { id: Bun.randomUUIDv7(), channel, ...news, at: now, attempts: 0, nextAt: now };
}

function tried(message: Message, now: Date): Message {
  const nextAt = new Date(now.getTime() + firstPause * 2 ** message.attempts);
  return { ...message, attempts: message.attempts + 1, nextAt };
}

function forget(database: Database, { id }: Message): void {
  database
    .transaction(() => {
      const memory = readMemory(database);
      writeMemory(database, { ...memory, messages: memory.messages.filter((message) => message.id !== id) });
    })
    .immediate();
}
