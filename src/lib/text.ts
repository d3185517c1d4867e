import { withoutSecrets } from './secrets.ts';

/**
 * Makes text from outside safe for a terminal or a log line: secrets become stars, control characters `\xNN`, line breaks
 * and tabs one blank, and text over `maxLength` characters is cut with an ellipsis.
 */
export function printable(text: string, maxLength = 500): string {
  const flat = withoutSecrets(text)
    .replace(/[\r\n\t]+/g, ' ')
    .trim();
  const safe = flat.replace(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe;
}

/**
 * Returns a copy of text from the output of a command. A substring of the output keeps all of it in memory, so copy text
 * that outlives its record.
 */
export function copyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** Formats a count with its noun: `1 node`, `2 nodes`. Pass the plural if it is not the noun plus `s`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** The number of characters of a page that are searched for secrets. Text that is mostly escapes takes long. */
const pageCharacters = 16_000;

/** Returns the first words of an HTML page without tags and secrets, in one line. */
export function withoutTags(page: string): string {
  const beginning = withoutSecrets(page.slice(0, pageCharacters)).slice(0, 4000);
  const text = beginning.replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
  return text.replace(/\s+/g, ' ').trim();
}
