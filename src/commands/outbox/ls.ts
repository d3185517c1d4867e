import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { entryStates } from '../../outbox/entry.ts';
import { commonArgs } from '../common.ts';
import { entryJson } from './entry-json.ts';
import { outboxIfAny } from './open.ts';
import { entryTable } from './table.ts';

export const lsCommand = defineCommand({
  meta: { name: 'ls', description: 'List what is not delivered, oldest first' },
  args: {
    ...commonArgs,
    state: { type: 'string', valueHint: 'STATE', description: `Only ${entryStates.join(', ')}; or all` },
    json: { type: 'boolean', description: 'One JSON object an entry' },
  },
  run({ args }) {
    const state = [...entryStates, 'all' as const].find((name) => name === args.state) ?? null;
    if (args.state !== undefined && state === null) {
      throw new OperatorError(
        `there is no state '${printable(args.state, 40)}': give ${entryStates.join(', ')} or all`,
      );
    }
    const outbox = outboxIfAny(args);
    const entries = outbox?.list(state) ?? [];
    outbox?.close();
    const lines = args.json ? entries.map((entry) => JSON.stringify(entryJson(entry))) : entryTable(entries);
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return exitCodes.done;
  },
});
