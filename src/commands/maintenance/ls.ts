import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import { maintenances } from '../../outage/maintenance.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { outboxIfAny } from '../outbox/open.ts';
import { printLines } from '../output.ts';

export const lsCommand = defineCommand({
  meta: { description: 'List the systems in maintenance' },
  args: { ...commonArgs, json: { type: 'boolean', description: 'Print one JSON object for each system' } },
  async run({ args }) {
    const outbox = outboxIfAny(args);
    const all = outbox ? maintenances(outbox, new Date()) : [];
    outbox?.close();
    if (args.json) printLines(all.map((one) => jsonLine(one)));
    else if (all.length === 0) printLines(['No system is in maintenance.']);
    else {
      const rows = all.map(({ system, since, until, reason }) => [
        printable(system, 60),
        readableUtc(since),
        readableUtc(until),
        printable(reason ?? '-', 100),
      ]);
      printLines(tableLines(['SYSTEM', 'SINCE (UTC)', 'UNTIL (UTC)', 'REASON'], rows, []));
    }
    return exitCodes.done;
  },
});
