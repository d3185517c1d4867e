import { z } from 'zod';
import { failedProbes } from '../collect/probe-outcomes.ts';

/** A lasting error: its start, its first text, and the texts that were reported. */
const trouble = z.object({ since: z.iso.datetime(), first: z.string(), said: z.array(z.string()) });
const troubles = z.record(z.string(), trouble);

export type OngoingError = z.output<typeof trouble>;
/** By subject: `collect/casper`, `collect/casper/reservations`, `deliver/casper`. */
export type OngoingErrors = Readonly<Record<string, OngoingError>>;

/** An error of this run, and its subjects; an error without subjects is always reported. */
export type ReportedError = { readonly about: readonly string[]; readonly text: string };

/** Number of reported texts to keep for one error. */
const rememberedTexts = 20;

/** Parses the stored errors; none if the text cannot be parsed. */
export function parseOngoingErrors(text: string | null): OngoingErrors {
  try {
    return troubles.safeParse(JSON.parse(text ?? '{}')).data ?? {};
  } catch {
    return {};
  }
}

/**
 * Compares the errors of a run with the stored errors. Returns the new errors, the errors that are over, and the errors to
 * store. An error is over if its subject was checked (`seen` has the subject or a part above it) and no current error names
 * the subject. A different error about the same subject is reported once.
 */
export function errorChangesOf<E extends ReportedError>(
  known: OngoingErrors,
  errors: readonly E[],
  seen: readonly string[],
  now: Date,
): {
  readonly news: readonly E[];
  readonly over: readonly (readonly [string, OngoingError])[];
  readonly next: OngoingErrors;
} {
  const next: Record<string, OngoingError> = { ...known };
  const news: E[] = [];
  for (const error of errors) {
    const essence = essenceOf(error.text);
    const isKnown = error.about.length > 0 && error.about.every((about) => wasReported(next, about, essence));
    if (!isKnown) news.push(error);
    for (const about of error.about) next[about] = withReported(next[about], error.text, essence, now);
  }
  const failed = new Set(errors.flatMap(({ about }) => about));
  const over = Object.entries(known).filter(
    ([about]) => seen.some((one) => about === one || about.startsWith(`${one}/`)) && !failed.has(about),
  );
  for (const [about] of over) delete next[about];
  return { news, over, next };
}

/** True if an error was reported for a subject. An outage of the API is reported once for all systems. */
function wasReported(known: OngoingErrors, about: string, essence: string): boolean {
  const isSame = (other: string) => other === about || (isDelivery(other) && isDelivery(about));
  return Object.entries(known).some(([other, { said }]) => isSame(other) && said.includes(essence));
}

function withReported(before: OngoingError | undefined, text: string, essence: string, now: Date): OngoingError {
  const { since, first, said } = before ?? { since: now.toISOString(), first: text, said: [] };
  return { since, first, said: said.includes(essence) ? said : [...said, essence].slice(-rememberedTexts) };
}

/** True for the subject `deliver` and all below it. */
export function isDelivery(about: string): boolean {
  return about === 'deliver' || about.startsWith('deliver/');
}

/**
 * Returns the text of an error without parts that differ between runs or systems: ids, times, counts. Status codes stay,
 * because a 401 and a 503 are different errors.
 */
function essenceOf(text: string): string {
  return text
    .replace(new RegExp(`${failedProbes}.*$`), '')
    .replace(/^✗ \S+ (?=(status|jobs) )/, '✗ ')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '#')
    .replace(/(?<!HTTP |exited with |[\w-])\d[\d.,:-]*(T[\d:.]+)?Z?/g, '#');
}
