/** What must survive a power failure is synced: the file itself, and each directory that got a new name. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { quickDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { programOf } from './helper.ts';

let directory: ReturnType<typeof quickDirectory>;
let outbox: string;
let spool: string;
beforeEach(() => {
  directory = quickDirectory();
  outbox = join(directory.path, 'outbox.db');
  spool = join(directory.path, 'spool');
});
afterEach(() => directory.remove());

/** Runs a verb of the program; returns its syncs and renames in order, such as `sync outbox.db`, below the directory. */
function changesOf(verb: string, file: string, argument = '', inject: readonly string[] = []): string[] {
  const trace = join(directory.path, 'trace');
  const calls = 'trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat';
  const { exit } = run(['strace', '-f', '-y', '-e', calls, ...inject, '-o', trace, ...programOf(verb, file, argument)]);
  expect(exit).toBe(0);
  return [
    ...readFileSync(trace, 'utf8').matchAll(/f(?:data)?sync\(\d+<(.*)>\)\s*= 0|rename.*"([^"\n]+)".*= 0/g),
  ].flatMap(([, synced, renamed]) => {
    const path = synced ?? renamed ?? '';
    // Bun keeps files of its own elsewhere.
    if (!path.startsWith(directory.path)) return [];
    return `${synced === undefined ? 'name' : 'sync'} ${relative(directory.path, path) || '.'}`;
  });
}

/** What is done with each new entry of a spool: it is synced under another name, gets its name, which is synced too. */
const kept = (place: string) => [
  expect.stringMatching(new RegExp(`^sync ${place}/.*\\.unfinished$`)),
  expect.stringMatching(new RegExp(`^name ${place}/.*\\.entry\\.json$`)),
  expect.stringMatching(new RegExp(`^sync ${place}$`)),
];

const traced = needs('strace');

describe('an entry in the spool is on disk', () => {
  traced('with the directory that was made for it', () => {
    expect(changesOf('spool', outbox, spool)).toEqual(['sync .', ...kept('spool')]);
  });

  traced('with the directory that was made because the named one is open to others', () => {
    mkdirSync(spool, { mode: 0o755 });
    expect(changesOf('spool', outbox, spool)).toEqual(['sync .', ...kept('spool\\.[^/]+')]);
  });

  traced('in a directory that was there', () => {
    mkdirSync(spool, { mode: 0o700 });
    expect(changesOf('spool', outbox, spool)).toEqual(kept('spool'));
  });
});

traced(
  'a recovered outbox is on disk before it takes the place of the damaged one, whose new name is on disk too',
  () => {
    for (const name of ['a', 'b']) expect(run(programOf('add', outbox, name)).exit).toBe(0);
    const damaged = readFileSync(outbox).fill(0, 0, 4096);
    writeFileSync(outbox, damaged);
    const changes = changesOf('recover', outbox);
    const replaced = changes.indexOf('name outbox.db');
    expect(replaced).toBeGreaterThan(1);
    const recovering = changes.slice(0, replaced);
    expect(recovering.at(-2)).toMatch(/^sync outbox\.db\./);
    expect([recovering.at(-1), changes[replaced + 1]]).toEqual(['sync .', 'sync .']);
    expect(readdirSync(directory.path).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  },
);

traced('without hard links, the copy of the damaged outbox is on disk before it is replaced', () => {
  expect(run(programOf('add', outbox, 'a')).exit).toBe(0);
  writeFileSync(outbox, readFileSync(outbox).fill(0, 0, 4096));
  const changes = changesOf('recover', outbox, '', ['-e', 'inject=link,linkat:error=EPERM']);
  const replaced = changes.indexOf('name outbox.db');
  expect(changes.slice(replaced - 2, replaced + 2)).toEqual([
    expect.stringMatching(/^sync outbox\.db\.damaged-\d{8}T\d{6}Z$/),
    'sync .',
    'name outbox.db',
    'sync .',
  ]);
});
