/**
 * Fields of the text of an accounting record: `name=value`, separated by blanks. The functions search the text of a
 * record without cutting it into fields, because an export calls them for every run and needs only few of the fields.
 */

/** The whole text to search for. Putting it together for each search takes longer than the search. */
export type Field = ` ${string}=`;

/** Returns the value of the first occurrence of a field, up to the next blank; null if there is none. */
export function firstValue(text: string, field: Field): string | null {
  return valueAt(text, text.indexOf(field), field);
}

/** Returns the value of the last occurrence of a field like `firstValue`. */
export function lastValue(text: string, field: Field): string | null {
  return valueAt(text, lastPlace(text, field), field);
}

/** Returns the value of the first occurrence of a field if it is a whole number of at most 15 digits; otherwise null. */
export function firstNumber(text: string, field: Field): number | null {
  return numberAt(text, text.indexOf(field), field);
}

/** Returns the value of the last occurrence of a field like `firstNumber`. */
export function lastNumber(text: string, field: Field): number | null {
  return numberAt(text, lastPlace(text, field), field);
}

/** Returns the same as `lastIndexOf`, which is several times slower than a search from the beginning. */
function lastPlace(text: string, field: Field): number {
  let place = text.indexOf(field);
  for (let next = place; next >= 0; next = text.indexOf(field, place + 1)) place = next;
  return place;
}

function valueAt(text: string, place: number, field: Field): string | null {
  if (place < 0) return null;
  const start = place + field.length;
  const blank = text.indexOf(' ', start);
  return text.slice(start, blank < 0 ? text.length : blank);
}

function numberAt(text: string, place: number, field: Field): number | null {
  if (place < 0) return null;
  const start = place + field.length;
  const blank = text.indexOf(' ', start);
  return wholeNumber(text, start, blank < 0 ? text.length : blank);
}

/** Returns a text that is a whole number of at most 15 digits; null for anything else. */
export function numberIn(text: string | null): number | null {
  return text === null ? null : wholeNumber(text, 0, text.length);
}

const mostDigits = 15;

/** Reads a part of a text as a number, digit by digit: cutting it out and converting it takes longer. */
function wholeNumber(text: string, start: number, end: number): number | null {
  const isNegative = text.startsWith('-', start);
  const first = isNegative ? start + 1 : start;
  if (end <= first || end - first > mostDigits) return null;
  let number = 0;
  for (let at = first; at < end; at++) {
    const digit = digitAt(text, at);
    if (digit < 0) return null;
    number = number * 10 + digit;
  }
  return isNegative ? -number : number;
}

const zero = '0'.charCodeAt(0);

/** Returns the digit at a place of a text; -1 if there is none. */
export function digitAt(text: string, place: number): number {
  const digit = text.charCodeAt(place) - zero;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Parses a duration of PBS, `HH:MM:SS` or seconds, to seconds; null if it is missing or anything else. */
export function durationIn(value: string | null): number | null {
  const match = /^(?:(\d{1,7}):(\d\d):)?(\d{1,9})$/.exec(value ?? '');
  // Do not destructure the match: this is called for every run, and destructuring takes longer.
  return match === null ? null : Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3]);
}
