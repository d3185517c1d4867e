import type { Damages, Probed } from '../lib/records.ts';
import { type Command, describeCommand, type Ending } from './command.ts';
import { failureOf, unreachableOf } from './describe.ts';
import { silentFailure } from './read-text.ts';

/** The result of reading the records of a command, after each was passed on. */
export type ReadRecords = {
  readonly taken: number;
  readonly damaged: Damages;
  readonly printedNothing: boolean;
  /** Why this is not the expected output (`printed no PBS JSON`); null if it can be the expected output. */
  readonly problem: string | null;
};

/**
 * Returns the outcome of such a command. The exit code decides before the content, because a scheduler that is down can
 * print a valid empty list.
 */
export function recordsOutcome(command: Command, ending: Ending, found: ReadRecords): Probed<null> {
  const { taken, damaged, printedNothing, problem } = found;
  const reason = failureOf(command, ending) ?? silentFailure(command, ending, printedNothing);
  if (reason !== null) return { kind: 'failed', reason, unreachable: unreachableOf(ending) };
  const what = describeCommand(command);
  if (problem !== null) return { kind: 'failed', reason: `${what} ${problem}` };
  if (taken === 0 && damaged.count > 0) {
    const first = damaged.first[0]?.problem;
    return { kind: 'failed', reason: `${what}: none of ${damaged.count} records could be read: ${first}` };
  }
  return { kind: 'done', value: null, damaged };
}
