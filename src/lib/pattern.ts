const patterns = new Map<string, RegExp>();

/** True if a text matches a pattern with `*` and `?`; upper and lower case are the same. */
export function matches(pattern: string, text: string): boolean {
  let expression = patterns.get(pattern);
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    expression = new RegExp(`^${source}$`, 'is');
    patterns.set(pattern, expression);
  }
  return expression.test(text);
}
