import { defineCommand } from 'citty';
import { parseDuration } from '../../lib/duration.ts';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import { parseTimestamp } from '../../lib/timestamp.ts';
import { startMaintenance } from '../../outage/maintenance.ts';
import { commonArgs } from '../common.ts';
import { ownOutbox } from '../outbox/open.ts';
import { printLines } from '../output.ts';
import { checkSystem } from './system.ts';

export const startCommand = defineCommand({
  meta: { description: 'Start a maintenance until a given time' },
  args: {
    ...commonArgs,
    system: { type: 'positional', required: true, description: 'Name of the system' },
    until: { type: 'string', valueHint: 'TIME', description: 'End time (ISO 8601, UTC)' },
    for: { type: 'string', valueHint: 'AGE', description: 'Duration instead of an end time: 90m, 6h, 2d' },
    reason: { type: 'string', valueHint: 'TEXT', description: 'Reason, shown in listings' },
  },
  async run({ args }) {
    const now = new Date();
    const until = endOf(args, now);
    const { outbox, context } = ownOutbox(args);
    try {
      checkSystem(args.system, outbox, context);
      const started = { system: args.system, since: now, until, reason: args.reason ?? null };
      startMaintenance(outbox, started);
    } finally {
      outbox.close();
    }
    printLines([`${args.system} is in maintenance until ${readableUtc(until)} UTC`]);
    return exitCodes.done;
  },
});

function endOf(args: { readonly until?: string | undefined; readonly for?: string | undefined }, now: Date): Date {
  if ((args.until === undefined) === (args.for === undefined))
    throw new OperatorError('the end is needed: give either --until TIME or --for AGE');
  if (args.for === undefined) return untilOf(args.until ?? '', now);
  const duration = parseDuration(args.for);
  if (duration !== null && duration > 0) return new Date(now.getTime() + duration);
  throw new OperatorError(`--for ${printable(args.for, 40)}: give an age such as 90m, 6h or 2d`);
}

function untilOf(text: string, now: Date): Date {
  const until = parseTimestamp(text);
  if (until === null) {
    throw new OperatorError(`--until ${printable(text, 40)}: give a time in ISO 8601, UTC, such as 2026-05-01T18:00`);
  }
  if (until > now) return until;
  throw new OperatorError(`--until ${printable(text, 40)} is in the past: it is ${readableUtc(now)} UTC now`);
}
