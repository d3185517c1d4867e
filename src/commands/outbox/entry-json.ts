import type { Attempt, Entry } from '../../outbox/entry.ts';

/** An entry as `--json` shows it: times in ISO 8601, UTC; members may be added. */
export function entryJson(entry: Entry): Record<string, unknown> {
  return {
    id: entry.id,
    stream: entry.stream,
    destination: entry.destination,
    state: entry.state,
    collected_at: entry.collectedAt.toISOString(),
    bytes: entry.bodyBytes,
    attempts: entry.attempts,
    next_attempt_at: entry.nextAttemptAt?.toISOString() ?? null,
    last_status: entry.lastStatus,
    last_error: entry.lastError,
    delivered_at: entry.deliveredAt?.toISOString() ?? null,
    failed_probes: entry.failedProbes,
  };
}

export function attemptJson(attempt: Attempt): Record<string, unknown> {
  return { ...attempt, at: attempt.at.toISOString() };
}
