/** What `outbox export` and `outbox import` print. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForeignEntry } from '../../../src/outbox/entry.ts';
import { drainLockFile } from '../../../src/outbox/files.ts';
import { tryLock } from '../../../src/outbox/lock.ts';
import { noise, put } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { program } from '../../support/every-command.ts';
import { runInProcess } from '../../support/in-process.ts';
import { newSite, type Site } from '../../support/site.ts';

let site: Site;
let other: Site;
beforeEach(() => {
  site = newSite();
  other = newSite();
});
afterEach(async () => {
  await site.remove();
  await other.remove();
});

const outbox = (...args: string[]) => runInProcess(program, ['outbox', ...args], site.env);
const stored = (...entries: Partial<ForeignEntry>[]): string[] =>
  changeOutbox(site, (box) => entries.map((entry) => put(box, entry).id));
const said = (exit: number, stdout: string, stderr = '') => ({ exit, stdout, stderr });
const refused = (message: string, exit = 2) => said(exit, '', `hpc-collector: ${message}\n`);
const rejected = { state: 'rejected', rejectedBecause: 'HTTP 400' } as const;
const idsIn = (lines: string) =>
  lines.split('\n').flatMap((line) => (line === '' ? [] : [String(JSON.parse(line).id)]));

describe('export', () => {
  test('prints the undelivered entries, or the chosen ones', async () => {
    expect(await outbox('export')).toEqual(refused('there is no outbox yet: the first collection creates it'));
    const [one = '', two = '', held = '', delivered = ''] = stored(
      {},
      { ...rejected, stream: 'sam/derecho' },
      { state: 'held' },
      { state: 'delivered' },
    );
    for (const [args, ids] of [
      [[], [one, two, held]],
      [['--all'], [one, two, held]],
      [['--stream', 'sam/derecho'], [two]],
      [['--state', 'delivered'], [delivered]],
      [
        ['--state', 'all'],
        [one, two, held, delivered],
      ],
      [
        [delivered, one],
        [delivered, one],
      ],
    ] as const) {
      const { exit, stdout, stderr } = await outbox('export', ...args);
      expect({ args, exit, ids: idsIn(stdout), stderr }).toEqual({
        args,
        exit: 0,
        ids: [...ids],
        stderr: ids.length === 1 ? '1 entry exported\n' : `${ids.length} entries exported\n`,
      });
    }
    expect(await outbox('export', one, '--all')).toEqual(
      refused('give either ids or flags that choose entries, not both'),
    );
  });

  test('with --hold holds the pending entries, which are exported as pending', async () => {
    const [one = ''] = stored({}, { state: 'held' }, rejected);
    const { stdout, stderr } = await outbox('export', '--hold');
    expect(stderr).toBe('3 entries exported; 1 held on this host: drop them after the import, or release them\n');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ state, last_error }) => [state, last_error])).toEqual([
      ['pending', null],
      ['held', null],
      ['rejected', 'HTTP 400'],
    ]);
    const [listed = ''] = (await outbox('ls', '--json')).stdout.split('\n');
    expect(JSON.parse(listed)).toMatchObject({
      id: one,
      state: 'held',
      last_error: expect.stringMatching(/^exported \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/),
    });
    expect((await outbox('export', '--hold')).stderr).toBe('3 entries exported\n');
    expect((await outbox('export')).stderr).toBe('3 entries exported\n');
  });

  test('with --hold waits for no drain', async () => {
    stored({});
    const lock = tryLock(drainLockFile(site.outbox), () => {});
    expect(await outbox('export', '--hold')).toEqual(refused('a drain is running: try again when it has ended', 75));
    expect((await outbox('export')).stderr).toBe('1 entry exported\n');
    lock?.release();
    expect((await outbox('export', '--hold')).exit).toBe(0);
    expect((await outbox('export', '--hold')).exit).toBe(0);
  });

  test('names a damaged entry, and exports the others', async () => {
    const [one = '', two = ''] = stored({}, {});
    changeOutbox(site, (box) => box.database.run("UPDATE entries SET body_sha256 = 'f' WHERE id = ?", [one]));
    const { exit, stdout, stderr } = await outbox('export');
    expect({ exit, ids: idsIn(stdout) }).toEqual({ exit: 1, ids: [two] });
    expect(stderr).toBe(
      `${one} is not exported: the body of entry ${one} is damaged: its sha-256 differs\n1 entry exported\n`,
    );
  });

  test('with --output writes a file and prints no entry', async () => {
    stored({});
    const file = join(site.directory, 'lines');
    expect(await outbox('export', '--output', file)).toEqual(said(0, '', '1 entry exported\n'));
    expect(idsIn(readFileSync(file, 'utf8'))).toHaveLength(1);
  });
});

describe('import', () => {
  const take = (...args: string[]) => runInProcess(program, ['outbox', 'import', ...args], other.env);
  const file = () => join(other.directory, 'lines');
  /** Writes exported entries, with other lines after them, to the file. */
  async function write(...others: string[]): Promise<void> {
    const { stdout } = await outbox('export', '--state', 'all');
    writeFileSync(file(), [stdout.trimEnd(), ...others].join('\n'));
  }

  test('counts the entries by what became of them', async () => {
    stored({}, {}, { state: 'held' }, rejected, rejected, { state: 'delivered' });
    await write('', 'no JSON', '{}');
    const { exit, stdout, stderr } = await take(file());
    expect({ exit, stdout }).toEqual({
      exit: 1,
      stdout:
        '5 entries imported (1 held: release them with outbox release; 2 rejected: retry them with outbox retry; 1 skipped: delivered already; 2 bad lines)\n',
    });
    expect(stderr).toMatch(
      /^line 8 is not JSON: .*: not imported\nline 9 is not an exported entry: .*: not imported\n$/,
    );
    const again = await take(file(), '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      pending: 0,
      held: 0,
      rejected: 0,
      here_already: 5,
      delivered: 1,
      bad: 2,
      full_at_line: null,
    });
    expect(again.exit).toBe(1);
    writeFileSync(file(), readFileSync(file(), 'utf8').split('\n').slice(0, 6).join('\n'));
    expect(await take(file())).toEqual(
      said(0, '0 entries imported (5 already in the outbox; 1 skipped: delivered already)\n'),
    );
  });

  test('of pending entries prints their number only', async () => {
    stored({});
    await write();
    expect(await take(file())).toEqual(said(0, '1 entry imported\n'));
    writeFileSync(file(), '');
    expect(await take(file())).toEqual(said(0, '0 entries imported\n'));
  });

  test('stops at the limit of the outbox, and says where', async () => {
    stored(...Array.from({ length: 10 }, () => ({ body: noise(1_000_000) })));
    await write();
    other.configure('collector.yaml', 'outbox: { max_mib: 4 }\n');
    const full =
      'line 1 and later lines are not imported: the outbox is limited to 4 MiB; raise outbox.max_mib, or drain first, then import the file again\n';
    expect(await take(file())).toEqual(said(1, '0 entries imported\n', full));
    expect(JSON.parse((await take(file(), '--json')).stdout)).toMatchObject({ pending: 0, full_at_line: 1 });
  });

  test('cuts a long problem, and refuses a file that cannot be read', async () => {
    writeFileSync(file(), JSON.stringify({ id: '0', ['x'.repeat(400)]: 1 }));
    expect((await take(file())).stderr).toMatch(/^line 1 .*: not imported\n$/);
    expect(await take(join(other.directory, 'none'))).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/^hpc-collector: cannot read \/.*\/none: .*ENOENT.*\n$/),
    });
  });
});
