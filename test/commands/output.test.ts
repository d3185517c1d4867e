/** How commands write their lines. */

import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printLines, writeLines } from '../../src/commands/output.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import * as output from '../../src/lib/output.ts';
import { temporaryDirectory } from '../support/files.ts';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

test('printed lines are written as soon as they are 64 Ki characters', () => {
  const written: string[] = [];
  const print = spyOn(output, 'print').mockImplementation((text) => {
    written.push(text);
  });
  try {
    const long = 'x'.repeat(65_535);
    printLines(['a', 'b']);
    printLines([long, 'c', long.slice(1), 'd']);
    expect(written).toEqual(['a\nb\n', `${long}\n`, `c\n${long.slice(1)}\n`, 'd\n']);
  } finally {
    print.mockRestore();
  }
});

test('a file of lines is new and private', () => {
  const file = join(directory.path, 'lines');
  writeLines(file, ['a', 'b']);
  expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const exists = new Error(`cannot write ${file}: it exists already; name another file`);
  expect(() => writeLines(file, ['c'])).toThrow(exists);
  expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
});

test('a file that cannot be written is reported, and the error of a line as it is', () => {
  const missing = join(directory.path, 'none/lines');
  expect(() => writeLines(missing, [])).toThrow(/^cannot write .*\/none\/lines: ENOENT: .*none\/lines/);
  expect(existsSync(missing)).toBe(false);
  const file = join(directory.path, 'file');
  writeFileSync(file, '');
  expect(() => writeLines(join(file, 'lines'), [])).toThrow(OperatorError);
  const wrong = new OperatorError('the entry is damaged');
  const lines = function* () {
    yield 'a';
    throw wrong;
  };
  expect(() => writeLines(join(directory.path, 'lines'), lines())).toThrow(wrong);
});
