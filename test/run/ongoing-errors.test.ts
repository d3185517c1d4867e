import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import * as output from '../../src/lib/output.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { ErrorChanges } from '../../src/run/ongoing-errors.ts';
import { quickDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';

let directory: ReturnType<typeof quickDirectory>;
let write: ReturnType<typeof spyOn<typeof output, 'complain'>>;
let printed: string[];
beforeEach(() => {
  directory = quickDirectory();
  new Outbox(join(directory.path, 'outbox.db')).close();
  write = spyOn(output, 'complain').mockImplementation((text) => void printed.push(text));
});
afterEach(() => {
  write.mockRestore();
  directory.remove();
});

/** What an unattended run prints with these errors about a subject. */
function runWith(errors: readonly { readonly text: string; readonly probes?: readonly string[] }[], name: string) {
  const file = join(directory.path, 'outbox.db');
  const { log, lines } = memoryLog();
  const changes = new ErrorChanges();
  for (const { text, probes = [] } of errors) changes.filter({ isError: true, name, text, whole: text, probes });
  changes.saw(`collect/${name}`);
  printed = [];
  changes.tell({
    outbox: { file, isNamed: false, host: 'login1', spool: new Spool(`${file}.spool`, file), log },
    hanging: null,
  });
  return [...printed.filter((text) => text !== ''), ...lines];
}

test('an error without probes is about its subject: it is reported once, and its end is too', () => {
  const failure = { text: '✗ sacct failed' };
  expect(runWith([failure], 'jobs/farm')).toEqual(['✗ sacct failed']);
  expect(runWith([failure], 'jobs/farm')).toEqual([]);
  expect(runWith([], 'jobs/farm')).toEqual([
    expect.stringMatching(/^INFO ✓ Recovered after \d+s \(since .* UTC\): sacct failed$/),
  ]);
  expect(runWith([], 'jobs/farm')).toEqual([]);
});

test('an error with probes is about each: two probes of one cause are one recovery', () => {
  const failure = (...probes: string[]) => ({ text: 'ssh to casper failed', probes });
  expect(runWith([failure('nodes', 'jobs')], 'casper')).toEqual(['ssh to casper failed']);
  expect(runWith([failure('jobs')], 'casper')).toEqual([expect.stringContaining('✓ Recovered after')]);
  expect(runWith([], 'casper')).toEqual([expect.stringContaining('✓ Recovered after')]);
});
