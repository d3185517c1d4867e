import { defineCommand } from 'citty';
import { noSoftwareRules, readSoftwareRules, softwareRules } from '../../config/software-rules.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import type { MeasuredJob } from '../../lib/sampled-job.ts';
import { openContext } from '../../run/context.ts';
import { measuredInFiles } from '../../sampler/report/files.ts';
import { type ReportRow, reportRows, type Subject, subjects } from '../../sampler/report/sums.ts';
import { measuredInStore } from '../../server/sampled/read.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { printLines } from '../output.ts';
import { databaseArg, databaseOf } from '../serve/database.ts';

export const reportCommand = defineCommand({
  meta: { description: 'Sum up what sampled jobs used' },
  args: {
    ...commonArgs,
    directory: {
      type: 'positional',
      required: false,
      description: 'Directory of files; default: those of the receiver',
    },
    by: { type: 'enum', options: [...subjects], default: 'software', description: 'What the rows are about' },
    rules: { type: 'string', valueHint: 'FILE', description: 'YAML file that maps paths to software' },
    format: { type: 'enum', options: ['table', 'csv', 'json'], default: 'table', description: 'Form of the output' },
    cluster: { type: 'string', valueHint: 'NAME', description: 'Cluster in the receiver' },
    ...databaseArg,
  },
  async run({ args }) {
    const context = openContext(args);
    const subject = subjects.find((one) => one === args.by) ?? 'software';
    const rules = softwareRules(args.rules === undefined ? noSoftwareRules : readSoftwareRules(args.rules));
    const rows = await reportRows(measured(args, context), subject, rules);
    if (args.format === 'json') printLines(rows.map((row) => JSON.stringify(jsonOf(row, subject))));
    else if (args.format === 'csv') printLines(csvOf(rows, subject));
    else printLines(rows.length === 0 ? ['Nothing was sampled.'] : tableOf(rows, subject));
    return exitCodes.done;
  },
});

function measured(
  {
    directory,
    cluster,
    database,
  }: { directory?: string | undefined; cluster?: string | undefined; database?: string | undefined },
  context: ReturnType<typeof openContext>,
): AsyncIterable<MeasuredJob> {
  if (directory !== undefined) return measuredInFiles(directory, context.log);
  if (cluster === undefined) {
    throw new OperatorError('sample report needs a directory of files, or --cluster for jobs in the receiver');
  }
  return measuredInStore(databaseOf(database, context), cluster);
}

function jsonOf({ name, version, jobs, cpuSeconds, share }: ReportRow, subject: Subject): Record<string, unknown> {
  const versioned = subject === 'software' ? { version } : {};
  return { [subject]: name, ...versioned, jobs, cpu_seconds: cpuSeconds, share_percent: share };
}

/** RFC 4180, without the line break of DOS. A cell that a spreadsheet would calculate gets an apostrophe before it. */
function csvOf(rows: readonly ReportRow[], subject: Subject): string[] {
  const all = rows.map((row) => jsonOf(row, subject));
  const names = Object.keys(jsonOf({ name: '', version: '', jobs: 0, cpuSeconds: 0, share: 0 }, subject));
  return [names.join(','), ...all.map((row) => names.map((name) => cell(row[name])).join(','))];
}

function cell(value: unknown): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function tableOf(rows: readonly ReportRow[], subject: Subject): string[] {
  const isSoftware = subject === 'software';
  const right = isSoftware ? [2, 3, 4] : [1, 2, 3];
  const cells = rows.map(({ name, version, jobs, cpuSeconds, share }) => [
    name,
    ...(isSoftware ? [version || '-'] : []),
    String(jobs),
    (cpuSeconds / 3600).toFixed(2),
    `${share.toFixed(2)} %`,
  ]);
  return tableLines(
    [subject.toUpperCase(), ...(isSoftware ? ['VERSION'] : []), 'JOBS', 'CPU HOURS', 'SHARE'],
    cells,
    right,
  );
}
