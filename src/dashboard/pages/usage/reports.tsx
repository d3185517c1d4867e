import { Section } from '../../components/section.tsx';
import type { UsageAnswer } from '../../data/usage.ts';

/** Links to the reports of the month, the quarter and the year in which the window ends. */
export function Reports({ answer: { to, clusters } }: { answer: UsageAnswer }) {
  const [year = '', month = ''] = to.split('-');
  const periods = [`${year}-${month}`, `${year}-Q${Math.ceil(Number(month) / 3)}`, year];
  return (
    <Section id="reports" title="Reports">
      <ul class="bullets">
        {clusters.map(({ name }) => (
          <li key={name}>
            {name}:{' '}
            {periods.map((period) => (
              <span key={period}>
                {period} (<Report cluster={name} period={period} format="html" text="page" />,{' '}
                <Report cluster={name} period={period} format="csv" text="CSV" />){' '}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Report({ cluster, period, format, text }: { cluster: string; period: string; format: string; text: string }) {
  return (
    <a
      href={`/api/v1/usage/report?${new URLSearchParams({ cluster, period, format })}`}
      data-load="yes"
      aria-label={`Report of ${cluster} in ${period} as ${text}`}
    >
      {text}
    </a>
  );
}
