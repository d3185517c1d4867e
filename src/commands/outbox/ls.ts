import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { countListedDropped, listDropped } from '../../outbox/drop.ts';
import { type CollectedFilter, countEntries, listEntries, undelivered } from '../../outbox/filter.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { entryJson, jsonLine } from './entry-json.ts';
import { type FilterArgs, filterArgs, filterOf, isFiltered } from './filter-args.ts';
import { outboxIfAny } from './open.ts';
import { droppedTable, entryTable } from './table.ts';

/** Default limit of the table; output for programs has no limit. */
const usualLimit = 50;

export const lsCommand = defineCommand({
  meta: { description: 'List entries that are not delivered, oldest first' },
  args: {
    ...commonArgs,
    ...filterArgs,
    limit: {
      type: 'string',
      valueHint: 'N',
      description: `Limit, or all (default: ${usualLimit}; with --json or --ids: all)`,
    },
    count: { type: 'boolean', description: 'Print only their number' },
    ids: { type: 'boolean', description: 'Print only their ids, one per line' },
    dropped: { type: 'boolean', description: 'List dropped entries and omitted jobs, newest first' },
    json: { type: 'boolean', description: 'Print one JSON object for each entry' },
  },
  async run({ args }) {
    const filter = filterOf(args, undelivered, new Date());
    const given = limitOf(args.limit);
    const limit = given === undefined ? (args.json || args.ids ? null : usualLimit) : given;
    if (args.dropped && args.state !== undefined)
      throw new OperatorError('--state does not apply to --dropped: dropped entries have no state');
    const outbox = outboxIfAny(args);
    try {
      if (args.count) {
        const countMatching = args.dropped ? countListedDropped : countEntries;
        const count = outbox ? countMatching(outbox, filter) : 0;
        printLines([args.json ? jsonLine({ count }) : String(count)]);
      } else if (args.dropped) printLines(droppedLines(outbox, filter, limit, args));
      else if (args.json || args.ids) {
        const entries = outbox ? listEntries(outbox, filter, limit) : [];
        printLines(map(entries, (entry) => (args.json ? jsonLine(entryJson(entry)) : entry.id)));
      } else
        printLines(outbox ? table(outbox, filter, limit, isFiltered(args)) : ['There are no undelivered entries.']);
    } finally {
      outbox?.close();
    }
    return exitCodes.done;
  },
});

function table(outbox: Outbox, filter: ReturnType<typeof filterOf>, limit: number | null, isChosen: boolean): string[] {
  const entries = [...listEntries(outbox, filter, limit)];
  if (entries.length === 0 && isChosen) return ['There is no such entry.'];
  const more = limit === null ? 0 : countEntries(outbox, filter) - entries.length;
  return [...entryTable(outbox, entries), ...moreLines(more, ', or summarise them with outbox stats')];
}

/** Returns a line that says how many entries the limit leaves out; none if it leaves out none. */
function moreLines(count: number, otherCommand = ''): string[] {
  return count > 0 ? [`… and ${count} more: list all with --limit all${otherCommand}`] : [];
}

function droppedLines(
  outbox: Outbox | null,
  filter: CollectedFilter,
  limit: number | null,
  args: FilterArgs & { json?: boolean | undefined; ids?: boolean | undefined },
): string[] {
  const dropped = outbox ? listDropped(outbox, limit ?? -1, filter) : [];
  if (args.ids) return dropped.map(({ id }) => id);
  if (!args.json) {
    if (dropped.length === 0 && isFiltered(args)) return ['There is no such entry.'];
    const more = outbox && limit !== null ? countListedDropped(outbox, filter) - dropped.length : 0;
    return [...droppedTable(dropped), ...moreLines(more)];
  }
  return dropped.map((one) =>
    jsonLine({
      id: one.id,
      stream: one.stream,
      collected_at: one.collectedAt.toISOString(),
      dropped_at: one.droppedAt.toISOString(),
      reason: one.reason,
    }),
  );
}

/** Returns null for no limit. */
function limitOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'all' || text === '0') return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new OperatorError(`--limit ${printable(text, 40)}: give a number, or all`);
}

function* map<Item>(items: Iterable<Item>, line: (item: Item) => string): Generator<string> {
  for (const item of items) yield line(item);
}
