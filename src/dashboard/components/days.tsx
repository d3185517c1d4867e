import type { SystemCard, SystemDay } from '../data/overview.ts';
import { exact, percent, plural } from '../format/numbers.ts';
import { duration } from '../format/times.ts';
import { type State, stateWords } from './state.tsx';

const dayMs = 86_400_000;
const worstFirst: readonly Exclude<State, 'up'>[] = ['down', 'degraded', 'maintenance'];

/** Returns the state that a day is shown in: the worst that lasted a minute, or unknown if nothing else is known. */
function stateOf(day: SystemDay): State {
  const worst = worstFirst.find((state) => day[state] >= 60);
  return worst ?? (day.up > 0 ? 'up' : 'unknown');
}

/** The days of a system, a bar each: the worse the day, the shorter the bar. */
function Days({ days, label }: { days: readonly SystemDay[]; label: string }) {
  const width = 100 / Math.max(1, days.length);
  const heights: Readonly<Record<State, number>> = { up: 20, unknown: 20, maintenance: 14, degraded: 11, down: 7 };
  return (
    <svg
      class="days"
      viewBox="0 0 100 20"
      width="300"
      height="20"
      fill="currentColor"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${summary(days)}`}
    >
      {days.map((day, index) => {
        const state = stateOf(day);
        return (
          <rect
            key={day.date}
            class={state}
            x={index * width}
            y={20 - heights[state]}
            width={width * 0.75}
            height={heights[state]}
          >
            <title>{dayText(day)}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function dayText(day: SystemDay): string {
  const parts = (['down', 'degraded', 'maintenance', 'unknown'] as const)
    .filter((state) => day[state] >= 60)
    .map((state) => `${stateWords[state].toLowerCase()} ${duration(day[state] * 1000)}`);
  return `${day.date} UTC: ${parts.length === 0 ? 'up' : parts.join(', ')}`;
}

function summary(days: readonly SystemDay[]): string {
  const counts = worstFirst.map((state) => [state, days.filter((day) => stateOf(day) === state).length] as const);
  const bad = counts.filter(([, count]) => count > 0).map(([state, count]) => `${state} on ${plural(count, 'day')}`);
  const unknown = days.filter((day) => stateOf(day) === 'unknown').length;
  const all = unknown > 0 ? [...bad, `no data on ${plural(unknown, 'day')}`] : bad;
  return all.length > 0 ? all.join(', ') : 'up each day';
}

/** The days of a system and the share of the time in which it was usable. */
export function UptimeBar({ system: { name, days, uptime } }: { system: SystemCard }) {
  const all = exact(uptime.percent);
  const known = duration((days.length * dayMs * uptime.known_percent) / 100);
  const unplanned = exact(uptime.percent_without_maintenance);
  const shares = `Usable for ${all} % of the known time of ${days.length} days; without planned maintenance ${unplanned} %`;
  return (
    <div class="uptime">
      <Days days={days} label={`The last ${days.length} days of ${name}`} />
      {uptime.percent === null ? (
        <span>no data</span>
      ) : (
        <span title={shares}>
          {percent(uptime.percent)} of {known}
        </span>
      )}
    </div>
  );
}
