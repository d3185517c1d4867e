/** A damaged outbox on a disk that fails: an unreadable part can be intact, so that the file is not replaced. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'bun:test';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../../src/outbox/entry.ts';
import { contentsOf, fillOutbox, overwritePages } from '../../support/damaged-outbox.ts';
import { quickDirectory } from '../../support/files.ts';
import { needs } from '../../support/needs.ts';
import { type Ran, run } from '../../support/run.ts';
import { programOf } from '../helper.ts';

const traced = needs('strace');
/** SQLite does the first reads. Those from this one on search the damaged file for its rows. */
const search = 5;

const shared = quickDirectory();
const original = join(shared.path, 'original.db');
let before: (Entry & { body: string })[];
beforeAll(() => {
  fillOutbox(original, 40);
  before = contentsOf(original);
});
afterAll(() => shared.remove());

let directory: ReturnType<typeof quickDirectory>;
let file: string;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'outbox.db');
  copyFileSync(original, file);
  overwritePages(file, [1], () => 0);
});
afterEach(() => directory.remove());

/** Recovers the file while some of its reads fail; `when` counts them as strace(1) does: `7` or `7+`. */
function recoverWhile(when: string): Ran {
  const inject = `--inject=pread64:error=EIO:when=${when}`;
  return run(['strace', '-f', '-o', '/dev/null', '-P', file, inject, ...programOf('recover', file)]);
}

const setAside = () => readdirSync(directory.path).filter((name) => name.includes('.damaged-'));

describe('if every read fails from read', () => {
  traced.each([search, 11, 12, 13, 16, 40, 70])('%d on, the file stays as it is', (read) => {
    const damaged = readFileSync(file);
    const { exit, stderr } = recoverWhile(`${read}+`);
    expect(stderr).toMatch(/is damaged \(.*\) and cannot be recovered: a part of it cannot be read: EIO/);
    expect(exit).not.toBe(0);
    expect(setAside()).toEqual([]);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });
});

describe('if one read fails, which is tried again,', () => {
  traced.each([search, 11, 12, 13, 16, 40, 70])('all entries are recovered: read %d', (read) => {
    expect(recoverWhile(String(read))).toMatchObject({ exit: 0, stderr: '' });
    expect(setAside()).toHaveLength(1);
    expect(contentsOf(file)).toEqual(before);
  });
});
