import { shortDuration } from '../../lib/duration.ts';
import type { Finding, Topic } from '../findings.ts';

/** A problem that people were told of. */
export type Problem = {
  readonly topic: string;
  readonly status: 'warning' | 'critical';
  readonly since: Date;
  readonly toldAt: Date;
};

export const events = ['problem', 'still', 'recovered'] as const;

/** What people are told: one message for everything that changed since the last time. */
export type News = {
  readonly event: (typeof events)[number];
  /** The worst of what is the matter now. */
  readonly status: 'ok' | 'warning' | 'critical';
  readonly text: string;
};

export type Changes = { readonly problems: readonly Problem[]; readonly news: News | null };

/**
 * Compares what is the matter now with what people know. They are told of a problem when it comes, gets critical, goes, and
 * every `stillAfter` milliseconds while it lasts. What a maintenance silences stays as they know it.
 */
export function changesOf(
  remembered: readonly Problem[],
  findings: readonly Finding[],
  now: Date,
  stillAfter: number,
): Changes {
  // A wrong clock may have set times that are to come: such a problem lasts since now.
  const known = remembered.map((one) => (one.toldAt > now ? { ...one, since: now, toldAt: now } : one));
  const current = problemsIn(findings);
  const silenced = new Set<string>(findings.filter(({ isSilenced }) => isSilenced).map(({ topic }) => topic));
  const gone = known.filter(({ topic }) => !current.has(topic) && !silenced.has(topic));
  const frozen = known.filter(({ topic }) => !current.has(topic) && silenced.has(topic));
  const come: string[] = [];
  const lasting: string[] = [];
  const problems = [...current].map(([topic, { status, texts }]): Problem => {
    const before = known.find((problem) => problem.topic === topic);
    const text = texts.join(', ');
    if (!before || (before.status === 'warning' && status === 'critical')) {
      come.push(text);
      return { topic, status, since: before?.since ?? now, toldAt: now };
    }
    if (now.getTime() - before.toldAt.getTime() < stillAfter) return { ...before, status };
    lasting.push(`${text} (told ${shortDuration(now.getTime() - before.since.getTime())} ago first)`);
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

type Current = { status: Problem['status']; texts: string[] };

/** What people are to be told of, by topic. */
function problemsIn(findings: readonly Finding[]): ReadonlyMap<string, Current> {
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
