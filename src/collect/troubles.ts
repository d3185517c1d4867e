import { z } from 'zod';

/** A trouble that lasts: since when, and what was said of it. */
const trouble = z.object({ since: z.iso.datetime(), first: z.string(), said: z.array(z.string()) });
const troubles = z.record(z.string(), trouble);

export type Trouble = z.output<typeof trouble>;
/** By what they are about: `collect/casper`, `collect/casper/reservations`, `deliver`. */
export type Troubles = Readonly<Record<string, Trouble>>;

/** An error of this run, and what it is about; null for one that is always news. */
export type TroubleError = { readonly about: string | null; readonly text: string };

/** So much is remembered of what was said of one trouble. */
const rememberedTexts = 20;

/** What was remembered; nothing of what cannot be understood. */
export function parseTroubles(text: string | null): Troubles {
  try {
    return troubles.safeParse(JSON.parse(text ?? '{}')).data ?? {};
  } catch {
    return {};
  }
}

/**
 * What a run changes: the errors that are new, the troubles that are over, and those to remember. A trouble is over when
 * what it is about was looked at (`seen` names that, or what it is a part of) and no error came of it. Another error about
 * the same is news once.
 */
export function changesOf<E extends TroubleError>(
  known: Troubles,
  errors: readonly E[],
  seen: readonly string[],
  now: Date,
): { readonly news: readonly E[]; readonly over: readonly (readonly [string, Trouble])[]; readonly next: Troubles } {
  const next: Record<string, Trouble> = { ...known };
  const news: E[] = [];
  for (const error of errors) {
    if (error.about === null) {
      news.push(error);
      continue;
    }
    const before = next[error.about] ?? { since: now.toISOString(), first: error.text, said: [] };
    const essence = essenceOf(error.text);
    if (before.said.includes(essence)) continue;
    news.push(error);
    next[error.about] = { ...before, said: [...before.said, essence].slice(-rememberedTexts) };
  }
  const over = Object.entries(known).filter(
    ([about]) =>
      seen.some((one) => about === one || about.startsWith(`${one}/`)) &&
      !errors.some((error) => error.about === about),
  );
  for (const [about] of over) delete next[about];
  return { news, over, next };
}

/**
 * What an error says without what differs each time or between systems: ids, times, counts. Codes stay: a 401 is other
 * news than a 503.
 */
function essenceOf(text: string): string {
  return text
    .replace(/^✗ \S+ (?=(status|jobs) )/, '✗ ')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '#')
    .replace(/(?<!HTTP |exited with |[\w-])\d[\d.,:-]*(T[\d:.]+)?Z?/g, '#');
}
