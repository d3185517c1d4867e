import { spyOn } from 'bun:test';
import { createLog } from '../../src/lib/log.ts';
import * as output from '../../src/lib/output.ts';
import type { Context } from '../../src/run/context.ts';
import { ErrorChanges } from '../../src/run/ongoing-errors.ts';
import type { Place } from './place.ts';

/** Since when the stored errors last: a little over three hours. */
const since = () => new Date(Date.now() - 3 * 3_600_000 - 1000).toISOString();

/**
 * Does the work of an unattended run while these errors are stored, by subject. Returns what it prints, without the
 * time, and the subjects of the errors that are stored afterwards.
 */
export async function unattended(place: Place, known: readonly string[], work: (context: Context) => Promise<unknown>) {
  const troubles = Object.fromEntries(known.map((about) => [about, { since: since(), first: '✗ HTTP 500', said: [] }]));
  place.withOutbox(({ metadata }) => metadata.write('troubles', JSON.stringify(troubles)));
  const changes = new ErrorChanges();
  const log = createLog({
    terminal: changes.filter,
    format: 'text',
    file: null,
    fileBySystem: new Map(),
    lockRotation: null,
  });
  const printed: string[] = [];
  const print = spyOn(output, 'complain').mockImplementation((text) => void printed.push(text));
  try {
    await work({ ...place.context, log, changes, outbox: { ...place.context.outbox, log } }).catch(() => undefined);
    changes.tell({ ...place.context, outbox: { ...place.context.outbox, log } });
  } finally {
    print.mockRestore();
  }
  const stored = place.withOutbox(({ metadata }) => metadata.read('troubles')) ?? '{}';
  const lines = printed.filter((text) => text !== '').map((text) => text.replace(/^\[[-: 0-9]{19}\] /, '').trimEnd());
  return { lines, stored: Object.keys(JSON.parse(stored)) };
}
