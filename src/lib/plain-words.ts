import type { z } from 'zod';
import { counted } from './text.ts';

/** Words for the types of values, by zod's names and by those of `typeof`. */
const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** Words for the formats of texts, by zod's names. */
const formatWords: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-11-21T18:00:00Z',
  url: 'an address such as https://example.org',
  uuid: 'a UUID',
};

/**
 * Returns what a value must be, as the end of a sentence whose subject is its name: `must be a list, not a text`. Pass
 * this function as `error` to `parse` and `safeParse`, because zod's messages are for programmers. A message in the
 * schema wins.
 */
export function plainWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${wordsOf(issue.expected)}${butIs(issue.input)}`;
    case 'invalid_value':
      return `${issue.input === undefined ? 'is missing: give' : 'must be'} ${choice(issue.values.map(String))}`;
    case 'too_small':
      return smallest(issue.origin, Number(issue.minimum), issue.inclusive !== false);
    case 'too_big':
      return largest(issue.origin, Number(issue.maximum), issue.inclusive !== false);
    case 'invalid_format':
      return issue.format === 'starts_with'
        ? `must begin with ${issue.prefix}`
        : `must be ${formatWords[issue.format] ?? 'in another form'}`;
    case 'unrecognized_keys':
      return `has unknown members: ${issue.keys.join(', ')}`;
    case 'invalid_key':
    case 'invalid_element':
      return `has a name that ${issue.issues[0]?.message ?? 'is not accepted'}`;
    case 'invalid_union':
      return Array.isArray(issue.options)
        ? `must be ${choice(issue.options.map(String))}`
        : `must be of another form${butIs(issue.input)}`;
    default:
      return 'is not accepted';
  }
}

function wordsOf(type: string): string {
  return typeWords[type] ?? type;
}

/** Returns `, not a text`; nothing for a number that is not whole or not finite. */
function butIs(input: unknown): string {
  if (typeof input === 'number') return '';
  return `, not ${input === null ? 'empty' : wordsOf(Array.isArray(input) ? 'array' : typeof input)}`;
}

function smallest(origin: string, minimum: number, isInclusive: boolean): string {
  if (isSized(origin) && minimum === 1) return 'must not be empty';
  if (isSized(origin)) return `must have at least ${sizeText(origin, minimum)}`;
  return isInclusive ? `must be at least ${minimum}` : `must be more than ${minimum}`;
}

function largest(origin: string, maximum: number, isInclusive: boolean): string {
  if (isSized(origin)) return `must have at most ${sizeText(origin, maximum)}`;
  return isInclusive ? `must be at most ${maximum}` : `must be less than ${maximum}`;
}

function isSized(origin: string): boolean {
  return origin === 'string' || origin === 'array';
}

function sizeText(origin: string, size: number): string {
  return counted(size, origin === 'string' ? 'character' : 'member');
}

/** Formats `a, b or c`. */
function choice(options: readonly string[]): string {
  return options.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}
