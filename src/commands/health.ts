import { defineCommand } from 'citty';
import { statuses } from '../health/findings.ts';
import { statusLine } from '../health/nagios.ts';
import { prometheusText, writeTextfile } from '../health/prometheus.ts';
import { type HealthReport, healthJson, healthReport, withoutCondition } from '../health/report.ts';
import { operatorErrorOf } from '../lib/errors.ts';
import { complain } from '../lib/output.ts';
import { terminalColumns } from '../lib/terminal.ts';
import { printable } from '../lib/text.ts';
import { type CommonArgs, openContext } from '../run/context.ts';
import { commonArgs } from './common.ts';
import { wrapped } from './layout.ts';
import { jsonLine } from './outbox/entry-json.ts';
import { printLines } from './output.ts';

export const healthCommand = defineCommand({
  meta: {
    description: 'Report the health in one line, as a Nagios plugin',
  },
  args: {
    ...commonArgs,
    prometheus: { type: 'string', valueHint: 'FILE', description: 'Also write a textfile for node_exporter' },
    json: { type: 'boolean', description: 'Print one JSON object instead of the line' },
  },
  async run({ args }) {
    const now = new Date();
    const report = reportFor(args, args.prometheus, now);
    // Cron mails all output.
    const isSilent = args.quiet === true && report.status === 'ok';
    if (!isSilent) printLines(args.json ? [jsonLine(healthJson(report))] : linesOf(report));
    return statuses.indexOf(report.status);
  },
});

/** Returns the line of a Nagios plugin; on a terminal, lines for a person: no performance data, and each finding by itself. */
function linesOf({ status, line, summary, findings }: HealthReport): string[] {
  if (terminalColumns() === null) return [line];
  const problems = findings.filter((finding) => finding.status !== 'ok');
  if (problems.length < 2) return [wrapped(summary, 4)];
  const listed = problems.map((finding) => `  ${finding.status.padEnd(8)}  ${wrapped(finding.text, 12)}`);
  return [statusLine(status, `${problems.length} findings`), ...listed];
}

/** Returns the health. A wrong configuration is reported as unknown, because its usual exit code 2 means critical here. */
function reportFor(args: CommonArgs, textfile: string | undefined, now: Date): HealthReport {
  try {
    const report = healthReport(openContext(args), now);
    if (textfile !== undefined && !textfile.endsWith('.prom'))
      complain(
        `hpc-collector: node_exporter reads only files whose names end with .prom, not ${printable(textfile)}\n`,
      );
    if (textfile !== undefined) writeTextfile(textfile, prometheusText(report.condition, report.status, now));
    return report;
  } catch (error) {
    const known = operatorErrorOf(error);
    if (known === null) throw error;
    return withoutCondition('unknown', printable(known.message));
  }
}
