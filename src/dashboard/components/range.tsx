import { isoDay, now, parseTime, startOfDay } from '../format/times.ts';
import { parameter, setParameters } from '../navigation.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const presets: readonly (readonly [key: string, name: string, ms: number])[] = [
  ['6h', '6 h', 6 * hourMs],
  ['24h', '24 h', dayMs],
  ['7d', '7 days', 7 * dayMs],
  ['30d', '30 days', 30 * dayMs],
  ['90d', '90 days', 90 * dayMs],
  ['1y', '1 year', 365 * dayMs],
];

/** Collectors send a snapshot each five minutes, so shorter steps than this would have gaps that mean nothing. */
const leastStep = '10m';
const longestWithLeastStep = 3 * dayMs;

/** A period. `key` changes when the reader chooses another one. */
export type ChosenRange = { readonly key: string; readonly query: () => URLSearchParams };

/** Returns the period that the address names: `range`, or `from` and `to`. */
export function rangeOf(fallback: string): ChosenRange {
  const [from, to] = [parseTime(parameter('from')), parseTime(parameter('to'))];
  if (from !== null && to !== null && from < to) {
    const query = queryOf(from, to);
    query.set('to', new Date(to).toISOString());
    return { key: query.toString(), query: () => query };
  }
  const key = presets.some(([name]) => name === parameter('range')) ? parameter('range') : fallback;
  const ms = presets.find(([name]) => name === key)?.[2] ?? dayMs;
  return { key, query: () => queryOf(Date.now() - ms, Date.now()) };
}

function queryOf(from: number, to: number): URLSearchParams {
  const query = new URLSearchParams({ from: new Date(from).toISOString() });
  if (to - from <= longestWithLeastStep) query.set('step', leastStep);
  return query;
}

/** The choice of a period: usual lengths until now, or two days. */
export function RangePicker({ fallback }: { fallback: string }) {
  const { key, query } = rangeOf(fallback);
  const chosen = query();
  const from = parseTime(chosen.get('from')) ?? now.value;
  const to = parseTime(chosen.get('to')) ?? now.value;
  const pick = (start: string, end: string) => {
    if (start === '' || end === '' || start > end) return;
    setParameters({
      range: '',
      from: new Date(startOfDay(start)).toISOString(),
      to: new Date(startOfDay(end) + dayMs).toISOString(),
    });
  };
  return (
    <div class="toolbar">
      <fieldset class="choice">
        <legend class="unseen">Period</legend>
        {presets.map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={key === name}
            onClick={() => setParameters({ range: name, from: '', to: '' })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <label>
        From{' '}
        <input type="date" value={isoDay(from)} onChange={(event) => pick(event.currentTarget.value, isoDay(to))} />
      </label>
      <label>
        to{' '}
        <input type="date" value={isoDay(to - 1)} onChange={(event) => pick(isoDay(from), event.currentTarget.value)} />
      </label>
    </div>
  );
}
