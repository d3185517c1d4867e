import { Section } from '../../components/section.tsx';
import type { CalendarEvent } from '../../data/events.ts';
import { isoDay, monthName, now } from '../../format/times.ts';
import { parameter, withParameters } from '../../navigation.ts';

const dayMs = 86_400_000;
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** A month with the events of each day, and the way to other months. */
export function Month({ events }: { events: readonly CalendarEvent[] }) {
  const asked = /^\d{4}-(0[1-9]|1[0-2])$/.exec(parameter('month'))?.[0] ?? isoDay(now.value).slice(0, 7);
  const first = Date.parse(`${asked}-01`);
  const begin = first - ((new Date(first).getUTCDay() + 6) % 7) * dayMs;
  const weeks = Array.from({ length: 6 }, (_, week) =>
    weekdays.map((_, day) => new Date(begin + (week * 7 + day) * dayMs).toISOString().slice(0, 10)),
  ).filter((week) => week.some((date) => date.startsWith(asked)));
  const name = monthName(first + 15 * dayMs);
  const isEmpty = !weeks.flat().some((date) => date.startsWith(asked) && eventsOn(events, date).length > 0);
  return (
    <Section
      id="month"
      title={name}
      aside={
        <>
          <a href={withParameters({ month: monthOf(first - dayMs) })}>Month before</a>{' '}
          <a href={withParameters({ month: monthOf(first + 32 * dayMs) })}>Month after</a>
        </>
      }
    >
      {isEmpty && <p class="detail">There are no events in this month.</p>}
      <section class="scroller" aria-label={`Calendar of ${name}`} tabIndex={0}>
        <table class="month">
          <caption class="unseen">Events of {name}</caption>
          <thead>
            <tr>
              {weekdays.map((day) => (
                <th key={day} scope="col">
                  {day}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week) => (
              <tr key={week[0]}>
                {week.map((date, index) => (
                  <td key={date} class={date.startsWith(asked) ? '' : 'other'}>
                    <span class={date === isoDay(now.value) ? 'today' : ''}>
                      <span class="weekday">{weekdays[index]} </span>
                      {Number(date.slice(8))}
                    </span>
                    <ul>
                      {eventsOn(events, date).map(({ id, kind, state, system, title, page }) => (
                        <li key={id} class={state ?? kind}>
                          <a href={page}>{`${system}: ${title}`}</a>
                        </li>
                      ))}
                    </ul>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Section>
  );
}

function eventsOn(events: readonly CalendarEvent[], date: string): readonly CalendarEvent[] {
  return events.filter(({ start, end }) => isoDay(start) <= date && date <= isoDay(end ?? Math.max(start, now.value)));
}

function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}
