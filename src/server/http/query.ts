import { RequestProblem } from './problem.ts';

const words: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  false: false,
  '0': false,
  no: false,
};

/**
 * Returns a yes-or-no parameter of a query, `fallback` if it is absent or empty.
 * @throws RequestProblem 400 for any other word, so that a misspelt filter is not ignored
 */
export function flagParameter(query: URLSearchParams, name: string, fallback: boolean): boolean {
  const word = query.get(name)?.toLowerCase() ?? '';
  if (word === '') return fallback;
  const value = Object.hasOwn(words, word) ? words[word] : undefined;
  if (value === undefined) throw new RequestProblem(400, `${name}: must be true or false`);
  return value;
}
