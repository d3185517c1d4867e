import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problemWithOthers } from '../../src/outbox/others.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

test.each([
  ['the file', 'real/outbox.db', 0o620],
  ['its directory', 'real', 0o770],
  ['the directory of a link to it', 'links', 0o707],
])('that others can write %s is a problem, through a symbolic link too', (_, writable, mode) => {
  const inside = (name: string) => join(directory.path, name);
  for (const name of ['real', 'links']) mkdirSync(inside(name), { mode: 0o700 });
  writeFileSync(inside('real/outbox.db'), '', { mode: 0o600 });
  symlinkSync(inside('real/outbox.db'), inside('links/outbox.db'));
  expect(problemWithOthers(inside('links/outbox.db'))).toBeNull();
  chmodSync(inside(writable), mode);
  expect(problemWithOthers(inside('links/outbox.db'))).toContain(`can be written by others (mode ${mode.toString(8)})`);
});
