import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import { deliveryOf } from '../../outage/describe.ts';
import { isOutageKey, listOutages } from '../../outage/outage-table.ts';
import type { KnownOutage } from '../../outage/row.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { outboxIfAny } from '../outbox/open.ts';
import { printLines } from '../output.ts';
import { shownIds } from '../short-ids.ts';

export const lsCommand = defineCommand({
  meta: {
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
      outage_ids: outage.answers.flatMap(({ ids }) => ids),
      delivery: deliveryOf(outbox, outage),
      answers: Object.fromEntries(outage.answers.map(({ destination, ids }) => [destination, ids])),
    }),
  );
}

function table(outbox: Outbox, outages: readonly KnownOutage[]): string[] {
  const keys = outages.map(({ outage_key }) => outage_key);
  const shown = shownIds(keys, (beginning) => isOutageKey(outbox, beginning));
  const rows = outages.map((outage, index) => [
    shown[index] ?? outage.outage_key,
    printable(outage.system_name, 60),
    outage.severity,
    outage.status,
    readableUtc(outage.start_time),
  ]);
  const details = outages.map((outage) => {
    const component = outage.component === undefined ? '' : `${printable(outage.component, 128)}: `;
    return [`${component}${printable(outage.title, 160)}`, delivered(outbox, outage)];
  });
  return tableLines(['KEY', 'SYSTEM', 'SEVERITY', 'STATUS', 'SINCE (UTC)'], rows, [], details);
}

/** Returns the end of an outage, and how far its reports got. */
function delivered(outbox: Outbox, outage: KnownOutage): string {
  const until = outage.end_time ? `until ${readableUtc(outage.end_time)}, ` : '';
  const all = outage.answers.flatMap(({ ids }) => ids);
  const ids = all.length === 0 ? '' : `, outage_id ${all.join(', ')}`;
  return `${until}report ${deliveryOf(outbox, outage)}${ids}`;
}
