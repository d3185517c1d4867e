/** Arguments that are remembered, and how long they may be: together some MiB. */
const most = 10_000;
const longest = 200;

/** The same pure function of a text, for texts that come again and again: the last answers are remembered. */
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
