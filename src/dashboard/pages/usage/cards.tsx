import { Fact, Facts } from '../../components/facts.tsx';
import type { UsageAnswer, UsageValues } from '../../data/usage.ts';
import { exact, percent, plural, short } from '../../format/numbers.ts';
import { hoursText } from './charts.ts';

type Card = {
  readonly name: string;
  readonly value: (values: UsageValues) => number | null | undefined;
  readonly text: (value: number | null | undefined) => string;
};

const cards: readonly Card[] = [
  { name: 'Jobs', value: ({ jobs }) => jobs, text: short },
  { name: 'Users', value: ({ users }) => users, text: short },
  { name: 'CPU hours', value: ({ cpu_hours }) => cpu_hours, text: short },
  { name: 'GPU hours', value: ({ gpu_hours }) => gpu_hours, text: short },
  { name: 'Node hours', value: ({ node_hours }) => node_hours, text: short },
  { name: 'Median wait', value: ({ wait }) => wait?.median, text: hoursText },
  { name: 'Median duration', value: ({ duration }) => duration?.median, text: hoursText },
];

/**
 * The totals of the window, each with its change against the window before.
 * @param hasUsers false on the page of one user, where the number of users says nothing
 */
export function Cards({ answer, hasUsers }: { answer: UsageAnswer; hasUsers: boolean }) {
  const { total, previous } = answer;
  return (
    <Facts>
      {cards
        .filter(({ name }) => hasUsers || name !== 'Users')
        .map(({ name, value, text }) => {
          const now = value(total);
          const before = previous === null ? null : value(previous.total);
          return (
            <Fact key={name} name={name} detail={changeText(now, before, previous, text)}>
              <span title={exact(now)}>{text(now)}</span>
            </Fact>
          );
        })}
      {total.efficiency && (
        <Fact name="CPU efficiency" detail={`of ${plural(total.efficiency.jobs, 'sampled job')}`}>
          {percent(total.efficiency.percent)}
        </Fact>
      )}
    </Facts>
  );
}

function changeText(
  now: number | null | undefined,
  before: number | null | undefined,
  previous: UsageAnswer['previous'],
  text: Card['text'],
) {
  if (previous === null || before == null || now == null) return null;
  if (before === 0) return <span title={daysOf(previous)}>0 before</span>;
  const change = Math.round((100 * (now - before)) / before);
  const sign = change > 0 ? '+' : change < 0 ? '−' : '±';
  return (
    <span title={daysOf(previous)}>
      {Math.abs(change) > 999 ? '' : `${sign}${Math.abs(change)} % `}from {text(before)}
    </span>
  );
}

function daysOf({ from, to }: { readonly from: string; readonly to: string }): string {
  return `compared with ${from} to ${to}`;
}
