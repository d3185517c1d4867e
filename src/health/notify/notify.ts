import { hostname } from 'node:os';
import type { AlertSettings } from '../../config/alerts.ts';
import type { Log } from '../../lib/log.ts';
import { isBelievableRest, longestRest, readableUtc } from '../../lib/time.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import type { HealthFinding } from '../findings.ts';
import { healthChangesOf } from './changes.ts';
import { type Channel, channels, type Message, readNotifiedState, writeNotifiedState } from './notified-state.ts';
import { sendMessage } from './send-message.ts';

/** Attempts per message, and the pause after the first one in milliseconds, which doubles up to an hour: nine hours in all. */
const maxAttempts = 13;
const firstPause = 4 * 60_000;

/**
 * Sends people the changes since the last message. Stores every attempt before it is made: if the program dies meanwhile, a
 * message can arrive twice, and a message that cannot be sent is tried a limited number of times.
 */
export async function notify(
  outbox: Outbox,
  findings: readonly HealthFinding[],
  settings: AlertSettings,
  log: Log,
  now: Date,
): Promise<void> {
  const configured = channels.filter((channel) => settings[channel] !== null);
  if (configured.length === 0) return;
  enqueue(outbox, findings, configured, settings, now);
  for (const channel of configured) {
    let message = takeNext(outbox, channel, now, 'due');
    // After a success, send the next message at once. After a failure, the next one would fail in the same way.
    while (message !== null) {
      message = (await tryOnce(outbox, message, settings, log)) ? takeNext(outbox, channel, now, 'any') : null;
    }
  }
}

/** Sends one message once; returns false if that failed. */
async function tryOnce(outbox: Outbox, message: Message, settings: AlertSettings, log: Log): Promise<boolean> {
  const failure = await sendMessage(message, settings, hostname());
  if (failure === null) {
    forget(outbox, message);
    log.info(`Notified the ${message.channel}: ${message.text}`);
    return true;
  }
  const what = `cannot notify the ${message.channel} (${failure}): ${message.text}`;
  if (message.attempts < maxAttempts) log.warn(`${what}; tried again after ${readableUtc(message.nextAt)} UTC`);
  else {
    forget(outbox, message);
    log.error(`✗ ${what}; given up after ${maxAttempts} attempts: correct notify in collector.yaml`);
  }
  return false;
}

/** Stores the notified problems and the new messages, in one transaction, because runs can overlap. */
function enqueue(
  outbox: Outbox,
  findings: readonly HealthFinding[],
  configured: readonly Channel[],
  { stillAfterHours }: AlertSettings,
  now: Date,
): void {
  outbox.atomically(() => {
    const memory = readNotifiedState(outbox);
    const { problems, news } = healthChangesOf(memory.problems, findings, now, stillAfterHours * 3_600_000);
    const fresh = news === null ? [] : configured.map((channel) => messageOn(channel, news, now));
    const messages = [...memory.messages.filter(({ channel }) => configured.includes(channel)), ...fresh];
    writeNotifiedState(outbox, { problems: [...problems], messages });
  });
}

/**
 * Returns the oldest message of a channel and stores that it is tried. With `due`, returns null until the channel's
 * next attempt is due; with `any`, only if there is no message. All messages of the channel get the new time of the
 * next attempt, so that an overlapping run does not send them too.
 */
function takeNext(outbox: Outbox, channel: Channel, now: Date, which: 'due' | 'any'): Message | null {
  return outbox.atomically(() => {
    const memory = readNotifiedState(outbox);
    const own = memory.messages.filter((message) => message.channel === channel);
    const [oldest] = own;
    if (!oldest || (which === 'due' && own.every((message) => isResting(message, now)))) return null;
    const nextAt = new Date(now.getTime() + pauseAfter(oldest.attempts + 1));
    const tried: Message = { ...oldest, attempts: oldest.attempts + 1, nextAt };
    const messages = memory.messages.map((message) =>
      message.id === tried.id ? tried : message.channel === channel ? { ...message, nextAt } : message,
    );
    writeNotifiedState(outbox, { ...memory, messages });
    return tried;
  });
}

/** Returns the pause after a number of attempts, in milliseconds. */
function pauseAfter(attempts: number): number {
  return Math.min(longestRest, firstPause * 2 ** (attempts - 1));
}

/** True if the message is not due yet. A time that a wrong clock set is ignored. */
function isResting({ nextAt }: Message, now: Date): boolean {
  return nextAt > now && isBelievableRest(nextAt, now);
}

function messageOn(
  channel: Channel,
  news: NonNullable<ReturnType<typeof healthChangesOf>['news']>,
  now: Date,
): Message {
  return { id: Bun.randomUUIDv7(), channel, ...news, at: now, attempts: 0, nextAt: now };
}

function forget(outbox: Outbox, { id }: Message): void {
  outbox.atomically(() => {
    const memory = readNotifiedState(outbox);
    writeNotifiedState(outbox, { ...memory, messages: memory.messages.filter((message) => message.id !== id) });
  });
}
