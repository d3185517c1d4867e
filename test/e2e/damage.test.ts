/** What a damaged outbox costs: what cannot be read, and nobody's sleep. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listDropped } from '../../src/outbox/drop.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import {
  contentsOf,
  damages,
  fillOutbox,
  laterPageOf,
  overwritePages,
  rootPageOf,
  seeded,
} from '../support/damaged-outbox.ts';
import { accept, type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const count = 60;

let site: Site;
let api: SamApi;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper', { recording: 'empty-without-jobs' });
  // Nobody waits for the pace of the real one.
  site.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 100000 } }\n');
  api = startSamApi();
  site.api(api.url);
});
afterEach(async () => {
  await api.stop();
  await site.remove();
});

const setAsideFiles = () =>
  readdirSync(dirname(site.outbox))
    .filter((name) => name.includes('damaged'))
    .sort();
const keysPosted = () => api.posted.map(({ headers }) => headers.get('idempotency-key') ?? '');

/** An outbox of a good many entries, and what waits in it: ids of all streams, in the order of delivery. */
function fill(): string[] {
  fillOutbox(site.outbox, count);
  return contentsOf(site.outbox)
    .filter(({ state }) => state === 'pending')
    .map(({ id }) => id);
}

const all: [name: string, least: number, damage: () => void][] = [
  // The root page of the entries costs no more than the first page: that is tried without the binary.
  ...Object.entries(damages)
    .filter(([name]) => !name.includes('root'))
    .map(([name, damage]): [string, number, () => void] => [
      name,
      name.includes('zeroed') ? 1 : 0.1,
      () => damage(site.outbox, seeded(7)),
    ]),
  [
    'it is a text',
    0,
    () => {
      // Every run makes the reserve; it shows that an outbox was here.
      writeFileSync(`${site.outbox}.reserve`, '');
      writeFileSync(site.outbox, 'no database');
    },
  ],
];

test.each(all)(
  '%s: it is set aside and said once, the rest is delivered in order, the new snapshot too',
  async (_name, least, damage) => {
    const waiting = fill();
    damage();
    const damaged = readFileSync(site.outbox);
    const { exit, stderr } = await site.run('run', 'casper');
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    expect(stderr.match(/✗ the outbox .* was damaged/g)).toHaveLength(1);
    const [aside = ''] = setAsideFiles();
    expect(setAsideFiles()).toHaveLength(1);
    expect(readFileSync(join(dirname(site.outbox), aside)).equals(damaged)).toBe(true);

    const keys = keysPosted();
    const fresh = keys.filter((key) => !waiting.includes(key));
    expect(fresh).toHaveLength(1);
    expect(keys.length - 1).toBeGreaterThanOrEqual(least * waiting.length);
    expect(keys).toEqual([...waiting.filter((id) => keys.includes(id)), ...fresh]);
    expect(await site.entries('pending')).toEqual([]);
    // The next needs no help.
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
    expect(setAsideFiles()).toHaveLength(1);
  },
);

test('it is a warning until it is acknowledged', async () => {
  fill();
  overwritePages(site.outbox, [1], () => 0);
  const quiet = await site.run('outbox', 'recover', '--json');
  const damage = JSON.parse(quiet.stdout);
  expect(damage).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    file: join(dirname(site.outbox), setAsideFiles()[0] ?? ''),
    reason: 'file is not a database',
    recovered: count,
    without_body: 0,
    without_entry: 0,
  });
  const warnings = ({ stderr }: { stderr: string }) => stderr.match(/WARNING .* the outbox was damaged/g)?.length ?? 0;
  expect(warnings(await site.run('drain'))).toBe(1);
  expect(warnings(await site.run('run', 'casper'))).toBe(1);
  const shown = await site.run('outbox', 'recover');
  expect(shown.exit).toBe(0);
  expect(shown.stdout).toBe(
    `Damaged:   ${damage.at.slice(0, 19).replace('T', ' ')} UTC: file is not a database
Kept as:   ${damage.file}
Recovered: ${count} entries
Lost:      0 with a damaged body, 0 with a body only
When you have read this, type: hpc-collector outbox recover --ack
`,
  );
  const acknowledged = await site.run('outbox', 'recover', '--ack');
  expect(shown.stdout).toStartWith(acknowledged.stdout);
  expect(warnings(await site.run('run', 'casper'))).toBe(0);
  expect(await site.run('outbox', 'recover')).toMatchObject({ stdout: 'There is no unacknowledged damage.\n' });
  expect(readdirSync(dirname(site.outbox)).some((name) => name.includes('damaged'))).toBe(true);
});

test('entries of a file that was set aside can be imported once', async () => {
  fill();
  const aside = join(site.directory, 'old.db');
  copyFileSync(site.outbox, aside);
  for (const file of [site.outbox, aside]) overwritePages(file, [1], () => 0);
  writeFileSync(site.outbox, '');
  const stdout = `${count} entries recovered, 0 already in the outbox, 0 lost\n`;
  expect(await site.run('outbox', 'recover', aside)).toMatchObject({ exit: 0, stdout });
  const again = `0 entries recovered, ${count} already in the outbox, 0 lost\n`;
  expect(await site.run('outbox', 'recover', aside)).toMatchObject({ exit: 0, stdout: again });
  expect(contentsOf(site.outbox)).toHaveLength(count);
  for (const args of [['none'], [aside, '--ack'], [aside, aside], [site.outbox]])
    expect(await site.run('outbox', 'recover', ...args)).toMatchObject({ exit: 2 });
});

describe('damage under a drain', () => {
  /** Drains, damages the file while the fifth entry is under way, and gives how the drain ended. */
  async function drainThrough(damage: () => void): Promise<void> {
    const held = Promise.withResolvers<void>();
    const port = Number(new URL(api.url).port);
    await api.stop();
    api = startSamApi(async (posted, posts) => {
      if (posts === 5) await held.promise;
      return accept(posted, posts);
    }, port);
    const drain = site.start(['drain']);
    await until(() => api.posted.length === 5, 'the fifth entry is under way');
    damage();
    held.resolve();
    const { exit, stderr } = await drain.ended;
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining('was damaged') });
    expect(await site.entries('pending')).toEqual([]);
    expect(await site.entries('rejected')).toHaveLength(Math.floor(count / 7) + 1);
    expect(setAsideFiles()).toHaveLength(1);
  }

  test('the drain recovers and goes on; at most the entry in progress is sent twice, with the same key', async () => {
    const waiting = fill();
    const bodies = rootPageOf(site.outbox, 'bodies');
    await drainThrough(() => overwritePages(site.outbox, [1, bodies], () => 0));
    // Once where its answer was kept in the spool, twice where the damage was found before it came.
    expect([waiting, [...waiting.slice(0, 5), ...waiting.slice(4)]]).toContainEqual(keysPosted());
  });

  test('of one body: the entry is recorded as lost and not as rejected, and the others are sent', async () => {
    const waiting = fill();
    const sequences = contentsOf(site.outbox).filter(({ state }) => state === 'pending');
    const victim = sequences.slice(6).find(({ sequence }) => laterPageOf(site.outbox, sequence) !== null);
    const page = laterPageOf(site.outbox, victim?.sequence ?? 0);
    await drainThrough(() => overwritePages(site.outbox, [page ?? 0], () => 0xff));
    expect(keysPosted()).toEqual(waiting.filter((id) => id !== victim?.id));
    const outbox = new Outbox(site.outbox);
    expect(listDropped(outbox, 9)).toMatchObject([
      { id: victim?.id, reason: expect.stringContaining('its body was damaged') },
    ]);
    outbox.close();
  });
});

test('if several processes find the damage at once, one recovers and all go on', async () => {
  fill();
  overwritePages(site.outbox, [1], () => 0);
  const runs = await Promise.all([
    ...Array.from({ length: 4 }, () => site.run('outbox', 'recover')),
    site.run('collect', 'casper'),
  ]);
  expect(runs.map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0]);
  expect(runs.filter(({ stderr }) => stderr.includes('was damaged'))).toHaveLength(1);
  expect(setAsideFiles()).toHaveLength(1);
  expect(contentsOf(site.outbox)).toHaveLength(count + 1);
});

describe('a file that a mistyped --outbox names stays as it is, with nothing beside it', () => {
  const commands = [
    ...['run casper', 'drain', 'outbox recover', 'outbox prune', 'outbox adopt', 'outbox export', 'outbox ls'],
    ...['outbox stats', 'outbox show 0123', 'health', 'doctor casper'],
  ];
  test.each([
    [
      'a text',
      'is not an outbox, and not a database at all: correct --outbox',
      (file: string) => writeFileSync(file, 'Dear diary,\n'.repeat(500), { mode: 0o600 }),
    ],
    [
      "another program's database",
      "is another program's database, not an outbox: correct --outbox",
      (file: string) => {
        const database = new Database(file);
        database.run('CREATE TABLE moz_places (url TEXT)');
        database.run('PRAGMA user_version = 75');
        database.close();
        chmodSync(file, 0o600);
      },
    ],
  ])('%s', async (_, words, make) => {
    const other = join(site.directory, 'other', 'notes.txt');
    mkdirSync(dirname(other), { mode: 0o700 });
    make(other);
    const bytes = readFileSync(other);
    for (const command of commands) {
      const { exit, stdout, stderr } = await site.run(...command.split(' '), '--outbox', other);
      const code = command === 'health' ? 3 : command.startsWith('doctor') ? 1 : 2;
      expect({ command, exit, said: stdout + stderr }).toEqual({
        command,
        exit: code,
        said: expect.stringContaining(`${other} ${words}`),
      });
      expect(readFileSync(other).equals(bytes)).toBe(true);
      expect({ command, beside: readdirSync(dirname(other)) }).toEqual({ command, beside: ['notes.txt'] });
    }
  });
});

test('wrong bits in the schema and one in every body lose no entry', async () => {
  const bytes = readFileSync(join(import.meta.dir, '../../fixtures/outbox/one-bit-in-each-body.db'));
  // It was recorded on a host named vm. Without a valid name, the recovery writes the name of this host.
  bytes.write('host\u0007m', bytes.indexOf('hostvm'));
  mkdirSync(dirname(site.outbox), { recursive: true, mode: 0o700 });
  writeFileSync(site.outbox, bytes, { mode: 0o600 });
  const { exit, stderr } = await site.run('run', 'casper');
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(stderr).toMatch(/malformed database schema.*: the damaged file is kept as .*; 4 entries recovered, 0 lost/);
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  const ids = [
    '01a22025-a7a7-74a6-bb3c-86dda946c014',
    '01a22025-add8-77fc-ba52-46b2bf02eb15',
    '01a22025-b297-7279-bad1-f9490a2ef06c',
  ];
  expect(keysPosted().slice(0, 3)).toEqual(ids);
  expect(keysPosted()).toHaveLength(4);
  expect((await site.entries()).map(({ state }) => state)).toEqual(Array(5).fill('delivered'));
});
