/** What every listing looks like on a terminal of 80 columns, and that a pipe gets whole lines. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { Outbox } from '../../src/outbox/outbox.ts';
import { attemptAt, put } from '../outbox/queue.ts';
import { type OnTerminal, onTerminal } from '../support/on-terminal.ts';
import { binary, newSite, type Site } from '../support/site.ts';

const longName = 'a-system-whose-name-is-as-long-as-the-names-of-systems-can-be';
const longError = `HTTP 503 from https://sam.example.org/api/v1/status: ${'the database is being restored; '.repeat(6)}`;
const wideTitle = '登录节点没有响应 '.repeat(12);

let site: Site;
let database: string;
const failing: string[] = [];
beforeAll(async () => {
  site = newSite();
  database = join(site.directory, 'receiver.db');
  site.localSystem('casper');
  site.configure('collector.yaml', 'systems: [casper]\n');
  site.api('http://127.0.0.1:9/');
  const now = Date.now();
  const outbox = new Outbox(site.outbox);
  for (const [index, stream] of ['sam/casper', 'sam/jupyterhub', `sam/${longName}`].entries()) {
    const collectedAt = new Date(now - (900 - index) * 60_000);
    const entry = put(outbox, { stream, collectedAt, body: JSON.stringify('x'.repeat(200_000)) });
    failing.push(entry.id);
    for (let tried = 7; tried > 0; tried--)
      outbox.failed(
        entry,
        attemptAt(new Date(now - tried * 60_000), { status: 503, outcome: 'unavailable', detail: longError }),
        { charged: true, mayHaveArrived: true },
      );
    outbox.postpone(entry, new Date(now + 14 * 60_000 + 30_000));
    put(outbox, { stream, state: 'rejected', rejectedBecause: longError });
    put(outbox, { stream, state: 'held' });
  }
  outbox.close();
  await site.run('outage', 'report', 'casper', '--severity', 'maintenance', '--title', wideTitle);
  await site.run('maintenance', 'start', longName, '--for', '6h', '--reason', longError);
  await site.run('outbox', 'drop', failing[2] ?? '', '--yes', '--reason', longError);
  await site.run('serve', 'user', 'add', longName, '--database', database);
  await site.run('serve', 'key', 'add', 'farm', '--cluster', `${longName},casper,derecho`, '--database', database);
});
afterAll(() => site.remove());

const onScreen = (...args: string[]): Promise<OnTerminal> => onTerminal([binary, ...args], site.env);

/**
 * Commands to type, and words such as paths, are not broken, so that they can be copied. The directory for temporary
 * files of this machine can have a long name.
 */
function isTooWide(line: string): boolean {
  const short = line.replaceAll(site.directory, '/tmp/site');
  return Bun.stringWidth(short) > 80 && short.trim().includes(' ') && !/^( *→|Next:) /.test(short);
}

test.each([
  ['outbox ls'],
  ['outbox ls --dropped'],
  ['outbox stats'],
  ['outage ls'],
  ['maintenance ls'],
  ['config show'],
  ['config check'],
  ['doctor'],
  ['health'],
  ['serve user ls --database DATABASE'],
  ['serve key ls --database DATABASE'],
  ['serve stats --database DATABASE'],
])('%s fits 80 columns', async (words) => {
  const { lines } = await onScreen(...words.split(' ').map((word) => (word === 'DATABASE' ? database : word)));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter(isTooWide)).toEqual([]);
});

/** The columns of each list; those whose name ends with `>` hold numbers and are aligned on the right. */
test.each([
  ['outbox ls', ['ID', 'STREAM', 'STATE', 'AGE>', 'SIZE>', 'TRIES>', 'NEXT'], 8],
  ['outbox ls --dropped', ['ID', 'STREAM', 'COLLECTED (UTC)', 'DROPPED (UTC)'], 1],
  ['outbox stats', ['STREAM', 'PENDING>', 'HELD>', 'REJECTED>', 'OLDEST>', 'NEWEST>', 'SIZE>', 'SENT 24H>'], 4],
  ['outage ls', ['KEY', 'SYSTEM', 'SEVERITY', 'STATUS', 'SINCE (UTC)'], 1],
  ['maintenance ls', ['SYSTEM', 'SINCE (UTC)', 'UNTIL (UTC)', 'REASON'], 1],
  ['serve user ls --database DATABASE', ['NAME', 'SCOPES', 'PASSWORD SET (UTC)'], 1],
  ['serve key ls --database DATABASE', ['NAME', 'SCOPES', 'SINCE (UTC)', 'LAST USED (UTC)'], 1],
  ['serve stats --database DATABASE', ['KIND', 'ROWS>', 'SIZE>'], 5],
] as const)('%s has the columns %p', async (words, columns, rows) => {
  const { stdout } = await site.run(...words.split(' ').map((word) => (word === 'DATABASE' ? database : word)));
  const [header = '', ...lines] = stdout.split('\n');
  const names = columns.map((column) => column.replace('>', ''));
  expect(header.trimEnd().split(/ {2,}/)).toEqual(names);
  const values = lines.filter((line) => /^\S/.test(line));
  expect(values.length).toBeGreaterThanOrEqual(rows);
  const [first = ''] = values;
  for (const [index, name] of names.entries()) {
    const start = header.indexOf(name);
    const edge = columns[index]?.endsWith('>') ? start + name.length - 1 : start;
    const beside = columns[index]?.endsWith('>') ? edge + 1 : edge - 1;
    expect({ name, edge: first[edge], beside: first[beside] ?? ' ' }).toEqual({
      name,
      edge: expect.stringMatching(/\S/),
      beside: ' ',
    });
  }
});

test('outbox show fits 80 columns and a screen of 24 lines, and names the whole id', async () => {
  const [id = ''] = failing;
  const { lines } = await onScreen('outbox', 'show', id.slice(0, 13));
  expect(lines.filter(isTooWide)).toEqual([]);
  expect(lines.length).toBeLessThan(24);
  expect(lines[0]).toBe(`Entry:         ${id}`);
});

test('outbox ls shows prefixes of ids that commands accept, one line for an entry and one for its error', async () => {
  const { lines } = await onScreen('outbox', 'ls', '--stream', 'sam/jupyterhub');
  expect(lines).toHaveLength(1 + 3 + 2);
  expect(lines[1]).toMatch(/^\S{13} {2}sam\/jupyterhub {2}pending .* 7 {2}in 14m\d\ds$/);
  expect(lines[2]).toMatch(/^ {4}HTTP 503 from .*…$/);
  const [id = ''] = lines[1]?.split(' ') ?? [];
  expect(JSON.parse((await site.run('outbox', 'show', id, '--json')).stdout)).toMatchObject({ id: failing[1] });
});

test('through a pipe, outbox ls has whole ids and one line an entry, however long', async () => {
  const { stdout } = await site.run('outbox', 'ls', '--stream', `sam/${longName}`);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 2 + 1);
  expect(lines[1]).toMatch(/^\S{36} {2}sam\/a-system-\S+ +rejected ✗ /);
  expect(lines[2]).toContain('restored; the database is being restored; ');
});

// The system with the long name is in maintenance, so its entry is not counted.
test('health on a terminal says why delivery fails, one finding a line and no performance data', async () => {
  const { exit, lines } = await onScreen('health');
  expect(exit).toBe(2);
  expect(lines[0]).toMatch(/^HPC-COLLECTOR CRITICAL: \d findings$/);
  const text = lines.join('\n');
  expect(text.replace(/\s+/g, ' ')).toMatch(
    / critical 2 entries are pending, the oldest for 1\dh.*: HTTP 503 from .* is being restored;/,
  );
  expect(text).toMatch(/^ {2}warning {3}3 entries rejected$/m);
  expect(text).not.toContain('stored_age');
  // A monitoring system reads one line from a pipe.
  expect((await site.run('health')).stdout).toMatch(
    /^HPC-COLLECTOR CRITICAL: .*: HTTP 503 from .* \| .*waiting=3;.*\n$/,
  );
});
