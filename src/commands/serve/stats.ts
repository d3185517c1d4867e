import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { openContext } from '../../run/context.ts';
import { withStore } from '../../server/store/open.ts';
import { sizesByKind } from '../../server/store/statistics.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { size } from '../outbox/table.ts';
import { printLines } from '../output.ts';
import { databaseArg, databaseOf } from './database.ts';

export const statsCommand = defineCommand({
  meta: { description: "Show the rows and the size of the receiver's data by kind" },
  args: {
    ...commonArgs,
    ...databaseArg,
    json: { type: 'boolean', description: 'Print one JSON object for each kind' },
  },
  async run({ args }) {
    const kinds = await withStore(databaseOf(args.database, openContext(args)), sizesByKind);
    if (args.json) printLines(kinds.map((kind) => jsonLine(kind)));
    else {
      const rows = kinds.map(({ kind, rows, bytes }) => [kind, String(rows), size(bytes)]);
      printLines(tableLines(['KIND', 'ROWS', 'SIZE'], rows, [1, 2]));
    }
    return exitCodes.done;
  },
});
