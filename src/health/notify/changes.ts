import { shortDuration } from '../../lib/duration.ts';
import type { HealthFinding, Topic } from '../findings.ts';

/** A problem that people were notified of. */
export type NotifiedProblem = {
  readonly topic: string;
  readonly status: 'warning' | 'critical';
  readonly since: Date;
  readonly toldAt: Date;
};

export const events = ['problem', 'still', 'recovered'] as const;

/** One message about all changes since the last message. */
export type News = {
  readonly event: (typeof events)[number];
  /** The worst status of the current problems. */
  readonly status: 'ok' | 'warning' | 'critical';
  readonly text: string;
};

export type HealthChanges = { readonly problems: readonly NotifiedProblem[]; readonly news: News | null };

/**
 * Compares the current findings with the problems that people were notified of. A problem is reported when it begins,
 * becomes critical or ends, and every `stillAfter` milliseconds while it lasts. During a maintenance its problems are
 * unchanged.
 */
export function healthChangesOf(
  remembered: readonly NotifiedProblem[],
  findings: readonly HealthFinding[],
  now: Date,
  stillAfter: number,
): HealthChanges {
  // A wrong clock may have stored times in the future: such a problem begins now.
  const known = remembered.map((one) => (one.toldAt > now ? { ...one, since: now, toldAt: now } : one));
  const current = problemsIn(findings);
  const silenced = new Set<string>(findings.filter(({ isSilenced }) => isSilenced).map(({ topic }) => topic));
  const gone = known.filter(({ topic }) => !current.has(topic) && !silenced.has(topic));
  const frozen = known.filter(({ topic }) => !current.has(topic) && silenced.has(topic));
  const come: string[] = [];
  const lasting: string[] = [];
  const problems = [...current].map(([topic, { status, texts }]): NotifiedProblem => {
    const before = known.find((problem) => problem.topic === topic);
    const text = texts.join(', ');
    if (!before || (before.status === 'warning' && status === 'critical')) {
      come.push(text);
      return { topic, status, since: before?.since ?? now, toldAt: now };
    }
    if (now.getTime() - before.toldAt.getTime() < stillAfter) return { ...before, status };
    lasting.push(`${text} (first reported ${shortDuration(now.getTime() - before.since.getTime())} ago)`);
    return { ...before, status, toldAt: now };
  });
  const back = gone.map(({ topic, since }) => `${topic} after ${shortDuration(now.getTime() - since.getTime())}`);
  const event = come.length > 0 ? 'problem' : back.length > 0 ? 'recovered' : lasting.length > 0 ? 'still' : null;
  const text = [part('PROBLEM', come), part('STILL', lasting), part('RECOVERED', back)].flat().join('; ');
  const status = problems.some((one) => one.status === 'critical')
    ? 'critical'
    : problems.length > 0
      ? 'warning'
      : 'ok';
  return { problems: [...problems, ...frozen], news: event === null ? null : { event, status, text } };
}

type Current = { status: NotifiedProblem['status']; texts: string[] };

/** Returns the problems to report, by topic. */
function problemsIn(findings: readonly HealthFinding[]): ReadonlyMap<string, Current> {
  const problems = new Map<Topic, Current>();
  for (const { topic, status, text, alerts, isSilenced } of findings) {
    if (status === 'ok' || !alerts || isSilenced) continue;
    const problem = problems.get(topic);
    if (!problem) problems.set(topic, { status, texts: [text] });
    else {
      problem.texts.push(text);
      if (status === 'critical') problem.status = status;
    }
  }
  return problems;
}

function part(word: string, texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : [`${word}: ${texts.join(', ')}`];
}
