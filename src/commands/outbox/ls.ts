import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import { type Entry, entryStates } from '../../outbox/entry.ts';
import { Outbox } from '../../outbox/outbox.ts';
import { commonArgs } from '../common.ts';
import { openContext } from '../context.ts';
import { entryJson } from './entry-json.ts';

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
    const outbox = new Outbox(openContext(args).outboxFile);
    const entries = outbox.list(state);
    outbox.close();
    const lines = args.json ? entries.map((entry) => JSON.stringify(entryJson(entry))) : table(entries);
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return exitCodes.done;
  },
});

/** The entries in columns, with the reason why each waits below it; nothing for none. */
function table(entries: readonly Entry[]): string[] {
  if (entries.length === 0) return ['Nothing waits to be delivered.'];
  const width = Math.max(6, ...entries.map((entry) => entry.stream.length));
  const header = `${'ID'.padEnd(36)}  ${'STREAM'.padEnd(width)}  STATE      COLLECTED (UTC)      TRIES  NEXT (UTC)`;
  return [
    header,
    ...entries.flatMap((entry) => {
      const next = entry.state === 'pending' ? (entry.nextAttemptAt ? readableUtc(entry.nextAttemptAt) : 'now') : '-';
      const line = `${entry.id}  ${entry.stream.padEnd(width)}  ${entry.state.padEnd(9)}  ${readableUtc(entry.collectedAt)}  ${String(entry.attempts).padStart(5)}  ${next}`;
      return entry.lastError === null ? [line] : [line, `    ${printable(entry.lastError, 160)}`];
    }),
  ];
}
