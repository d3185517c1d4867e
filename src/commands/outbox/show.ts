import { defineCommand } from 'citty';
import { shortDuration } from '../../lib/duration.ts';
import { exitCodes, messageOf, OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Attempt, Entry } from '../../outbox/entry.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { entriesOf } from '../../outbox/selection.ts';
import { mayBeThere, type Waiting, waitingOf } from '../../outbox/waiting.ts';
import { commonArgs } from '../common.ts';
import { labelled, shortened } from '../layout.ts';
import { printLines } from '../output.ts';
import { attemptJson, entryJson, jsonLine } from './entry-json.ts';
import { existingOutbox } from './open.ts';
import { entryIds } from './table.ts';

export const showCommand = defineCommand({
  meta: { description: 'Show one entry: its state, attempts and answer' },
  args: {
    ...commonArgs,
    id: {
      type: 'positional',
      required: true,
      description: 'Id of the entry, or its unique beginning',
    },
    body: { type: 'boolean', description: 'Print the body of the request instead' },
    json: { type: 'boolean', description: 'Print one JSON object' },
  },
  async run({ args }) {
    const outbox = existingOutbox(args);
    const entry = findEntry(outbox, args.id);
    const shown: Shown = {
      entry,
      attempts: outbox.attempts(entry),
      waiting: waitingOf(outbox, entry, new Date()),
      body: bodyOf(outbox, entry),
      shortId: entryIds(outbox, [entry])[0] ?? entry.id,
    };
    outbox.close();
    if (args.body) {
      if ('damage' in shown.body) throw new OperatorError(shown.body.damage, { exitCode: exitCodes.failed });
      printLines([jsonLine(shown.body.value, 2)]);
    } else printLines(args.json ? [json(shown)] : describe(shown));
    return exitCodes.done;
  },
});

/** The column at which the values of the summary begin. */
const valueColumn = 15;

/** Number of attempts that the summary lists; it then fits a screen of 24 lines. */
const shownAttempts = 5;

type Shown = {
  readonly entry: Entry;
  readonly attempts: readonly Attempt[];
  readonly waiting: Waiting | null;
  readonly body: Body;
  /** The id, or its prefix, to type in commands. */
  readonly shortId: string;
};

/** The body: as JSON, or as text if it is not JSON; or why it cannot be read. */
type Body = { readonly value: unknown } | { readonly damage: string };

function bodyOf(outbox: Outbox, entry: Entry): Body {
  let text: string;
  try {
    text = outbox.body(entry);
  } catch (error) {
    return { damage: messageOf(error) };
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { value: text };
  }
}

function json({ entry, attempts, waiting, body }: Shown): string {
  return jsonLine({
    ...entryJson(entry),
    method: entry.method,
    path: entry.path,
    body_sha256: entry.bodySha256,
    waits_because: waiting?.reason ?? null,
    waits_until: waiting?.until?.toISOString() ?? null,
    may_be_there: mayBeThere(entry, attempts),
    answer: entry.answer,
    attempts_made: attempts.map(attemptJson),
    body: 'value' in body ? body.value : null,
    ...('damage' in body ? { body_damage: body.damage } : {}),
  });
}

function describe({ entry, attempts, waiting, body, shortId }: Shown): string[] {
  const age = shortDuration(Date.now() - entry.collectedAt.getTime());
  const facts: [string, string | null][] = [
    ['Entry', entry.id],
    ['Stream', entry.stream],
    ['Request', `${entry.method} ${entry.path}, ${entry.bodyBytes} bytes, sha-256 ${entry.bodySha256}`],
    ['Collected', `${readableUtc(entry.collectedAt)} UTC, ${age} ago`],
    ['Failed probes', entry.failedProbes.length === 0 ? null : entry.failedProbes.join(', ')],
    ['State', entry.deliveredAt ? `delivered ${readableUtc(entry.deliveredAt)} UTC` : entry.state],
    ['Pending', waiting && `${waiting.reason}${waiting.until ? `; until ${readableUtc(waiting.until)} UTC` : ''}`],
    ['May be stored', mayBeThere(entry, attempts) ? thereAlready(entry) : null],
    ['Last error', entry.lastError],
    ['Answer', entry.answer],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== null);
  const tries = attempts
    .slice(-shownAttempts)
    .map((attempt) =>
      shortened(
        `  ${readableUtc(attempt.at)}  ${attempt.seconds.toFixed(1).padStart(5)} s  ${printable(attempt.outcome, 40).padEnd(13)}  ${printable(attempt.detail, 150)}`,
      ),
    );
  const earlier = attempts.length - tries.length;
  return [
    ...known.map(([name, value]) => labelled(name, printable(value, 200), valueColumn)),
    `Attempts: ${attempts.length === 0 ? 'none' : ''}`.trimEnd(),
    ...(earlier > 0 ? [`  … ${earlier} earlier: hpc-collector outbox show ${shortId} --json`] : []),
    ...tries,
    labelled(
      'Body',
      'damage' in body ? printable(body.damage) : `hpc-collector outbox show ${shortId} --body`,
      valueColumn,
    ),
  ];
}

function thereAlready(entry: Entry): string {
  if (entry.state === 'delivered') return 'perhaps twice: an attempt before the last one had no clear answer';
  const since = entry.firstSentAt === null ? '' : `, first at ${readableUtc(entry.firstSentAt)} UTC`;
  return `it was sent${since}, without a clear answer: the API may have stored it, and sending it again may store it twice`;
}

/** Returns the one entry whose id begins with `prefix`. Throws OperatorError if there is none or more than one. */
function findEntry(outbox: Outbox, prefix: string): Entry {
  const [entry] = entriesOf(outbox, [prefix]);
  if (!entry) throw new OperatorError('no entry is chosen: give its id');
  return entry;
}
