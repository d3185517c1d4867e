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
 * Moves the answers and entries in the spool to the outbox. Throws OutboxUnwritable if an answer cannot be recorded
 * yet: its entry looks as if it had not been sent, so the caller must not send entries.
 */
export function takeInSpool(outbox: Outbox, spool: Spool, log: Log): void {
  for (const file of spool.answers()) take(file, parseAnswer, (answer) => outbox.record(answer.id, answer), log);
  const files = spool.entries();
  let imported = 0;
  for (const [index, file] of files.entries()) {
    try {
      if (take(file, parseEntry, (entry) => takeInEntry(outbox, entry), log)) imported += 1;
    } catch (error) {
      if (!(error instanceof OutboxUnwritable)) throw error;
      const left = counted(files.length - index, 'snapshot');
      log.warn(`${left} still cannot be imported into the outbox: ${error.message}`);
      break;
    }
  }
  if (imported > 0) log.info(`Imported ${counted(imported, 'snapshot')} from the fallback directory into the outbox`);
}

function takeInEntry(outbox: Outbox, entry: ForeignEntry): void {
  // Another system's snapshot may have its timestamp by now. The next free one keeps the order.
  for (let milliseconds = 0; !outbox.has(entry.id); milliseconds++) {
    outbox.takeIn({ ...entry, collectedAt: new Date(entry.collectedAt.getTime() + milliseconds) });
  }
}

/**
 * Imports one file and deletes it. Renames a damaged file. Returns true if the file was imported. Throws
 * OutboxUnwritable if it cannot be read.
 */
function take<T>(file: string, parse: (text: string) => T, put: (content: T) => void, log: Log): boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // Another process has imported it.
    if (codeOf(error) === 'ENOENT') return false;
    throw new OutboxUnwritable(`cannot read ${file}: ${messageOf(error)}`, 'check its disk: dmesg; df -h', error);
  }
  let content: T;
  try {
    content = parse(text);
  } catch (error) {
    log.error(`cannot import ${file}: ${messageOf(error)}; it is kept as ${file}.damaged`);
    renameSync(file, `${file}.damaged`);
    return false;
  }
  put(content);
  rmSync(file, { force: true });
  return true;
}
