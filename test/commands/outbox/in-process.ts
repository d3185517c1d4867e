import type { ForeignEntry } from '../../../src/outbox/entry.ts';
import { put } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { program } from '../../support/every-command.ts';
import { runInProcess } from '../../support/in-process.ts';
import type { Site } from '../../support/site.ts';

/** Runs a command of the outbox of a site in the process of the test. */
export function runOutbox(site: Site, ...args: readonly string[]) {
  return runInProcess(program, ['outbox', ...args], site.env);
}

/** Stores entries in the outbox of a site. Returns their ids. */
export function storeEntries(site: Site, ...entries: readonly Partial<ForeignEntry>[]): string[] {
  return changeOutbox(site, (box) => entries.map((entry) => put(box, entry).id));
}
