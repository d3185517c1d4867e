import { OperatorError } from '../lib/errors.ts';

/** The flags that may be given several times. */
export const repeatableFlags: readonly string[] = ['--cluster', '--scope'];

/**
 * Returns all values of a flag that can be repeated or have several values separated by commas; citty keeps only the
 * last. `words` are the arguments as typed. Throws OperatorError for an empty value, such as in `a,,b`.
 */
export function repeatedValues(words: readonly string[], flag: string): string[] {
  const values = words.flatMap((word, index) => {
    if (word === flag) return [words[index + 1] ?? ''];
    return word.startsWith(`${flag}=`) ? [word.slice(flag.length + 1)] : [];
  });
  const names = values.flatMap((value) => value.split(',').map((name) => name.trim()));
  if (names.includes('')) throw new OperatorError(`${flag} ${values.join(` ${flag} `)}: a name is empty`);
  return names;
}
