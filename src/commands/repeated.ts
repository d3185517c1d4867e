import { OperatorError } from '../lib/errors.ts';

/**
 * All values of a flag that may be repeated, and may have several with commas between them: citty keeps only the last.
 * `words` are the arguments of the command as they were typed.
 * @throws OperatorError for an empty one, such as `a,,b`
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
