import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { codeOf } from '../lib/sqlite.ts';
import { readableUtc } from '../lib/time.ts';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { problemOfRequest } from '../outbox/request-parts.ts';
import { type DeliveryBounds, sendOnce, withoutSending } from './attempt.ts';
import type { Destination, Prepared } from './destination.ts';
import { failsAlike, longestRetryAfter, longestWait, restSeconds, retryDelays, withJitter } from './retry.ts';
import { rememberStartRequired } from './start-required.ts';

/**
 * The result for one entry. `delivered-in-part`: the rest is a rejected entry of its own. `stopped`: the entry stays
 * pending and its stream stops. `unreached`: the same, but the last request had no connection, so the failure does not
 * depend on the entry. `withdrawn`: a person held or dropped the entry in the meantime.
 */
export type DeliveryResult = 'delivered' | 'delivered-in-part' | 'rejected' | 'stopped' | 'unreached' | 'withdrawn';

/**
 * Delivers one entry and records each attempt. While the destination is unavailable, it makes one attempt and three
 * retries; then the stream rests, longer after `failures` of other entries. It sends a body that is too large once more
 * in a reduced form.
 */
export async function deliver(
  outbox: Outbox,
  destination: Destination,
  entry: Entry,
  bounds: DeliveryBounds,
  log: Log,
  failures = 0,
): Promise<DeliveryResult> {
  const what = `${entry.stream.slice(entry.stream.indexOf('/') + 1)} ${destination.content}`;
  let body: string;
  let leftOut: readonly string[];
  let ifRefused: Prepared['ifRefused'];
  try {
    ({ body, leftOut, ifRefused } = bounds.readAhead.body(entry));
  } catch (error) {
    // SQLite reports damage to the file, not to this entry: rethrow so that the caller reads or recovers the outbox.
    if (codeOf(error)?.startsWith('SQLITE_')) throw error;
    if (!outbox.find(entry)) return withdrawn(entry, log);
    return rejectDamaged(outbox, entry, messageOf(error), what, log);
  }
  const problem = problemOfRequest(entry);
  if (problem !== null) return rejectDamaged(outbox, entry, problem, what, log);
  let isReduced = false;
  let isInPart = false;
  let mayHaveArrived = entry.firstSentAt !== null;
  for (let retries = 0; ; ) {
    const isNoted = bounds.readAhead.isNoted(entry);
    const unsent = withoutSending(outbox, destination, body);
    if (unsent === null && !isNoted && !outbox.sending(entry, new Date())) return withdrawn(entry, log);
    const { outcome, attempt, mayBeStored } =
      unsent ?? (await sendOnce(destination, entry, { body, mayHaveArrived, bounds }));
    mayHaveArrived ||= mayBeStored;

    switch (outcome.kind) {
      case 'accepted': {
        const detail =
          outcome.wasStored || leftOut.length === 0 ? outcome.detail : `${outcome.detail}, ${without(leftOut)}`;
        outbox.delivered(entry, { ...attempt, detail }, outcome.answer, bounds.readAhead.noteNext());
        log.info(`✓ ${outcome.wasStored ? '' : 'Posted '}${what}: ${detail}`);
        return isInPart ? 'delivered-in-part' : 'delivered';
      }
      case 'misconfigured':
        outbox.failed(entry, attempt, { charged: false, mayHaveArrived });
        outbox.postpone(entry, null, failsAlike(entry, attempt));
        log.error(`✗ ${what} waits: ${destination.description} answers ${outcome.detail}`);
        return 'stopped';
      case 'too-large': {
        const reduced = isReduced ? null : destination.reduce(body);
        if (reduced !== null) {
          outbox.failed(entry, attempt, { charged: true, mayHaveArrived });
          log.warn(`${what}: ${outcome.detail}; sending it without ${reduced.leftOut}`);
          // Finish this entry even if an interruption ends the wait early.
          await bounds.clock.wait(bounds.pace.delay(bounds.clock.now()), bounds.signal);
          body = reduced.body;
          leftOut = [...leftOut, reduced.leftOut];
          isReduced = true;
          continue;
        }
        break;
      }
      case 'split': {
        const part = outbox.split(entry, attempt, outcome);
        if (part === null) return withdrawn(entry, log);
        log.error(
          `✗ ${what}: ${destination.description} rejects a part: ${outcome.detail}; the rest is sent; look at the part with: hpc-collector outbox show ${part}`,
        );
        await bounds.clock.wait(bounds.pace.delay(bounds.clock.now()), bounds.signal);
        body = outcome.rest;
        isInPart = true;
        continue;
      }
      case 'omitted': {
        const { rest, records } = outcome;
        const reasons = records.map((record) => `${record}: ${destination.description} requires a start`);
        if (!outbox.omit(entry, attempt, { rest, reasons })) return withdrawn(entry, log);
        if (unsent === null) {
          outbox.atomically(() => rememberStartRequired(outbox, destination.address));
          log.warn(
            `${what}: ${destination.description} does not accept jobs without a start (${outcome.detail}); such jobs are left out from now on; list them with: hpc-collector outbox ls --dropped`,
          );
          await bounds.clock.wait(bounds.pace.delay(bounds.clock.now()), bounds.signal);
        }
        body = rest;
        leftOut = [...leftOut, outcome.leftOut];
        continue;
      }
      case 'unavailable': {
        outbox.failed(entry, attempt, { charged: true, mayHaveArrived });
        const { clock, pace } = bounds;
        const asked = Math.min(outcome.retryAfter ?? 0, longestRetryAfter);
        const delay = Math.max(withJitter(retryDelays[retries] ?? 0), asked, pace.delay(clock.now()) / 1000);
        const mayRetry =
          retries < retryDelays.length && delay <= longestWait && clock.now() + delay * 1000 < bounds.deadline;
        if (mayRetry) {
          retries += 1;
          log.warn(`${what}: ${outcome.detail}; retry ${retries}/${retryDelays.length} in ${delay.toFixed(1)} s`);
          if (await clock.wait(delay * 1000, bounds.signal)) continue;
        }
        const isAlike = failsAlike(entry, attempt);
        const rest = Math.max(restSeconds(Math.max(isAlike ? entry.failedDrains : 0, failures)), asked);
        const until = new Date(Date.now() + rest * 1000);
        outbox.postpone(entry, until, isAlike);
        log.error(
          `✗ ${what} waits: ${destination.description} is unavailable: ${outcome.detail}; not tried again before ${readableUtc(until)} UTC`,
        );
        return attempt.status === null && !mayBeStored ? 'unreached' : 'stopped';
      }
      case 'rejected': {
        if (ifRefused === null) break;
        outbox.failed(entry, attempt, { charged: true, mayHaveArrived });
        log.warn(`${what}: ${outcome.detail}; ${ifRefused.words}`);
        await bounds.clock.wait(bounds.pace.delay(bounds.clock.now()), bounds.signal);
        body = ifRefused.body;
        ifRefused = null;
        continue;
      }
    }
    outbox.rejected(entry, attempt, mayHaveArrived);
    log.error(
      `✗ ${what} rejected by ${destination.description}: ${outcome.detail}; look at it with: hpc-collector outbox show ${entry.id}`,
    );
    return 'rejected';
  }
}

function without(parts: readonly string[]): string {
  return `sent without ${parts.join(' and ')}`;
}

/** Rejects an entry that cannot be sent because its stored row or body is damaged. */
function rejectDamaged(outbox: Outbox, entry: Entry, detail: string, what: string, log: Log): DeliveryResult {
  const attempt = { at: new Date(), seconds: 0, status: null, outcome: 'damaged', detail };
  outbox.rejected(entry, attempt, entry.firstSentAt !== null);
  log.error(`✗ ${what} rejected: ${detail}`);
  return 'rejected';
}

function withdrawn(entry: Entry, log: Log): DeliveryResult {
  log.info(`entry ${entry.id} was held or dropped in the meantime: it is not sent`);
  return 'withdrawn';
}
