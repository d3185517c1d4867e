import { readFileSync, renameSync, rmSync } from 'node:fs';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { codeOf } from '../../lib/sqlite.ts';
import { counted } from '../../lib/text.ts';
import type { ForeignEntry } from '../entry.ts';
import type { Outbox } from '../outbox.ts';
import { OutboxUnwritable } from '../unwritable.ts';
import { parseAnswer, parseEntry } from './files.ts';
import type { Spool } from './spool.ts';

/**
 * Takes what lies in the spool into the outbox, and out of the spool. Throws OutboxUnwritable where an answer cannot be
 * recorded yet: until then its entry looks as if it had not been sent, so nothing must be.
 */
export function takeInSpool(outbox: Outbox, spool: Spool, log: Log): void {
  for (const file of spool.answers()) take(file, parseAnswer, (answer) => outbox.record(answer.id, answer), log);
  const files = spool.entries();
  let taken = 0;
  try {
    for (const file of files) {
      take(file, parseEntry, (entry) => takeInEntry(outbox, entry), log);
      taken += 1;
    }
  } catch (error) {
    if (!(error instanceof OutboxUnwritable)) throw error;
    log.warn(`${counted(files.length - taken, 'snapshot')} still cannot be taken into the outbox: ${error.message}`);
  }
  if (taken > 0) log.info(`Took ${counted(taken, 'snapshot')} into the outbox that it could not be given before`);
}

function takeInEntry(outbox: Outbox, entry: ForeignEntry): void {
  // Another system's snapshot may have its moment by now; the next free one orders it as well.
  for (let milliseconds = 0; !outbox.has(entry.id); milliseconds++) {
    outbox.takeIn({ ...entry, collectedAt: new Date(entry.collectedAt.getTime() + milliseconds) });
  }
}

/** Takes one file in. A file that is not what it should be is put aside for a person; one that cannot be read is left. */
function take<T>(file: string, parse: (text: string) => T, put: (content: T) => void, log: Log): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // Another process was quicker.
    if (codeOf(error) === 'ENOENT') return;
    throw new OutboxUnwritable(`cannot read ${file}: ${messageOf(error)}`, 'check its disk: dmesg; df -h', error);
  }
  let content: T;
  try {
    content = parse(text);
  } catch (error) {
    log.error(`cannot take in ${file}: ${messageOf(error)}; it is kept as ${file}.damaged`);
    renameSync(file, `${file}.damaged`);
    return;
  }
  put(content);
  rmSync(file, { force: true });
}
