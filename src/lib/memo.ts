/** The limits of the cache: number of arguments and length of an argument. Together they allow some MiB. */
const most = 10_000;
const longest = 200;

/** Caches the results of a pure function of a text. */
export function memoized<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const answer = known.get(text);
    if (answer !== undefined) return answer;
    const fresh = work(text);
    if (text.length > longest) return fresh;
    if (known.size >= most) known.clear();
    known.set(text, fresh);
    return fresh;
  };
}
