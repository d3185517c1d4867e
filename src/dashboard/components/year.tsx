import { useLayoutEffect, useRef } from 'preact/hooks';
import { endOf } from '../data/outages.ts';
import type { Outage } from '../data/status.ts';
import { isoDay, now, parseTime } from '../format/times.ts';
import { type State, stateOfSeverity, stateWords } from './state.tsx';

const dayMs = 86_400_000;
const cell = 14;
const weeks = 53;
const order: readonly State[] = ['down', 'degraded', 'maintenance'];
const letters = ['Mon', 'Wed', 'Fri'];

/** A year of days, a square each. A day with an outage has the colour and the shape of the worst. */
export function Year({ outages }: { outages: readonly Outage[] }) {
  const byDay = outagesByDay(outages);
  const scroller = useRef<HTMLElement>(null);
  // On a phone the year is wider than the screen: show its end, which is today.
  useLayoutEffect(() => scroller.current?.scrollTo({ left: scroller.current.scrollWidth }), []);
  // Weeks begin on Monday. The days are dates without a zone, so that a change of clocks moves none of them.
  const today = Date.parse(isoDay(now.value));
  const weekday = (new Date(today).getUTCDay() + 6) % 7;
  const first = today - (weekday + (weeks - 1) * 7) * dayMs;
  const days = Array.from({ length: (weeks - 1) * 7 + weekday + 1 }, (_, index) => first + index * dayMs);
  const bad = days.filter((day) => byDay.has(iso(day))).length;
  return (
    <section ref={scroller} class="scroller" aria-label="Calendar of outages" tabIndex={0}>
      <svg
        class="year"
        viewBox={`0 0 ${weeks * cell + 32} ${8 * cell + 4}`}
        width={weeks * cell + 32}
        height={8 * cell + 4}
        role="img"
        aria-label={`${bad} of the last ${days.length} days had an outage or maintenance. The list below has all of them.`}
      >
        {letters.map((letter, index) => (
          <text key={letter} x={0} y={(2 + index * 2) * cell - 2}>
            {letter}
          </text>
        ))}
        {days.map((day, index) => {
          const x = 32 + Math.floor(index / 7) * cell;
          const y = ((index % 7) + 1) * cell;
          const ofDay = byDay.get(iso(day)) ?? [];
          const state = worstOf(ofDay);
          const isFirst = new Date(day).getUTCDate() <= 7 && index % 7 === 0;
          return (
            <g key={day} transform={`translate(${x} ${y})`}>
              {isFirst && (
                <text x={0} y={-y + 10}>
                  {new Date(day).toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' })}
                </text>
              )}
              <rect class={state ?? 'none'} width={cell - 2} height={cell - 2} rx={2} />
              {state && <path class="shape" d={shapes[state]} />}
              <title>{titleOf(day, ofDay)}</title>
            </g>
          );
        })}
      </svg>
      <ul class="legend">
        {order.map((state) => (
          <li key={state}>
            <svg class="year" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
              <rect class={state} width="12" height="12" rx="2" />
              <path class="shape" d={shapes[state]} />
            </svg>
            {stateWords[state]}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A cross, a slash and a bar, which tell the states apart without colours. */
const shapes: Readonly<Partial<Record<State, string>>> = {
  down: 'M3 3L9 9M9 3L3 9',
  degraded: 'M3 9L9 3',
  maintenance: 'M3 6H9',
};

function outagesByDay(outages: readonly Outage[]): Map<string, Outage[]> {
  const days = new Map<string, Outage[]>();
  const earliest = now.value - 380 * dayMs;
  for (const outage of outages) {
    const start = Math.max(parseTime(outage.start_time) ?? earliest, earliest);
    const end = Math.min(endOf(outage), now.value);
    if (start > now.value) continue;
    const last = Date.parse(isoDay(end));
    for (let day = Date.parse(isoDay(start)); day <= last; day += dayMs) {
      days.set(iso(day), [...(days.get(iso(day)) ?? []), outage]);
    }
  }
  return days;
}

function worstOf(outages: readonly Outage[]): State | undefined {
  const states = outages.map(({ severity }) => stateOfSeverity(severity));
  return order.find((state) => states.includes(state));
}

function titleOf(day: number, outages: readonly Outage[]): string {
  const names = outages.map(({ system_name, title }) => `${system_name}: ${title}`);
  return [iso(day), ...(names.length === 0 ? ['no outage'] : names)].join('\n');
}

function iso(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}
