import type { Attempt, Entry } from '../../outbox/entry.ts';

/** Returns an entry as `--json` prints it: times in ISO 8601, UTC. Members may be added. */
export function entryJson(entry: Entry): Record<string, unknown> {
  return {
    id: entry.id,
    stream: entry.stream,
    destination: entry.destination,
    state: entry.state,
    collected_at: entry.collectedAt.toISOString(),
    bytes: entry.bodyBytes,
    attempts: entry.attempts,
    first_sent_at: entry.firstSentAt?.toISOString() ?? null,
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

/** Formats JSON that cannot control a terminal: JSON itself escapes only the first 32 control characters. */
export function jsonLine(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
