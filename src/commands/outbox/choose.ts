import type { ArgsDef } from 'citty';
import { OperatorError } from '../../lib/errors.ts';
import { linesOf } from '../../lib/lines.ts';
import { counted, printable } from '../../lib/text.ts';
import type { EntryKey, EntryState } from '../../outbox/entry.ts';
import { listKeys } from '../../outbox/filter.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { entriesOf } from '../../outbox/selection.ts';
import { standardInput } from '../input.ts';
import { type FilterArgs, filterArgs, filterOf, isFiltered } from './filter-args.ts';

/** The arguments of a command that acts on entries: ids, or filters. */
export const chooseArgs = {
  'id…': {
    type: 'positional',
    required: false,
    description: 'Ids of entries or their beginnings; - reads standard input',
  },
  ...filterArgs,
  all: { type: 'boolean', description: 'All entries that the command applies to' },
  json: { type: 'boolean', description: 'Print one JSON object for each entry' },
} as const satisfies ArgsDef;

export type ChooseArgs = FilterArgs & {
  readonly _: readonly string[];
  readonly all?: boolean | undefined;
  readonly json?: boolean | undefined;
};

/** A line of standard input can be a whole exported entry. */
const maxLineBytes = 32 * 1024 ** 2;

/** True if the ids come from standard input. */
export function readsIds(args: ChooseArgs): boolean {
  return args._.includes('-');
}

/** Throws OperatorError unless either ids or filters are given. */
export function checkChoice(args: ChooseArgs): void {
  const isFlagged = args.all === true || isFiltered(args);
  if (args._.length > 0 && isFlagged) throw new OperatorError('give either ids or flags that choose entries, not both');
  if (args._.length > 0 || isFlagged) return;
  throw new OperatorError(
    'no entries are chosen: give ids, - for ids on standard input, --stream, --state, --older-than, --rejected (with retry), or --all',
  );
}

/**
 * Returns the entries to act on: the named ones, or those that the filters select among the permitted states. Throws
 * OperatorError for an unknown or ambiguous id, before anything is changed, and if neither ids nor filters are given.
 */
export async function chooseEntries(
  outbox: Outbox,
  args: ChooseArgs,
  applicable: readonly EntryState[],
): Promise<EntryKey[]> {
  checkChoice(args);
  if (args._.length > 0) return entriesOf(outbox, await idsOf(args._));
  const filter = filterOf(args, applicable, new Date());
  const states = args.state === 'all' ? applicable : filter.states;
  const other = states.find((state) => !applicable.includes(state));
  if (other)
    throw new OperatorError(`this does not apply to ${other} entries, only to ${applicable.join(' or ')} entries`);
  return [...listKeys(outbox, { ...filter, states })];
}

/** Replaces `-` by the ids on standard input. */
async function idsOf(words: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const word of words) {
    if (word !== '-') ids.push(word);
    else for await (const line of linesOf(standardInput(), maxLineBytes)) ids.push(...idOf(line.text, line.number));
  }
  return ids;
}

function idOf(text: string | null, number: number): string[] {
  const line = text?.trim();
  if (line === '') return [];
  if (line !== undefined && /^[0-9a-f-]+$/i.test(line)) return [line];
  try {
    const value: unknown = JSON.parse(line ?? '');
    const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : undefined;
    if (typeof id === 'string') return [id];
  } catch {
    // Not JSON: handled below.
  }
  throw new OperatorError(
    `line ${number} of standard input is neither an id nor a JSON object with one: ${printable(line ?? '(too long, or not UTF-8)', 60)}`,
  );
}

/** Formats `12 entries (sam/casper 2, sam/derecho 10)`. */
export function summaryOf(entries: Iterable<EntryKey>): string {
  const counts = new Map<string, number>();
  for (const { stream } of entries) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].sort().map(([stream, count]) => `${printable(stream, 60)} ${count}`);
  return `${counted(total, 'entry', 'entries')}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}
