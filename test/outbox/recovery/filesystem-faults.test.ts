/** A damaged outbox on a filesystem that fails or has no hard links: the damaged file is not lost. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'bun:test';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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

/** Recovers the file while system calls on it fail, as `--inject` of strace(1) says. */
function recoverWith(inject: string): Ran {
  return run(['strace', '-f', '-o', '/dev/null', '-P', file, `--inject=${inject}`, ...programOf('recover', file)]);
}

/** The same for some of its reads; `when` counts them: `7` or `7+`. */
const recoverWhile = (when: string) => recoverWith(`pread64:error=EIO:when=${when}`);

const setAside = () => readdirSync(directory.path).filter((name) => name.includes('.damaged-'));

// An unreadable part can be intact.
describe('if every read fails from read', () => {
  traced.each([search, 11, 12, 13, 16, 40, 70])('%d on, the file stays as it is', (read) => {
    const damaged = readFileSync(file);
    const { exit, stderr } = recoverWhile(`${read}+`);
    expect(stderr).toMatch(/is damaged \(.*\) and cannot be recovered: a part of it cannot be read: EIO/);
    expect(exit).not.toBe(0);
    expect(readdirSync(directory.path).filter((name) => !name.endsWith('-lock'))).toEqual([basename(file)]);
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

traced.each(['EPERM', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])(
  'on a filesystem without hard links (%s), the damaged file is kept as a copy',
  (error) => {
    const damaged = readFileSync(file);
    expect(recoverWith(`link,linkat:error=${error}`)).toMatchObject({ exit: 0, stderr: '' });
    const [aside = ''] = setAside();
    expect(readFileSync(join(directory.path, aside)).equals(damaged)).toBe(true);
    expect(contentsOf(file)).toEqual(before);
  },
);

traced('if the damaged file cannot be kept for another reason, it is not replaced', () => {
  const damaged = readFileSync(file);
  expect(recoverWith('link,linkat:error=EACCES').exit).not.toBe(0);
  expect(setAside()).toEqual([]);
  expect(readFileSync(file).equals(damaged)).toBe(true);
});
