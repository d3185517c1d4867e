import { csvField } from '../dashboard/filter-api.ts';
import type { Answer } from '../engine/answer.ts';
import type { MeasureValue } from '../engine/values.ts';
import type { Report } from './report.ts';

/** A table of a report: its title, headings and rows. */
type Table = {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (string | number | null)[][];
};

/** Returns the tables of a report. */
function tablesOf(report: Report): Table[] {
  return [
    { title: 'Summary', head: ['', 'this period', 'period before', 'change, %'], rows: summaryRows(report.summary) },
    groupTable('By state', report.states, ['jobs', 'cpu_hours', 'gpu_hours']),
    groupTable('By account', report.accounts, ['jobs', 'users', 'cpu_hours', 'gpu_hours']),
    groupTable('By partition', report.partitions, ['jobs', 'users', 'cpu_hours', 'gpu_hours']),
    {
      title: 'Over time (by the days on which jobs ran)',
      head: ['from', 'to', 'jobs', 'users', 'CPU hours', 'GPU hours'],
      // The numbers of a week that begins before the period of the report are of its days in it.
      rows: report.timeline.periods.map(({ start, end }, index) => [
        start < report.timeline.from ? report.timeline.from : start,
        end > report.timeline.to ? report.timeline.to : end,
        ...(['jobs', 'users', 'cpu_hours', 'gpu_hours'] as const).map((measure) =>
          numberIn(report.timeline.series?.[measure]?.[index]),
        ),
      ]),
    },
  ];
}

const words: Readonly<Record<string, string>> = {
  jobs: 'jobs',
  users: 'users',
  cpu_hours: 'CPU hours',
  gpu_hours: 'GPU hours',
  node_hours: 'node hours',
};

function groupTable(
  title: string,
  answer: Answer,
  measures: readonly ('jobs' | 'users' | 'cpu_hours' | 'gpu_hours')[],
): Table {
  return {
    title,
    head: ['name', ...measures.map((measure) => words[measure] ?? measure)],
    rows: answer.groups.map(({ name, total }) => [
      name ?? '(none)',
      ...measures.map((measure) => numberIn(total[measure])),
    ]),
  };
}

function summaryRows({ total, previous }: Answer): Table['rows'] {
  const sums = (['jobs', 'users', 'cpu_hours', 'gpu_hours', 'node_hours'] as const).map((measure) =>
    changeRow(words[measure] ?? measure, numberIn(total[measure]), numberIn(previous?.total[measure])),
  );
  const timings = (['wait', 'duration'] as const).flatMap((kind) =>
    (['mean', 'median', 'p90'] as const).map((name) =>
      changeRow(`${kind}, ${name}, hours`, timingIn(total[kind], name), timingIn(previous?.total[kind], name)),
    ),
  );
  return [...sums, ...timings];
}

function changeRow(name: string, now: number | null, before: number | null): (string | number | null)[] {
  return [name, now, before, now === null || before === null || before === 0 ? null : (100 * (now - before)) / before];
}

function numberIn(value: MeasureValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function timingIn(value: MeasureValue | undefined, name: 'mean' | 'median' | 'p90'): number | null {
  return typeof value === 'object' && value !== null && 'median' in value ? value[name] : null;
}

/** Returns a report as CSV: comments, then a block for each table. */
export function csvOf(report: Report): string {
  const lines = [
    `# Usage of ${report.cluster} in ${report.period}`,
    `# Jobs that ended from ${report.summary.from} to ${report.summary.to}${report.complete ? '' : '; the period has not ended'}`,
    `# Made at ${report.generated_at}`,
  ];
  for (const { title, head, rows } of tablesOf(report)) {
    lines.push('', `# ${title}`, head.map(csvField).join(','), ...rows.map((row) => row.map(csvField).join(',')));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** The style of the page: it prints on paper without colours and with whole rows. */
export const reportStyle = `
body { font: 14px system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 24px; } h2 { font-size: 16px; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { text-align: right; padding: 2px 8px; border-bottom: 1px solid #bbb; }
th { border-color: #555; }
td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; }
@media (max-width: 480px) { body { font-size: 12px; padding: 0 4px; } th, td { padding: 2px 4px; } }
@page { margin: 15mm; }
`;

/** Returns a report as a page that needs nothing else. */
export function htmlOf(report: Report): string {
  const title = `Usage of ${report.cluster} in ${report.period}`;
  const tables = tablesOf(report).map(({ title: caption, head, rows }) => {
    const cells = (tag: string, row: readonly (string | number | null)[]) =>
      `<tr>${row.map((value, column) => `<${tag}>${escaped(shown(value, digitsOf(head[column], row[0])))}</${tag}>`).join('')}</tr>`;
    const body = rows.map((row) => cells('td', row)).join('\n');
    return `<h2>${escaped(caption)}</h2>\n<table><thead>${cells('th', head)}</thead><tbody>\n${body}\n</tbody></table>`;
  });
  const state = report.complete ? '' : ' The period has not ended.';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${reportStyle}</style></head>
<body><h1>${escaped(title)}</h1>
<p>Jobs that ended from ${report.summary.from} to ${report.summary.to}.${state} Made at ${report.generated_at} UTC.</p>
${tables.join('\n')}
</body></html>
`;
}

function shown(value: string | number | null, digits: number): string {
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Returns the decimals of a number, by the name of its column, or of its row in the summary. */
function digitsOf(column: string | undefined, row: string | number | null | undefined): number {
  const name = column?.includes('period') ? String(row) : (column ?? '');
  if (/^(wait|duration)/.test(name)) return 2;
  return /hours|%/.test(name) ? 1 : 0;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
