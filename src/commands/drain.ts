import { defineCommand } from 'citty';
import { addressOf } from '../delivery/destinations.ts';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import { checkNamed } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type Context, logged, openContext, routinely } from '../run/context.ts';
import { drainOutbox } from '../run/draining.ts';
import { commonArgs } from './common.ts';
import { outboxIfAny } from './outbox/open.ts';
import { printLines } from './output.ts';

export const drainCommand = defineCommand({
  meta: { description: 'Deliver the entries that are due' },
  args: {
    ...commonArgs,
    stream: { type: 'string', valueHint: 'STREAM', description: 'Only this stream, such as sam/derecho' },
    'max-seconds': {
      type: 'string',
      valueHint: 'N',
      description: 'Start no new entry after N seconds (default: no limit)',
    },
    now: { type: 'boolean', description: 'Ignore the waiting time of entries that failed before' },
    'dry-run': { type: 'boolean', description: 'Print what would be sent; send nothing' },
  },
  async run({ args }) {
    const stream = args.stream ?? null;
    if (args['dry-run']) {
      const context = openContext(args);
      const outbox = outboxIfAny(args);
      printLines(outbox ? bodies(outbox, stream, context) : []);
      outbox?.close();
      return exitCodes.done;
    }
    const maxSeconds = secondsOf(args['max-seconds']);
    return routinely(args, (context) => {
      if (context.hanging === null) checkNamed(context.outbox);
      return logged(context.log, () => drainOutbox(context, { stream, ignoreRest: args.now === true, maxSeconds }));
    });
  },
});

/** Yields the bodies of pending entries; logs the address to which each would be sent. */
function* bodies(outbox: Outbox, stream: string | null, { config, log }: Context): Generator<string> {
  for (const entry of outbox.list('pending')) {
    if (stream !== null && entry.stream !== stream) continue;
    const address = addressOf(entry.destination, config) ?? '(no address configured)';
    log.info(`[DRY RUN] Would POST to ${address}${entry.path} (entry ${entry.id})`);
    yield outbox.body(entry);
  }
}

function secondsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = Number(text);
  if (!(seconds > 0)) throw new OperatorError(`--max-seconds ${text}: give a number of seconds`);
  return seconds;
}
