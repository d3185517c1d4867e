import { hostname } from 'node:os';
import type { AlertSettings } from '../../config/alerts.ts';
import type { Log } from '../../lib/log.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import type { Finding } from '../findings.ts';
import { changesOf } from './changes.ts';
import { type Channel, channels, type Message, readMemory, writeMemory } from './notified-state.ts';
import { tell } from './tell.ts';

/** How often a message is tried before it is given up, and the pause after the first time, which doubles: nine hours. */
const maxAttempts = 8;
const firstPause = 4 * 60_000;

/**
 * Tells people what changed since they were told last. Every try is remembered before it is made: a message may come twice
 * where the program dies meanwhile, and one that cannot be told is tried a few times, not with every run.
 */
export async function notify(
  outbox: Outbox,
  findings: readonly Finding[],
  settings: AlertSettings,
  log: Log,
  now: Date,
): Promise<void> {
  const configured = channels.filter((channel) => settings[channel] !== null);
  if (configured.length === 0) return;
  enqueue(outbox, findings, configured, settings, now);
  for (const channel of configured) {
    let message = takeNext(outbox, channel, now, 'due');
    // What waits behind one that was told need not wait longer; behind one that was not, it would take as long.
    while (message !== null) {
      message = (await tryOnce(outbox, message, settings, log)) ? takeNext(outbox, channel, now, 'any') : null;
    }
  }
}

/** Tells one message; false where it could not be told. */
async function tryOnce(outbox: Outbox, message: Message, settings: AlertSettings, log: Log): Promise<boolean> {
  const failure = await tell(message, settings, hostname());
  if (failure === null) {
    forget(outbox, message);
    log.info(`Told the ${message.channel}: ${message.text}`);
    return true;
  }
  const what = `cannot tell the ${message.channel} (${failure}): ${message.text}`;
  if (message.attempts < maxAttempts) log.warn(`${what}; tried again after ${readableUtc(message.nextAt)} UTC`);
  else {
    forget(outbox, message);
    log.error(`✗ ${what}; given up after ${maxAttempts} times: correct notify in collector.yaml`);
  }
  return false;
}

/** Notes what people know by now, and what they are to be told. In one transaction, because runs may overlap. */
function enqueue(
  outbox: Outbox,
  findings: readonly Finding[],
  configured: readonly Channel[],
  { stillAfterHours }: AlertSettings,
  now: Date,
): void {
  outbox.atomically(() => {
    const memory = readMemory(outbox);
    const { problems, news } = changesOf(memory.problems, findings, now, stillAfterHours * 3_600_000);
    const fresh = news === null ? [] : configured.map((channel) => messageOn(channel, news, now));
    const messages = [...memory.messages.filter(({ channel }) => configured.includes(channel)), ...fresh];
    writeMemory(outbox, { problems: [...problems], messages });
  });
}

/**
 * The oldest message of a channel, noted as tried; null where there is none, or where one that is due is asked for and the
 * whole channel rests. Meanwhile the others rest with it: the run that overlaps this one must not tell them too.
 */
function takeNext(outbox: Outbox, channel: Channel, now: Date, which: 'due' | 'any'): Message | null {
  return outbox.atomically(() => {
    const memory = readMemory(outbox);
    const own = memory.messages.filter((message) => message.channel === channel);
    const [oldest] = own;
    if (!oldest || (which === 'due' && own.every((message) => isResting(message, now)))) return null;
    const nextAt = new Date(now.getTime() + pauseAfter(oldest.attempts + 1));
    const tried: Message = { ...oldest, attempts: oldest.attempts + 1, nextAt };
    const messages = memory.messages.map((message) =>
      message.id === tried.id ? tried : message.channel === channel ? { ...message, nextAt } : message,
    );
    writeMemory(outbox, { ...memory, messages });
    return tried;
  });
}

/** The pause after so many attempts, in milliseconds. */
function pauseAfter(attempts: number): number {
  return attempts === 0 ? 0 : firstPause * 2 ** (attempts - 1);
}

/** False if the message is due; and if it would rest longer than any pause, because a wrong clock set its time. */
function isResting({ nextAt }: Message, now: Date): boolean {
  const rest = nextAt.getTime() - now.getTime();
  return rest > 0 && rest <= pauseAfter(maxAttempts - 1);
}

function messageOn(channel: Channel, news: NonNullable<ReturnType<typeof changesOf>['news']>, now: Date): Message {
  return { id: Bun.randomUUIDv7(), channel, ...news, at: now, attempts: 0, nextAt: now };
}

function forget(outbox: Outbox, { id }: Message): void {
  outbox.atomically(() => {
    const memory = readMemory(outbox);
    writeMemory(outbox, { ...memory, messages: memory.messages.filter((message) => message.id !== id) });
  });
}
