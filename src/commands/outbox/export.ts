import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { counted } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Entry } from '../../outbox/entry.ts';
import { type EntryKey, entryStates } from '../../outbox/entry.ts';
import { exportEntries } from '../../outbox/export.ts';
import { drainLockFile } from '../../outbox/files.ts';
import { undelivered } from '../../outbox/filter.ts';
import { tryLock } from '../../outbox/lock.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { steer } from '../../outbox/steer.ts';
import { commonArgs } from '../common.ts';
import { printLines, writeLines } from '../output.ts';
import { chooseArgs, chooseEntries } from './choose.ts';
import { isFiltered } from './filter-args.ts';
import { existingOutbox, ownOutbox } from './open.ts';

const { json: _, ...ownArgs } = chooseArgs;

export const exportCommand = defineCommand({
  meta: {
    description: 'Print entries as JSON Lines for the import on another host',
  },
  args: {
    ...commonArgs,
    ...ownArgs,
    hold: { type: 'boolean', description: 'Hold the exported entries on this host' },
    output: { type: 'string', valueHint: 'FILE', description: 'Write to a new private file' },
  },
  async run({ args }) {
    const { outbox, lock } = args.hold ? exclusively(args) : { outbox: existingOutbox(args), lock: null };
    try {
      const isChosen = args._.length > 0 || isFiltered(args) || args.all === true;
      const applicable = args.state === undefined && args._.length === 0 ? undelivered : entryStates;
      const entries = await chooseEntries(outbox, isChosen ? args : { ...args, all: true }, applicable);
      const reason = `exported ${readableUtc(new Date())} UTC`;
      const waiting = entries.filter((entry) => args.hold && entry.state === 'pending');
      // Hold before the first line is written: this host must not send entries that another host may have.
      const held = steer(outbox, waiting, (entry) => outbox.hold(entry, reason));
      const hint =
        held.size === 0 ? '' : `; ${held.size} held on this host: drop them after the import, or release them`;
      let damaged = 0;
      let written = 0;
      const lines = function* () {
        for (const exported of exportEntries(outbox, current(outbox, entries, held))) {
          if (exported.kind === 'line') {
            written += 1;
            yield exported.line;
          } else {
            damaged += 1;
            complain(`${exported.entry.id} is not exported: ${exported.reason}\n`);
          }
        }
      };
      if (args.output === undefined) printLines(lines());
      else writeLines(args.output, lines());
      complain(`${counted(written, 'entry', 'entries')} exported${hint}\n`);
      return damaged === 0 ? exitCodes.done : exitCodes.failed;
    } finally {
      outbox.close();
      lock?.release();
    }
  },
});

/** Takes the lock of the drain, because an entry that is being sent must not also go to another host. */
function exclusively(args: Parameters<typeof ownOutbox>[0]) {
  const { outbox, context } = ownOutbox(args);
  const lock = tryLock(drainLockFile(context.outbox.file), context.log.warn);
  if (lock) return { outbox, lock };
  outbox.close();
  throw new OperatorError('a drain is running: try again when it has ended', { exitCode: exitCodes.locked });
}

/** Yields the current entries, those just held with their earlier state; skips entries that have disappeared. */
function* current(outbox: Outbox, keys: readonly EntryKey[], held: ReadonlySet<EntryKey>): Generator<Entry> {
  for (const key of keys) {
    const entry = outbox.find(key);
    if (entry) yield held.has(key) ? { ...entry, state: 'pending', lastError: null } : entry;
  }
}
