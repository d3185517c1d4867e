import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import { deliveryOf } from '../../outage/describe.ts';
import { listOutages } from '../../outage/outage-table.ts';
import type { KnownOutage } from '../../outage/row.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { commonArgs } from '../common.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { outboxIfAny } from '../outbox/open.ts';
import { tableLines } from '../outbox/table.ts';
import { printLines } from '../output.ts';

export const lsCommand = defineCommand({
  meta: {
    name: 'ls',
    description: 'List the open outages that this host reported',
  },
  args: {
    ...commonArgs,
    all: { type: 'boolean', description: 'Include outages resolved in the last 90 days' },
    json: { type: 'boolean', description: 'Print one JSON object for each outage' },
  },
  async run({ args }) {
    const outbox = outboxIfAny(args);
    const outages = outbox ? listOutages(outbox, args.all === true) : [];
    const lines = outbox && outages.length > 0 ? (args.json ? json : table)(outbox, outages) : [];
    outbox?.close();
    printLines(lines.length === 0 && !args.json ? ['No outage is known.'] : lines);
    return exitCodes.done;
  },
});

function json(outbox: Outbox, outages: readonly KnownOutage[]): string[] {
  return outages.map((outage) =>
    jsonLine({
      key: outage.outage_key,
      system: outage.system_name,
      title: outage.title,
      severity: outage.severity,
      status: outage.status,
      component: outage.component ?? null,
      description: outage.description ?? null,
      start_time: outage.start_time.toISOString(),
      end_time: outage.end_time?.toISOString() ?? null,
      estimated_resolution: outage.estimated_resolution?.toISOString() ?? null,
      reported_at: outage.outage_reported_at.toISOString(),
      rule: outage.outage_rule?.name ?? null,
      affected: outage.outage_rule?.affected ?? [],
      outage_ids: outage.ids,
      delivery: deliveryOf(outbox, outage),
    }),
  );
}

function table(outbox: Outbox, outages: readonly KnownOutage[]): string[] {
  const rows = outages.map((outage) => [
    outage.outage_key,
    outage.system_name,
    outage.severity,
    outage.status,
    readableUtc(outage.start_time),
    outage.end_time ? readableUtc(outage.end_time) : '-',
    deliveryOf(outbox, outage),
    outage.ids.join(', ') || '-',
  ]);
  const header = ['KEY', 'SYSTEM', 'SEVERITY', 'STATUS', 'SINCE (UTC)', 'UNTIL (UTC)', 'REPORT', 'OUTAGE_ID'];
  return tableLines(header, rows, []).flatMap((line, index) => {
    const outage = outages[index - 1];
    if (!outage) return [line];
    const component = outage.component === undefined ? '' : `${printable(outage.component, 128)}: `;
    return [line, `    ${component}${printable(outage.title, 160)}`];
  });
}
