import type { ArgsDef } from 'citty';
import { parseDuration } from '../../lib/duration.ts';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import { parseTimestamp } from '../../lib/timestamp.ts';
import { type EntryState, entryStates } from '../../outbox/entry.ts';
import type { Filter } from '../../outbox/filter.ts';

/** The flags that filter entries; all given flags must match. */
export const filterArgs = {
  stream: { type: 'string', valueHint: 'STREAM', description: 'Only this stream, such as sam/derecho' },
  state: { type: 'string', valueHint: 'STATE', description: `State: ${entryStates.join(', ')} or all` },
  'older-than': { type: 'string', valueHint: 'AGE', description: 'Collected longer ago than this: 90s, 15m, 2h, 3d' },
  'younger-than': {
    type: 'string',
    valueHint: 'AGE',
    description: 'Collected more recently than this: 90s, 15m, 2h, 3d',
  },
  since: {
    type: 'string',
    valueHint: 'TIME',
    description: 'Collected at this time or later (ISO 8601; default UTC)',
  },
  until: { type: 'string', valueHint: 'TIME', description: 'Collected before this time' },
} as const satisfies ArgsDef;

export type FilterArgs = { readonly [Name in keyof typeof filterArgs]?: string | undefined };

/** True if one of the flags is given. */
export function isFiltered(args: FilterArgs): boolean {
  return Object.keys(filterArgs).some((name) => args[name as keyof FilterArgs] !== undefined);
}

/** Returns the filter of the flags, with the states in `usual` if no state is given. Throws OperatorError. */
export function filterOf(args: FilterArgs, usual: readonly EntryState[], now: Date): Filter {
  const ago = (flag: 'older-than' | 'younger-than') => {
    const text = args[flag];
    if (text === undefined) return null;
    const duration = parseDuration(text);
    if (duration === null)
      throw new OperatorError(`--${flag} ${printable(text, 40)}: give an age such as 90s, 15m, 2h or 3d`);
    return now.getTime() - duration;
  };
  const at = (flag: 'since' | 'until') => {
    const text = args[flag];
    if (text === undefined) return null;
    const time = parseTimestamp(text);
    if (time) return time.getTime();
    throw new OperatorError(
      `--${flag} ${printable(text, 40)}: give a time such as 2025-11-25T14:30 (UTC) or 2025-11-25T07:30-07:00`,
    );
  };
  const present = (times: readonly (number | null)[]) => times.filter((time) => time !== null);
  const from = present([at('since'), ago('younger-than')]);
  const to = present([at('until'), ago('older-than')]);
  const since = from.length === 0 ? null : new Date(Math.max(...from));
  const until = to.length === 0 ? null : new Date(Math.min(...to));
  if (since !== null && until !== null && since >= until)
    throw new OperatorError(
      `no entry can match: ${readableUtc(since)} UTC (--since, --younger-than) is not before ${readableUtc(until)} UTC (--until, --older-than)`,
    );
  return {
    states: statesOf(args.state) ?? usual,
    stream: args.stream ?? null,
    since,
    until,
  };
}

function statesOf(text: string | undefined): readonly EntryState[] | null {
  if (text === undefined) return null;
  if (text === 'all') return entryStates;
  const state = entryStates.find((name) => name === text);
  if (state) return [state];
  throw new OperatorError(`there is no state '${printable(text, 40)}': give ${entryStates.join(', ')} or all`);
}
