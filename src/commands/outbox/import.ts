import { defineCommand } from 'citty';
import { exitCodes, messageOf, OperatorError } from '../../lib/errors.ts';
import { linesOf } from '../../lib/lines.ts';
import { complain } from '../../lib/output.ts';
import { counted, printable } from '../../lib/text.ts';
import { type Imported, importEntries } from '../../outbox/import.ts';
import { openForRepair } from '../../outbox/open.ts';
import { openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { standardInput } from '../input.ts';
import { printLines } from '../output.ts';
import { jsonLine } from './entry-json.ts';

/** Longer than any line that an export writes. */
const maxLineBytes = 32 * 1024 ** 2;

export const importCommand = defineCommand({
  meta: { description: 'Import the entries that another host exported' },
  args: {
    ...commonArgs,
    file: { type: 'positional', required: false, description: 'Exported file (default: standard input, also -)' },
    json: { type: 'boolean', description: 'Print the counts as one JSON object' },
  },
  async run({ args }) {
    const context = openContext(args);
    const chunks = args.file === undefined || args.file === '-' ? standardInput() : fileChunks(args.file);
    const outbox = openForRepair(context.outbox, 'import');
    try {
      const { max_mib } = context.config.collector.outbox;
      const result = await importEntries(outbox, linesOf(chunks, maxLineBytes), max_mib * 1024 ** 2, (line, problem) =>
        complain(`line ${line} ${printable(problem, 300)}: not imported\n`),
      );
      if (result.fullAt !== null)
        complain(
          `line ${result.fullAt} and later lines are not imported: the outbox is limited to ${max_mib} MiB; raise outbox.max_mib, or drain first, then import the file again\n`,
        );
      printLines([args.json ? jsonLine(countsOf(result)) : sentenceOf(result)]);
      return result.bad > 0 || result.fullAt !== null ? exitCodes.failed : exitCodes.done;
    } finally {
      outbox.close();
    }
  },
});

async function* fileChunks(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* Bun.file(file).stream();
  } catch (error) {
    throw new OperatorError(`cannot read ${printable(file)}: ${messageOf(error)}`, { cause: error });
  }
}

function countsOf({ taken, here, delivered, bad, fullAt }: Imported): Record<string, unknown> {
  return { ...taken, here_already: here, delivered, bad, full_at_line: fullAt };
}

function sentenceOf({ taken, here, delivered, bad }: Imported): string {
  const parts = [
    taken.held > 0 ? `${taken.held} held: release them with outbox release` : null,
    taken.rejected > 0 ? `${taken.rejected} rejected: retry them with outbox retry` : null,
    here > 0 ? `${here} already in the outbox` : null,
    delivered > 0 ? `${delivered} skipped: delivered already` : null,
    bad > 0 ? `${counted(bad, 'bad line')}` : null,
  ].filter((part) => part !== null);
  const total = taken.pending + taken.held + taken.rejected;
  return `${counted(total, 'entry', 'entries')} imported${parts.length === 0 ? '' : ` (${parts.join('; ')})`}`;
}
