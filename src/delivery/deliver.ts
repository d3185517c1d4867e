import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Destination, Outcome } from './destination.ts';
import { type HttpReply, send } from './http.ts';
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
};

/** Delivers one entry: one attempt and three retries, each recorded; then its stream rests. */
export async function deliver(
  outbox: Outbox,
  destination: Destination,
  entry: Entry,
  bounds: DeliveryBounds,
  log: Log,
): Promise<Delivery> {
  let body: string;
  try {
    body = outbox.body(entry);
  } catch (error) {
    const attempt = { at: new Date(), seconds: 0, status: null, outcome: 'damaged', detail: messageOf(error) };
    outbox.rejected(entry, attempt);
    log.error(`✗ ${entry.stream}: entry ${entry.id} rejected: ${attempt.detail}`);
    return 'rejected';
  }
  let isReduced = false;
  let mayHaveArrived = entry.firstSentAt !== null;
  for (let retries = 0; ; ) {
    const isTooLarge = Buffer.byteLength(body) > destination.maxBodyBytes;
    if (!isTooLarge) {
      outbox.sending(entry, new Date());
      bounds.pace.made(Date.now());
    }
    const at = new Date();
    const reply: HttpReply = isTooLarge ? noReply : await send(destination.request(entry, body));
    const outcome: Outcome = isTooLarge
      ? {
          kind: 'too-large',
          detail: `the body has ${Buffer.byteLength(body)} bytes, the limit is ${destination.maxBodyBytes}`,
        }
      : destination.judge(reply, mayHaveArrived);
    const attempt = {
      at,
      seconds: (Date.now() - at.getTime()) / 1000,
      status: reply.kind === 'answer' ? reply.status : null,
      outcome: outcome.kind,
      detail: outcome.detail,
    };
    mayHaveArrived ||= !isTooLarge;

    switch (outcome.kind) {
      case 'accepted':
        outbox.delivered(entry, attempt, outcome.answer);
        log.info(`✓ Posted ${nameOf(entry)}: ${outcome.detail}`);
        return 'delivered';
      case 'rejected':
        outbox.rejected(entry, attempt);
        log.error(
          `✗ ${nameOf(entry)} rejected by ${destination.description}: ${outcome.detail}; see: hpc-collector outbox show ${entry.id}`,
        );
        return 'rejected';
      case 'too-large': {
        const reduced = isReduced ? null : destination.reduce(body);
        if (reduced === null) {
          outbox.rejected(entry, attempt);
          log.error(`✗ ${nameOf(entry)} rejected: ${outcome.detail}`);
          return 'rejected';
        }
        outbox.failed(entry, attempt, true);
        log.warn(`${nameOf(entry)}: ${outcome.detail}; sending it without ${reduced.leftOut}`);
        body = reduced.body;
        isReduced = true;
        continue;
      }
      case 'misconfigured':
        outbox.failed(entry, attempt, false);
        log.error(`✗ ${nameOf(entry)} waits: ${destination.description} answers ${outcome.detail}`);
        return 'stopped';
      case 'unavailable': {
        outbox.failed(entry, attempt, true);
        const delay = Math.max(withJitter(retryDelays[retries] ?? 0), outcome.retryAfter ?? 0);
        const isLast =
          retries >= retryDelays.length || delay > longestWait || Date.now() + delay * 1000 > bounds.deadline;
        if (!isLast) {
          retries += 1;
          log.warn(
            `${nameOf(entry)}: ${outcome.detail}; retry ${retries}/${retryDelays.length} in ${delay.toFixed(1)} s`,
          );
          if (await pause(delay * 1000, bounds.signal)) continue;
        }
        const rest = Math.max(restSeconds(entry.failedDrains), outcome.retryAfter ?? 0);
        outbox.postpone(entry, new Date(Date.now() + rest * 1000));
        log.error(
          `✗ ${nameOf(entry)} waits: ${destination.description} is unavailable: ${outcome.detail}; next attempt in ${Math.round(rest)} s or with the next run after that`,
        );
        return 'stopped';
      }
    }
  }
}

const noReply: HttpReply = { kind: 'none', reason: 'not sent' };

function nameOf(entry: Entry): string {
  return `${entry.stream.slice(entry.stream.indexOf('/') + 1)} status`;
}
