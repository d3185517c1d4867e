import { join } from 'node:path';
import type { Entry, NewEntry } from '../../src/outbox/entry.ts';
import type { Outbox } from '../../src/outbox/outbox.ts';
import { addEntry } from '../support/add-entry.ts';

const program = join(import.meta.dir, 'program.ts');

/** The command line of `program.ts`. */
export function programOf(verb: string, file: string, argument = ''): string[] {
  return [process.execPath, program, verb, file, argument];
}

let added = 0;

/** An entry for a stream, each a second after the one before. */
export function newEntry(rest: Partial<NewEntry> = {}): NewEntry {
  added += 1;
  return {
    stream: 'sam/derecho',
    destination: 'sam',
    method: 'POST',
    path: '/api/v1/status/derecho',
    body: '{"a":1}',
    collectedAt: new Date(Date.UTC(2026, 0, 1) + added * 1000),
    failedProbes: [],
    rejectedBecause: null,
    ...rest,
  };
}

/** Adds an entry and gives it back as it is stored. */
export function store(outbox: Outbox, rest: Partial<NewEntry> = {}): Entry {
  return again(outbox, addEntry(outbox, newEntry(rest)));
}

/** An entry as it is stored now. */
export function again(outbox: Outbox, id: string): Entry {
  const [entry] = outbox.withPrefix(id, 1);
  if (!entry) throw new Error(`there is no entry ${id}`);
  return entry;
}
