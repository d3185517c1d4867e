import { terminalColumns } from '../lib/terminal.ts';

/** The beginning of a UUIDv7 that holds its time in milliseconds: later ids never begin like it. */
const timeCharacters = 13;

/**
 * Returns what to show of ids: on a terminal their beginnings, as short as they are unique, otherwise the whole ids.
 * `isUnique` tells whether a beginning names one thing only. Commands take the beginning of an id for the id.
 */
export function shownIds(
  ids: readonly string[],
  isUnique: (beginning: string) => boolean,
  width = terminalColumns(),
): string[] {
  if (width === null) return [...ids];
  let length = timeCharacters;
  for (const id of ids) while (length < id.length && !isUnique(id.slice(0, length))) length += 1;
  return ids.map((id) => id.slice(0, length));
}
