import type { CalendarEvent } from '../../data/events.ts';
import { plural } from '../../format/numbers.ts';
import { dateTime, day, isoDay, now, startOfDay } from '../../format/times.ts';

const dayMs = 86_400_000;
const shownDays = 14;
const left = 216;
const width = 1200;
const rowHeight = 26;
const head = 28;

/** The next two weeks, a bar for each event. */
export function Timeline({ events }: { events: readonly CalendarEvent[] }) {
  const first = startOfDay(isoDay(now.value));
  const last = first + shownDays * dayMs;
  const shown = events.filter(({ start }) => start < last);
  const x = (at: number) => left + ((Math.max(first, Math.min(last, at)) - first) / (last - first)) * (width - left);
  const height = head + shown.length * rowHeight;
  const days = Array.from({ length: shownDays }, (_, index) => first + index * dayMs);
  if (shown.length === 0) return null;
  return (
    <section class="scroller" aria-label="Time line of the next two weeks" tabIndex={0}>
      <svg
        class="timeline"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`${plural(shown.length, 'event')} in the next ${shownDays} days. The table below has all of them.`}
      >
        {days.map((start, index) => (
          <g key={start}>
            <path class="grid" d={`M${x(start)} 20V${height}`} />
            {index % 2 === 0 && (
              <text x={x(start) + 4} y={14}>
                {day(start + dayMs / 2)}
              </text>
            )}
          </g>
        ))}
        {shown.map((event, index) => {
          const y = head + index * rowHeight;
          const end = event.end ?? last;
          return (
            <g key={event.id}>
              <title>
                {`${event.system}: ${event.title}\n${dateTime(event.start)} to ${event.end === null ? 'open' : dateTime(event.end)}`}
              </title>
              <text x={0} y={y + 15} class="name">
                {shortened(`${event.system}: ${event.title}`)}
              </text>
              <rect
                class={event.state ?? event.kind}
                x={x(event.start)}
                y={y + 2}
                width={Math.max(4, x(end) - x(event.start))}
                height={18}
                rx={2}
              />
              {event.nodes !== null && (
                <text x={Math.min(x(end) + 6, width - 80)} y={y + 15}>
                  {plural(event.nodes, 'node')}
                </text>
              )}
            </g>
          );
        })}
        <path class="now" d={`M${x(now.value)} 20V${height}`} />
      </svg>
    </section>
  );
}

function shortened(text: string): string {
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}
