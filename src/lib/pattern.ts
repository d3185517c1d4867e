const patterns = new Map<string, RegExp>();

/** Whether a text is what a pattern with `*` and `?` says, whatever the case. */
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
