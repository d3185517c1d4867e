import type { Setting } from './settings.ts';

/** A longer default is described in words. */
const longestDefault = 40;
const columns = 80;

/** A list item of the manual, with the lines that continue it. */
const item = /^- `([^`]+)`.*\n(?: {2}.*\n)*/gm;

/**
 * Returns a section of the manual with one list item for each setting. An item stays in its place; items of new settings
 * are added at the end, and others are removed.
 */
export function withItems(section: string, settings: readonly Setting[]): string {
  const paths = [...section.matchAll(item)].map(([, path = '']) => path);
  const placeOf = ({ path }: Setting): number => (paths.includes(path) ? paths.indexOf(path) : paths.length);
  const inOrder = settings.toSorted((a, b) => placeOf(a) - placeOf(b));
  const items = new Map(inOrder.map((setting, index) => [setting.path, itemOf(setting, inOrder.slice(0, index))]));
  const kept = section.replaceAll(item, (_, path: string) => {
    const text = items.get(path) ?? '';
    items.delete(path);
    return text;
  });
  const end = kept.trimEnd().length + 1;
  return [kept.slice(0, end), ...items.values(), kept.slice(end)].join('');
}

/** Does not repeat the description of a setting that a sibling mapping has too, such as `destinations.sam.proxy`. */
function itemOf({ path, defaultText, description }: Setting, earlier: readonly Setting[]): string {
  const isRepeated = earlier.some(
    (other) => other.description === description && inAnySibling(other.path) === inAnySibling(path),
  );
  const shown = defaultText === null || defaultText.length > longestDefault ? '' : ` (default \`${defaultText}\`)`;
  return wrapped(`- \`${path}\`${shown}: ${isRepeated ? 'as above' : description}`);
}

function inAnySibling(path: string): string {
  return path.replace(/\.[^.]+\./, '.*.');
}

/** Wraps at blanks, except at those within code. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const [word] of text.matchAll(/(?:`[^`]*`|[^\s`])+/g)) {
    const line = lines.pop();
    if (line === undefined) lines.push(word);
    else if (line.length + 1 + word.length <= columns) lines.push(`${line} ${word}`);
    else lines.push(line, `  ${word}`);
  }
  return `${lines.join('\n')}\n`;
}
