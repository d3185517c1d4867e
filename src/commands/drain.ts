import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../lib/errors.ts';
import { Outbox } from '../outbox/outbox.ts';
import { commonArgs } from './common.ts';
import { logged, openContext, routinely } from './context.ts';
import { drainOutbox } from './draining.ts';

export const drainCommand = defineCommand({
  meta: { name: 'drain', description: 'Deliver what is due' },
  args: {
    ...commonArgs,
    stream: { type: 'string', valueHint: 'STREAM', description: 'Only this stream, such as sam/derecho' },
    'max-seconds': { type: 'string', valueHint: 'N', description: 'Begin no new entry after N seconds' },
    now: { type: 'boolean', description: 'Do not wait for the next attempt that is due' },
    'dry-run': { type: 'boolean', description: 'Log what would be sent; send nothing' },
  },
  async run({ args }) {
    const stream = args.stream ?? null;
    if (args['dry-run']) {
      const context = openContext(args);
      const outbox = new Outbox(context.outboxFile);
      for (const entry of outbox.list('pending').filter((other) => stream === null || other.stream === stream)) {
        context.log.info(
          `[DRY RUN] Would POST to ${context.config.sam.baseUrl ?? ''}${entry.path} (entry ${entry.id})`,
        );
        process.stdout.write(`${outbox.body(entry)}\n`);
      }
      outbox.close();
      return exitCodes.done;
    }
    const maxSeconds = secondsOf(args['max-seconds']);
    return routinely(args, (context) =>
      logged(context.log, () => drainOutbox(context, { stream, ignoreRest: args.now === true, maxSeconds })),
    );
  },
});

function secondsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = Number(text);
  if (!(seconds > 0)) throw new OperatorError(`--max-seconds ${text}: give a number of seconds`);
  return seconds;
}
