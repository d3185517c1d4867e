/** What the commands that take over, prune and recover the outbox print, as whole texts. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { ForeignEntry } from '../../../src/outbox/entry.ts';
import { drainLockFile } from '../../../src/outbox/files.ts';
import { tryLock } from '../../../src/outbox/lock.ts';
import { put } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { newSite, type Site } from '../../support/site.ts';
import { runOutbox, storeEntries } from './in-process.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const outbox = (...args: string[]) => runOutbox(site, ...args);
const stored = (...entries: Partial<ForeignEntry>[]) => storeEntries(site, ...entries);
const said = (exit: number, stdout: string, stderr = '') => ({ exit, stdout, stderr });
const refused = (message: string, exit = 2) => said(exit, '', `hpc-collector: ${message}\n`);

/** Does something while a drain runs. */
async function duringDrain(work: () => Promise<void>): Promise<void> {
  const lock = tryLock(drainLockFile(site.outbox), () => {});
  try {
    await work();
  } finally {
    lock?.release();
  }
}

describe('adopt', () => {
  const here = hostname();

  test('takes the outbox over once, and says from which host', async () => {
    stored({});
    const file = site.outbox;
    expect(await outbox('adopt', '--json')).toEqual(said(0, `${JSON.stringify({ file, host: here, was: null })}\n`));
    expect(await outbox('adopt')).toEqual(said(0, `${file} already belongs to ${here}\n`));
    changeOutbox(site, (box) => box.database.run("UPDATE meta SET value = 'login9' WHERE key = 'host'"));
    expect(await outbox('adopt')).toEqual({
      ...said(0, `${file} now belongs to ${here} instead of login9: remove the cron job there\n`),
      stderr: expect.stringMatching(
        new RegExp(`^\\[.*\\] WARNING \\[collector\\] The outbox of login9 is now written by ${here}\\n$`),
      ),
    });
    changeOutbox(site, (box) => box.database.run("DELETE FROM meta WHERE key = 'host'"));
    expect(await outbox('adopt')).toEqual(said(0, `${file} now belongs to ${here}\n`));
  });

  test('refuses a missing outbox, another file, and an outbox that is being drained', async () => {
    expect(await outbox('adopt')).toEqual(refused(`there is no outbox ${site.outbox}: nothing to take over`));
    mkdirSync(dirname(site.outbox), { recursive: true });
    writeFileSync(site.outbox, 'a text');
    expect(await outbox('adopt')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(`${site.outbox} is not an outbox, and not a database at all`),
    });
    expect(readFileSync(site.outbox, 'utf8')).toBe('a text');
    await site.remove();
    site = newSite();
    stored({});
    await duringDrain(async () => {
      expect(await outbox('adopt')).toEqual(
        refused(`a drain of ${site.outbox} is running: stop the cron job of the other host first`, 75),
      );
    });
  });
});

describe('prune', () => {
  test('prints how many delivered entries are deleted, and with --dry-run how many would be', async () => {
    const prune = (...args: string[]) => outbox('prune', ...args);
    expect(await prune('--dry-run')).toEqual(refused('there is no outbox yet: the first collection creates it'));
    stored({ state: 'delivered' }, { state: 'delivered' }, {});
    const json = (pruned: number) => `${JSON.stringify({ prunable: 2, prunable_bytes: 22, pruned })}\n`;
    expect(await prune('--dry-run')).toEqual(said(0, '2 entries would be deleted, delivered over 7 days ago\n'));
    expect(await prune('--dry-run', '--json')).toEqual(said(0, json(0)));
    expect(await prune('--json')).toEqual(said(0, json(2)));
    site.configure('collector.yaml', 'outbox: { keep_delivered_days: 1 }\n');
    stored({ state: 'delivered' });
    expect(await prune()).toEqual(said(0, '1 entry deleted, delivered over 1 day ago\n'));
    expect(await prune()).toEqual(said(0, '0 entries deleted, delivered over 1 day ago\n'));
    expect((await outbox('ls', '--state', 'all', '--count')).stdout).toBe('1\n');
  });
});

describe('recover', () => {
  const none = 'There is no unacknowledged damage.\n';
  const damage = (file: string, recovered: number) => ({
    at: '2026-01-02T03:04:05.678Z',
    file,
    reason: 'page 3 is wrong',
    recovered,
    without_body: 3,
    without_entry: 4,
  });

  test('shows each recovery until it is acknowledged', async () => {
    expect(await outbox('recover')).toEqual(said(0, none));
    expect(await outbox('recover', '--json')).toEqual(said(0, ''));
    const damages = [damage('/a', 1), damage('/b', 2)];
    changeOutbox(site, (box) => box.metadata.write('damage', JSON.stringify(damages)));
    const text = (file: string, recovered: string) => `Damaged:   2026-01-02 03:04:05 UTC: page 3 is wrong
Kept as:   ${file}
Recovered: ${recovered}
Lost:      3 with a damaged body, 4 with a body only
`;
    const both = `${text('/a', '1 entry')}${text('/b', '2 entries')}`;
    const hint = 'When you have read this, type: hpc-collector outbox recover --ack\n';
    expect(await outbox('recover')).toEqual(said(0, `${both}${hint}`));
    expect(await outbox('recover', '--json')).toEqual(
      said(0, damages.map((one) => `${JSON.stringify(one)}\n`).join('')),
    );
    expect(await outbox('recover', '--ack')).toEqual(said(0, both));
    expect(await outbox('recover', '--ack')).toEqual(said(0, none));
    expect(await outbox('recover', '--json')).toEqual(said(0, ''));
  });

  test('reads the entries of another file', async () => {
    stored({}, {});
    const file = join(site.directory, 'other.db');
    writeFileSync(file, readFileSync(site.outbox));
    expect(await outbox('recover', file)).toEqual(said(0, '0 entries recovered, 2 already in the outbox, 0 lost\n'));
    const other = newSite();
    changeOutbox(other, (box) => put(box));
    expect(await outbox('recover', other.outbox)).toEqual(
      said(0, '1 entry recovered, 0 already in the outbox, 0 lost\n'),
    );
    changeOutbox(other, (box) => {
      put(box);
      box.database.run('DELETE FROM bodies WHERE entry = 2');
      put(box);
      box.database.run('PRAGMA foreign_keys = OFF');
      box.database.run('DELETE FROM entries WHERE sequence = 3');
    });
    expect((await outbox('recover', other.outbox)).stdout).toBe(
      '0 entries recovered, 1 already in the outbox, 2 lost\n',
    );
    await other.remove();
  });

  test.each([[['a', 'b']], [['a', '--ack']]])('refuses %p', async (args) => {
    const { exit, stdout, stderr } = await outbox('recover', ...args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/give one FILE to recover from, or --ack|does not take 'b'/);
  });
});
