import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { readableUtc } from '../lib/time.ts';
import type { Attempt, Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isDamage } from '../outbox/recovery/damage.ts';
import type { Destination, Outcome } from './destination.ts';
import { send } from './http.ts';
import type { Pace } from './pace.ts';
import { pause } from './pause.ts';
import { longestWait, restSeconds, retryDelays, withJitter } from './retry.ts';

/** What became of one entry; `stopped`: its stream waits. */
export type Delivery = 'delivered' | 'rejected' | 'stopped';

export type DeliveryBounds = {
  readonly pace: Pace;
  /** Milliseconds since 1970; no retry is begun after it. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** Told what the destination's clock says. */
  readonly sawClock: (date: Date) => void;
};

/**
 * Delivers one entry: one attempt and three retries while the destination is unavailable, each recorded; then its stream
 * rests. A body that is too large is tried once more with less in it.
 */
export async function deliver(
  outbox: Outbox,
  destination: Destination,
  entry: Entry,
  bounds: DeliveryBounds,
  log: Log,
): Promise<Delivery> {
  const what = `${entry.stream.slice(entry.stream.indexOf('/') + 1)} status`;
  let body: string;
  try {
    body = destination.prepare(outbox.body(entry), {
      isLate: outbox.isLate(entry),
      isNewest: outbox.isNewest(entry),
    });
  } catch (error) {
    // Not this entry's own trouble: the whole file is recovered.
    if (isDamage(error)) throw error;
    outbox.rejected(entry, { at: new Date(), seconds: 0, status: null, outcome: 'damaged', detail: messageOf(error) });
    log.error(`✗ ${what} rejected: ${messageOf(error)}`);
    return 'rejected';
  }
  let isReduced = false;
  let mayHaveArrived = entry.firstSentAt !== null;
  for (let retries = 0; ; ) {
    const isTooLarge = Buffer.byteLength(body) > destination.maxBodyBytes;
    const { outcome, attempt } = isTooLarge
      ? tooLarge(Buffer.byteLength(body), destination.maxBodyBytes)
      : await sendOnce(outbox, destination, entry, { body, mayHaveArrived, bounds });
    mayHaveArrived ||= !isTooLarge;

    switch (outcome.kind) {
      case 'accepted':
        outbox.delivered(entry, attempt, outcome.answer);
        log.info(`✓ Posted ${what}: ${outcome.detail}`);
        return 'delivered';
      case 'misconfigured':
        outbox.failed(entry, attempt, false);
        log.error(`✗ ${what} waits: ${destination.description} answers ${outcome.detail}`);
        return 'stopped';
      case 'too-large': {
        const reduced = isReduced ? null : destination.reduce(body);
        if (reduced !== null) {
          outbox.failed(entry, attempt, true);
          log.warn(`${what}: ${outcome.detail}; sending it without ${reduced.leftOut}`);
          body = reduced.body;
          isReduced = true;
          continue;
        }
        break;
      }
      case 'unavailable': {
        outbox.failed(entry, attempt, true);
        const delay = Math.max(withJitter(retryDelays[retries] ?? 0), outcome.retryAfter ?? 0);
        const mayRetry =
          retries < retryDelays.length && delay <= longestWait && Date.now() + delay * 1000 < bounds.deadline;
        if (mayRetry) {
          retries += 1;
          log.warn(`${what}: ${outcome.detail}; retry ${retries}/${retryDelays.length} in ${delay.toFixed(1)} s`);
          if (await pause(delay * 1000, bounds.signal)) continue;
        }
        const rest = Math.max(restSeconds(entry.failedDrains), outcome.retryAfter ?? 0);
        const until = new Date(Date.now() + rest * 1000);
        outbox.postpone(entry, until);
        log.error(
          `✗ ${what} waits: ${destination.description} is unavailable: ${outcome.detail}; not tried again before ${readableUtc(until)} UTC`,
        );
        return 'stopped';
      }
      case 'rejected':
        break;
    }
    outbox.rejected(entry, attempt);
    log.error(
      `✗ ${what} rejected by ${destination.description}: ${outcome.detail}; look at it with: hpc-collector outbox show ${entry.id}`,
    );
    return 'rejected';
  }
}

type Tried = { readonly outcome: Outcome; readonly attempt: Attempt };

async function sendOnce(
  outbox: Outbox,
  destination: Destination,
  entry: Entry,
  { body, mayHaveArrived, bounds }: { body: string; mayHaveArrived: boolean; bounds: DeliveryBounds },
): Promise<Tried> {
  const at = new Date();
  outbox.sending(entry, at);
  bounds.pace.made(at.getTime());
  const reply = await send(destination.request(entry, body));
  if (reply.kind === 'answer' && reply.date !== null) bounds.sawClock(reply.date);
  const outcome = destination.judge(reply, mayHaveArrived);
  const status = reply.kind === 'answer' ? reply.status : null;
  return {
    outcome,
    attempt: { at, seconds: (Date.now() - at.getTime()) / 1000, status, outcome: outcome.kind, detail: outcome.detail },
  };
}

/** A body that need not be sent to know what becomes of it. */
function tooLarge(bytes: number, limit: number): Tried {
  const outcome: Outcome = { kind: 'too-large', detail: `the body has ${bytes} bytes, the limit is ${limit}` };
  return {
    outcome,
    attempt: { at: new Date(), seconds: 0, status: null, outcome: outcome.kind, detail: outcome.detail },
  };
}
