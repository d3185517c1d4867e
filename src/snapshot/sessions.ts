import type { SessionClass, SessionRule } from '../config/hub.ts';
import { matches } from '../lib/pattern.ts';
import type { HubUserRecord, ServerRecord } from '../lib/records.ts';

/** The totals of the users of a hub. */
export type SessionRollup = {
  /** Users with at least one running server. */
  readonly users: number;
  /** Running servers, including named ones. */
  readonly sessions: number;
  /** Counts by class for every class that a rule names; null if a rule needs data that the hub does not show. */
  readonly classes: ReadonlyMap<SessionClass, number> | null;
};

/** Returns the totals of a hub without users, as for a hub that is down. */
export function noSessions(rules: readonly SessionRule[]): SessionRollup {
  return rollUpSessions([], rules);
}

/** Counts running servers, each in the class of the first matching rule and of the matching `beside` rules before it. */
export function rollUpSessions(users: readonly HubUserRecord[], rules: readonly SessionRule[]): SessionRollup {
  const running = users.map(({ servers }) => servers.filter((server) => server.running));
  const sessions = running.flat();
  const asksForState = rules.some(({ when }) => when?.state !== undefined);
  const isBlind = asksForState && sessions.some(({ state }) => state === undefined);
  return {
    users: running.filter((servers) => servers.length > 0).length,
    sessions: sessions.length,
    classes: isBlind ? null : countClasses(sessions, rules),
  };
}

function countClasses(sessions: readonly ServerRecord[], rules: readonly SessionRule[]): Map<SessionClass, number> {
  const counts = new Map(rules.map((rule) => [rule.class, 0]));
  for (const session of sessions) {
    for (const sessionClass of classesOf(session, rules)) counts.set(sessionClass, (counts.get(sessionClass) ?? 0) + 1);
  }
  return counts;
}

function classesOf(session: ServerRecord, rules: readonly SessionRule[]): ReadonlySet<SessionClass> {
  const holding = rules.filter(({ when }) => when === undefined || holds(when, session));
  const last = holding.findIndex(({ beside }) => !beside);
  return new Set(holding.slice(0, last < 0 ? holding.length : last + 1).map((rule) => rule.class));
}

function holds({ name, options, state }: NonNullable<SessionRule['when']>, session: ServerRecord): boolean {
  return (
    (name === undefined || matches(name, session.name)) &&
    allHold(options ?? {}, session.options) &&
    allHold(state ?? {}, session.state)
  );
}

function allHold(conditions: Readonly<Record<string, string | null>>, within: unknown): boolean {
  return Object.entries(conditions).every(([path, condition]) => {
    const value = path.split('.').reduce<unknown>(memberOf, within);
    if (condition === null) return value === undefined || value === null;
    // Forms send every option as a list.
    return [value].flat().some((one) => isScalar(one) && matches(condition, String(one)));
  });
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
