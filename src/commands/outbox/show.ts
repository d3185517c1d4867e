import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Attempt, Entry } from '../../outbox/entry.ts';
import { commonArgs } from '../common.ts';
import { attemptJson, entryJson } from './entry-json.ts';
import { findEntry } from './find.ts';
import { existingOutbox } from './open.ts';

export const showCommand = defineCommand({
  meta: { name: 'show', description: 'Show one entry: its attempts, its body, and the answer it got' },
  args: {
    ...commonArgs,
    id: {
      type: 'positional',
      required: true,
      description: 'The entry: its id, or as much of its beginning as no other has',
    },
    json: { type: 'boolean', description: 'As one JSON object' },
  },
  run({ args }) {
    const outbox = existingOutbox(args);
    const entry = findEntry(outbox, args.id);
    const attempts = outbox.attempts(entry);
    const body: unknown = JSON.parse(outbox.body(entry));
    outbox.close();
    const text = args.json
      ? JSON.stringify({ ...entryJson(entry), answer: entry.answer, attempts_made: attempts.map(attemptJson), body })
      : describe(entry, attempts, body);
    process.stdout.write(`${text}\n`);
    return exitCodes.done;
  },
});

function describe(entry: Entry, attempts: readonly Attempt[], body: unknown): string {
  const facts: [string, string | null][] = [
    ['Entry', entry.id],
    ['Stream', entry.stream],
    ['Request', `${entry.method} ${entry.path}, ${entry.bodyBytes} bytes, sha-256 ${entry.bodySha256}`],
    ['Collected', `${readableUtc(entry.collectedAt)} UTC`],
    ['Failed probes', entry.failedProbes.length === 0 ? null : entry.failedProbes.join(', ')],
    ['State', stateOf(entry)],
    ['Last error', entry.lastError],
    ['Answer', entry.answer],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== null);
  const tries = attempts.map(
    (attempt) =>
      `  ${readableUtc(attempt.at)}  ${attempt.seconds.toFixed(1).padStart(5)} s  ${attempt.outcome.padEnd(13)}  ${printable(attempt.detail, 300)}`,
  );
  return [
    ...known.map(([name, value]) => `${`${name}:`.padEnd(15)}${printable(value, 2000)}`),
    `Attempts: ${attempts.length === 0 ? 'none' : ''}`,
    ...tries,
    'Body:',
    JSON.stringify(body, null, 2),
  ].join('\n');
}

function stateOf(entry: Entry): string {
  if (entry.state === 'delivered') return `delivered ${entry.deliveredAt ? readableUtc(entry.deliveredAt) : ''} UTC`;
  if (entry.state !== 'pending') return entry.state;
  const next = entry.nextAttemptAt === null ? 'due now' : `next attempt ${readableUtc(entry.nextAttemptAt)} UTC`;
  return `pending, ${next}${entry.firstSentAt === null ? '' : '; it was sent and may be there already'}`;
}
