/**
 * Makes text from outside safe and short enough for a terminal or a log line: control characters become
 * `\xNN` (line breaks and tabs one blank), and what is over `maxLength` characters is cut with an ellipsis.
 */
export function printable(text: string, maxLength = 500): string {
  const flat = text.replace(/[\r\n\t]+/g, ' ').trim();
  const safe = flat.replace(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe;
}

/** `1 node`, `2 nodes`: a count with its noun; give the plural where it is not the noun plus `s`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** The words at the beginning of a page, without its tags, in one line. */
export function withoutTags(page: string): string {
  const text = page.slice(0, 4000).replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
  return text.replace(/\s+/g, ' ').trim();
}

/** Text with stars in the place of the user and password of each address in it. */
export function withoutLogin(text: string): string {
  return text.replace(/(\/\/)[^/@]*@/g, '$1********@');
}
