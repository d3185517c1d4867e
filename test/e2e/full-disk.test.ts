/** What becomes of snapshots and of answers while the outbox cannot be written. */

import { Database } from 'bun:sqlite';
import { afterEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Outbox } from '../../src/outbox/outbox.ts';
import { claim } from '../../src/outbox/ownership.ts';
import { keepReserve } from '../../src/outbox/reserve.ts';
import { addEntry } from '../support/add-entry.ts';
import { type Disk, mountDisk, onDisk } from '../support/disk.ts';
import { needs, needsAll, program } from '../support/needs.ts';
import { accept, type Posted, type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function disk(): Disk {
  const mounted = mountDisk(4096);
  cleanups.push(mounted.remove);
  return mounted;
}

function api(answer?: Parameters<typeof startSamApi>[0]): SamApi {
  const server = startSamApi(answer);
  cleanups.push(server.stop);
  return server;
}

/** The API comes up at an address. */
function startOn(url: string): SamApi {
  const server = startSamApi(accept, Number(new URL(url).port));
  cleanups.push(server.stop);
  return server;
}

/** A site with a fallback directory of its own and a system that answers from a recording. */
function site(recording = 'empty-without-jobs'): Site & { readonly fallback: string; spooled(): string[] } {
  const made = newSite();
  cleanups.push(made.remove);
  const fallback = join(made.directory, 'fallback');
  made.configure('collector.yaml', `fallback_directory: ${fallback}\n`);
  made.localSystem('casper', { recording });
  return { ...made, fallback, spooled: () => (existsSync(fallback) ? readdirSync(fallback).sort() : []) };
}

function keyOf(posted: Posted | undefined): string {
  return posted?.headers.get('Idempotency-Key') ?? '';
}

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The error lines of the log, without the probe of a filesystem that this host does not have. */
function errors(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.includes(' ERROR ') && !line.includes('filesystems/campaign'));
}

/** Makes an outbox without entries that this host writes. */
function ownOutbox(file: string): Outbox {
  const outbox = new Outbox(file);
  claim(outbox.database, file, hostname());
  return outbox;
}

describe('a full disk', () => {
  onDisk('has the snapshot posted directly, once, without what late entries must not have', async () => {
    const { posted, url } = api();
    const here = site('casper');
    const { path, fill, free } = disk();
    const outbox = join(path, 'outbox.db');
    here.api(url);
    expect(await here.run('run', 'casper', '--outbox', outbox)).toMatchObject({ exit: 0 });
    fill();

    const { exit, stderr } = await here.run('run', 'casper', '--outbox', outbox);
    expect(errors(stderr)).toEqual([
      expect.stringMatching(
        /✗ casper: cannot write the outbox .*: no space is left; the snapshot was posted directly to the SAM API at .* \(status_id=2\), so nothing is lost; make room: df -h /,
      ),
    ]);
    expect(exit).toBe(1);
    expect(posted).toHaveLength(2);
    expect(posted[0]?.body.user_project_queues).not.toEqual([]);
    expect(posted[0]?.body.reservations).toBeDefined();
    expect(posted[1]?.body).toMatchObject({ user_project_queues: [], queues: expect.any(Array) });
    expect(posted[1]?.body.reservations).toBeUndefined();
    expect(keyOf(posted[1])).toMatch(uuid7);
    expect(keyOf(posted[1])).not.toBe(keyOf(posted[0]));
    expect(here.spooled()).toEqual([]);

    free();
    expect(await here.run('run', 'casper', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(posted).toHaveLength(3);
  });

  onDisk('and an API that is down have it spooled, and the next run delivers it', async () => {
    const { url, stop } = api();
    const here = site('casper');
    const { path, fill, free } = disk();
    const outbox = join(path, 'outbox.db');
    here.api(url);
    ownOutbox(outbox).close();
    await stop();
    fill();

    const { exit, stderr } = await here.run('run', 'casper', '--outbox', outbox);
    expect(exit).toBe(1);
    expect(errors(stderr)).toEqual([
      expect.stringMatching(
        /no space is left; posting it directly to .* failed: connection refused; the snapshot is kept in .*\.entry\.json until the outbox can store it; make room/,
      ),
    ]);
    expect(here.spooled()).toEqual([expect.stringMatching(/\.entry\.json$/)]);
    expect(statSync(here.fallback).mode & 0o777).toBe(0o700);
    expect(statSync(join(here.fallback, here.spooled()[0] ?? '')).mode & 0o777).toBe(0o600);

    free();
    const { posted } = startOn(url);
    const next = await here.run('run', 'casper', '--outbox', outbox);
    expect(next.stderr).toContain('Imported 1 snapshot from the fallback directory into the outbox');
    expect(next).toMatchObject({ exit: 0 });
    // The spooled one first, whole but for what only the newest may have.
    expect(posted).toHaveLength(2);
    expect(String(posted[0]?.body.timestamp) < String(posted[1]?.body.timestamp)).toBe(true);
    expect(posted[0]?.body.user_project_queues).not.toEqual([]);
    expect(here.spooled()).toEqual([]);
    await here.run('drain', '--now', '--outbox', outbox);
    expect(posted).toHaveLength(2);
  });

  onDisk('and an answer that nobody understands have it spooled as sent, under the same key', async () => {
    let isDown = true;
    const { posted, url } = api((one, count) => (isDown ? new Response('?', { status: 502 }) : accept(one, count)));
    const here = site();
    const { path, fill, free } = disk();
    const outbox = join(path, 'outbox.db');
    here.api(url);
    ownOutbox(outbox).close();
    fill();
    expect(await here.run('run', 'casper', '--outbox', outbox)).toMatchObject({ exit: 1 });
    expect(posted).toHaveLength(1);
    free();
    isDown = false;
    expect(await here.run('drain', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(posted).toHaveLength(2);
    expect(keyOf(posted[1])).toBe(keyOf(posted[0]));
  });

  onDisk('has what `collect` collects spooled: it delivers nothing', async () => {
    const { posted, url } = api();
    const here = site();
    const { path, fill } = disk();
    here.api(url);
    fill();
    const { exit, stderr } = await here.run('collect', 'casper', '--outbox', join(path, 'outbox.db'));
    expect(exit).toBe(1);
    expect(errors(stderr)).toHaveLength(1);
    expect(here.spooled()).toHaveLength(1);
    expect(posted).toEqual([]);
  });
});

describe('an outbox', () => {
  test.each([
    ['in whose place is a directory', (outbox: string) => mkdirSync(outbox, { recursive: true }), 'it is a directory'],
    [
      'whose directory cannot be made',
      (outbox: string) => writeFileSync(join(outbox, '..'), ''),
      'its directory cannot be created',
    ],
  ])('%s does not cost a snapshot', async (_, spoil, words) => {
    const { posted, url } = api();
    const here = site();
    const outbox = join(here.directory, 'elsewhere/outbox.db');
    here.api(url);
    spoil(outbox);
    const { exit, stderr } = await here.run('run', 'casper', '--outbox', outbox);
    expect(exit).toBe(1);
    expect(errors(stderr)).toEqual([
      expect.stringContaining(`${outbox}: ${words}; the snapshot was posted directly`),
      expect.stringContaining(`✗ nothing is delivered: cannot open the outbox ${outbox}: ${words}`),
    ]);
    expect(posted).toHaveLength(1);
  });

  onDisk('on a read-only filesystem neither costs a snapshot nor has anything sent from it', async () => {
    const { posted, url } = api();
    const here = site();
    const { path, setReadOnly } = disk();
    const outbox = join(path, 'outbox.db');
    here.api(url);
    await here.run('collect', 'casper', '--outbox', outbox);
    setReadOnly(true);
    const { exit, stderr } = await here.run('run', 'casper', '--outbox', outbox);
    expect(exit).toBe(1);
    expect(errors(stderr)[0]).toMatch(/it is read-only; the snapshot was posted directly .*findmnt -T/);
    expect(posted).toHaveLength(1);
    expect(await here.run('drain', '--now', '--outbox', outbox)).toMatchObject({ exit: 1 });
    expect(posted).toHaveLength(1);
    setReadOnly(false);
    expect(await here.run('drain', '--now', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(posted).toHaveLength(2);
  });

  needsAll(program('setpriv'), [process.getuid?.() === 0, 'root'])(
    'that belongs to somebody else does not cost a snapshot',
    async () => {
      const here = site();
      const open = join(here.directory, 'open');
      mkdirSync(open);
      chmodSync(open, 0o777);
      chmodSync(here.directory, 0o755);
      here.configure('collector.yaml', `fallback_directory: ${open}/fallback\n`);
      const outbox = join(here.directory, 'mine/outbox.db');
      const { exit, stderr } = await start(
        [
          Bun.which('setpriv') ?? '',
          '--reuid=65534',
          '--clear-groups',
          binary,
          'collect',
          'casper',
          '--outbox',
          outbox,
        ],
        { env: here.env, cwd: '/' },
      ).ended;
      expect(exit).toBe(1);
      expect(stderr).toMatch(
        /cannot open the outbox .*: permission denied; the snapshot is kept in .*; this user must own it: ls -ld/,
      );
      expect(readdirSync(join(open, 'fallback'))).toHaveLength(1);
    },
  );

  needs('prlimit')('that may not grow does not cost a snapshot', async () => {
    const here = site();
    const { exit, stderr } = await start([Bun.which('prlimit') ?? '', '--fsize=32768', binary, 'collect', 'casper'], {
      env: here.env,
      cwd: here.directory,
    }).ended;
    expect(stderr).toMatch(
      /the disk does not accept more data: it fails, or a quota is used up; the snapshot is kept in/,
    );
    expect(exit).toBe(1);
    await here.run('collect', 'casper');
    expect(await here.entries()).toHaveLength(2);
  });

  test('that cannot be written, without a fallback directory, loses the snapshot with an error', async () => {
    const here = site();
    mkdirSync(here.outbox, { recursive: true });
    // Nothing can be made beside it either, because its parent is a file.
    writeFileSync(here.fallback, '');
    here.configure('collector.yaml', `fallback_directory: ${here.fallback}/inside\n`);
    const { exit, stderr } = await here.run('collect', 'casper');
    expect(exit).toBe(1);
    expect(errors(stderr)).toEqual([
      expect.stringMatching(
        /it is a directory; and the fallback directory cannot store it: .*inside cannot be used: .*; and no other directory can be created beside it: .*: this snapshot \(\d+ bytes\) is lost; move it away/,
      ),
    ]);
  });

  test.each([
    [
      'a newer version',
      'PRAGMA user_version = 99',
      /was written by a newer version \(schema 99, this one knows \d+\): install the newer/,
    ],
    [
      'another host',
      "UPDATE meta SET value = 'login7' WHERE key = 'host'",
      /is written by login7 and this is .*: run there, or/,
    ],
  ])('of %s is refused: nothing is collected, posted or spooled', async (_, change, words) => {
    const { posted, url } = api();
    const here = site();
    here.api(url);
    await here.run('collect', 'casper');
    const database = new Database(here.outbox);
    database.run(change);
    database.close();
    for (const command of [['run', 'casper'], ['collect', 'casper'], ['drain']]) {
      const { exit, stderr } = await here.run(...command);
      expect(stderr).toMatch(words);
      expect(stderr).not.toContain('Collecting');
      expect(exit).toBe(2);
    }
    expect(posted).toEqual([]);
    expect(here.spooled()).toEqual([]);
  });
});

describe('answers on a full disk', () => {
  const waiting = 50;

  /** An outbox with so many entries that wait, its reserve, and no other room on its disk. */
  function fullOutbox(path: string, withReserve = true): string {
    const file = join(path, 'outbox.db');
    const outbox = ownOutbox(file);
    for (let second = 0; second < waiting; second++) {
      const collectedAt = new Date(Date.UTC(2026, 0, 1, 0, 0, second));
      addEntry(outbox, {
        stream: 'sam/casper',
        destination: 'sam',
        method: 'POST',
        path: '/api/v1/status/casper',
        body: JSON.stringify({ timestamp: collectedAt.toISOString().slice(0, -1) }),
        collectedAt,
        failedProbes: [],
        rejectedBecause: null,
      });
    }
    outbox.close();
    if (withReserve) keepReserve(file);
    return file;
  }

  /** As long as the API's own, with the ids of all that it stored. */
  function longAnswer(_: Posted, count: number): Response {
    const user_project_queue_ids = Array.from({ length: 600 }, (_, index) => count * 1000 + index);
    return Response.json({ success: true, status_id: count, user_project_queue_ids }, { status: 201 });
  }

  function statesIn(file: string): Record<string, number> {
    const database = new Database(file, { readonly: true });
    const rows = database
      .query<{ state: string; count: number }, []>('SELECT state, count(*) AS count FROM entries GROUP BY state')
      .all();
    database.close();
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  onDisk('are recorded on the reserve: all is delivered, and nothing twice', async () => {
    const { posted, url } = api(longAnswer);
    const here = site();
    const { path, fill, free } = disk();
    const outbox = fullOutbox(path);
    here.api(url);
    fill();
    const { exit, stderr } = await here.run('drain', '--outbox', outbox);
    expect(errors(stderr)).toEqual([]);
    expect(exit).toBe(0);
    expect(statesIn(outbox)).toEqual({ delivered: waiting });
    expect(existsSync(`${outbox}.reserve`)).toBe(false);

    free();
    expect(await here.run('drain', '--now', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(posted).toHaveLength(waiting);
    expect(new Set(posted.map(keyOf)).size).toBe(waiting);
    expect(statSync(`${outbox}.reserve`).size).toBe(1024 * 1024);
  });

  onDisk('go to the fallback directory when others take the reserve’s room, and the drain stops', async () => {
    const { path, fill, free } = disk();
    const { posted, url } = api((one, count) => {
      if (count === 3) fill();
      return longAnswer(one, count);
    });
    const here = site();
    const outbox = fullOutbox(path);
    here.api(url);
    fill();
    const { exit, stderr } = await here.run('drain', '--outbox', outbox);
    expect(errors(stderr)).toEqual([
      expect.stringMatching(
        /✗ the drain stops: cannot write the outbox .*: no space is left; the answer to entry \S+ \(accepted\) is kept in .*\.answer\.json; make room/,
      ),
    ]);
    expect(exit).toBe(1);
    expect(posted).toHaveLength(3);
    expect(here.spooled()).toEqual([expect.stringMatching(/\.answer\.json$/)]);
    expect(statesIn(outbox)).toEqual({ delivered: 2, pending: waiting - 2 });

    // As long as it is full nothing is sent: the entry looks as if it had not been.
    expect(await here.run('drain', '--outbox', outbox)).toMatchObject({ exit: 1 });
    expect(posted).toHaveLength(3);

    free();
    expect(await here.run('drain', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(posted).toHaveLength(waiting);
    expect(new Set(posted.map(keyOf)).size).toBe(waiting);
    expect(statesIn(outbox)).toEqual({ delivered: waiting });
    expect(here.spooled()).toEqual([]);
  });

  onDisk('need a place: without any nothing is sent', async () => {
    const { posted, url } = api(longAnswer);
    const here = site();
    const { path, fill, free } = disk();
    const outbox = fullOutbox(path, false);
    here.api(url);
    fill();
    const { exit, stderr } = await here.run('drain', '--outbox', outbox);
    expect(exit).toBe(1);
    expect(stderr).toContain('✗ the drain stops: cannot write the outbox');
    expect(posted).toEqual([]);
    free();
    expect(await here.run('drain', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect(posted).toHaveLength(waiting);
  });
});
