import { type ExitCode, exitCodes } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { counted } from '../../lib/text.ts';
import type { EntryKey, EntryState } from '../../outbox/entry.ts';
import { printLines } from '../output.ts';
import { jsonLine } from './entry-json.ts';

/** The result of a command that acts on entries. */
export type Steered = {
  readonly entries: readonly EntryKey[];
  readonly changed: ReadonlySet<EntryKey>;
  /** The new state of the changed entries; null if they were deleted. */
  readonly state: EntryState | null;
  /** The text after their count: `held; …`. */
  readonly result: string;
  readonly json: boolean;
};

/** Prints the result; `failed` if some entries could not be changed. */
export async function report({ entries, changed, state, result, json }: Steered): Promise<ExitCode> {
  const left = entries.filter((entry) => !changed.has(entry) && entry.state !== state);
  for (const entry of left) complain(`${entry.id} is ${entry.state}: unchanged\n`);
  if (json) {
    printLines(
      entries.map((entry) => {
        const isChanged = changed.has(entry);
        return jsonLine({
          id: entry.id,
          stream: entry.stream,
          was: entry.state,
          state: isChanged ? (state ?? 'dropped') : entry.state,
          changed: isChanged,
        });
      }),
    );
  } else printLines([`${counted(changed.size, 'entry', 'entries')} ${result}`]);
  return left.length > 0 ? exitCodes.failed : exitCodes.done;
}
