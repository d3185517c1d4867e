import type { Account } from '../auth/caller.ts';
import { type Answered, refuseAsIngest, refuseAsSam } from '../http/answer.ts';
import { collectorOf } from '../http/collector.ts';
import type { Call } from '../http/routing.ts';
import { type CollectorStream, deleteSilentStreams, noteRefusal } from '../store/collectors.ts';
import { Unavailable } from '../store/errors.ts';
import type { Store } from '../store/port.ts';
import { laterBy, timestampOf } from '../timestamp.ts';

/** A stream without a request for so many seconds belongs to a retired collector. */
const silentSeconds = 90 * 86_400;

/** Returns the stream that a request of a collector belongs to; null if a collector did not send it. */
export function streamOf(headers: Headers, kind: CollectorStream['kind'], name: string): CollectorStream | null {
  const collector = collectorOf(headers);
  return collector && { ...collector, kind, name };
}

/** Returns a handler that also notes which requests of collectors were refused (4xx), and why. */
export function notingRefusals(
  store: Store,
  kind: CollectorStream['kind'],
  handle: (call: Call, account: Account) => Promise<Answered>,
): (call: Call, account: Account) => Promise<Answered> {
  return async (call, account) => {
    try {
      return await handle(call, account);
    } catch (error) {
      await noteIfRefused(store, streamOf(call.request.headers, kind, call.parameters.system ?? ''), error);
      throw error;
    }
  };
}

async function noteIfRefused(store: Store, stream: CollectorStream | null, error: unknown): Promise<void> {
  if (stream === null) return;
  const { response, note = '' } = (stream.kind === 'jobs' ? refuseAsIngest : refuseAsSam)(error);
  const { status } = response;
  if (status < 400 || status >= 500) return;
  const now = timestampOf(new Date());
  try {
    await store.transaction(async (writer) => {
      await noteRefusal(writer, stream, now, status, note.slice(0, 500));
      await deleteSilentStreams(writer, laterBy(now, -silentSeconds));
    });
  } catch (problem) {
    // The collector gets the refusal in any case.
    if (!(problem instanceof Unavailable)) throw problem;
  }
}
