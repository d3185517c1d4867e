/** What `outbox stats` prints. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { hostname } from 'node:os';
import { size } from '../../../src/commands/outbox/table.ts';
import type { ForeignEntry } from '../../../src/outbox/entry.ts';
import { attemptAt, get } from '../../outbox/queue.ts';
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
const said = (stdout: string) => ({ exit: 0, stdout, stderr: '' });
const rejected = { state: 'rejected', rejectedBecause: 'HTTP 400' } as const;

const now = Date.now();
const hour = 3_600_000;
const ago = (hours: number) => new Date(now - hours * hour);
const utc = (time: Date) => time.toISOString().slice(0, 19).replace('T', ' ');

describe('stats', () => {
  const none = 'There are no undelivered entries, and none was delivered in the last 24 hours.';
  const file = async (written: string, dropped = 'none') => {
    const { bytes_file, bytes_used } = JSON.parse(
      (await outbox('stats', '--json')).stdout.trimEnd().split('\n').at(-1) ?? '',
    );
    const limit = 4 * 1024 ** 2;
    return `
File:     ${site.outbox}, ${size(bytes_file)}
In use:   ${size(bytes_used)} of 4.0 MiB (${((100 * bytes_used) / limit).toFixed(1)} %)
Written:  by ${written}
Dropped:  ${dropped}
`;
  };
  beforeEach(() => site.configure('collector.yaml', 'outbox: { max_mib: 4 }\n'));

  test('of a missing or empty outbox say so', async () => {
    expect(await outbox('stats')).toEqual(
      said(`There is no outbox ${site.outbox} yet: the first collection creates it.\n`),
    );
    expect(await outbox('stats', '--json')).toEqual(said(''));
    changeOutbox(site, () => {});
    expect(await outbox('stats')).toEqual(said(`${none}\n${await file('no host yet')}`));
    const write = (host: string) =>
      changeOutbox(site, (box) => box.database.run("INSERT OR REPLACE INTO meta VALUES ('host', ?)", [host]));
    write(hostname());
    expect(await outbox('stats')).toEqual(said(`${none}\n${await file(`${hostname()} (this one)`)}`));
    write('login9');
    changeOutbox(site, (box) => box.metadata.write('damage', '[]'));
    expect(await outbox('stats')).toEqual(said(`${none}\n${await file('login9')}Damaged:  []\n`));
  });

  test('print a line for each stream, what the drain sends next, and the file', async () => {
    const [dropped = '', held = '', due = '', , resting = '', delivered = ''] = stored(
      {},
      { collectedAt: ago(50.5), stream: 'sam/casper', state: 'held' },
      { collectedAt: ago(49.5), stream: 'sam/casper', body: '1'.repeat(2000) },
      { ...rejected, collectedAt: ago(25.5), stream: 'sam/casper' },
      { collectedAt: ago(3.01), stream: 'sam/derecho' },
      { collectedAt: ago(2), stream: 'sam/gust' },
    );
    await outbox('drop', dropped, '--yes');
    const until = new Date(now + 45 * 60_000);
    const down = { status: 503, outcome: 'unavailable', detail: 'x'.repeat(121) };
    changeOutbox(site, (box) => {
      box.delivered(get(box, delivered), attemptAt(ago(1)), '{}');
      box.failed(get(box, resting), attemptAt(ago(0.9), down), { charged: true, mayHaveArrived: true });
      box.postpone(get(box, resting), until);
      box.postpone(get(box, due), ago(1));
    });
    const { stdout } = await outbox('stats');
    expect(
      stdout.replace(/in 4[345]m(\d\ds)?:/, 'in 45m:'),
    ).toBe(`STREAM       PENDING  HELD  REJECTED  OLDEST  NEWEST     SIZE  SENT 24H
sam/casper         1     1         1   2d02h   1d01h  2.0 KiB         0
sam/derecho        1     0         0      3h      3h     11 B         0
sam/gust           0     0         0       -       -      0 B         1

The drain
  sends ${due} of sam/casper now
  sends ${resting} of sam/derecho after ${utc(until)} UTC, in 45m: ${'x'.repeat(120)}…
${await file(`${hostname()} (this one)`, '1, see: hpc-collector outbox ls --dropped')}`);
    const [casper, , gust, whole] = (await outbox('stats', '--json')).stdout.split('\n');
    expect(JSON.parse(casper ?? '')).toMatchObject({ held: 1, rejected: 1, next_id: due, last_error: null });
    expect(Date.parse(JSON.parse(casper ?? '').next_at)).toBeGreaterThanOrEqual(now);
    expect(JSON.parse(gust ?? '')).toEqual({
      ...{ kind: 'stream', stream: 'sam/gust', pending: 0, held: 0, rejected: 0, oldest: null, newest: null },
      ...{ delivered_24h: 1, attempts: 0, bytes: 0, next_id: null, next_at: null, last_error: null },
    });
    expect(JSON.parse(whole ?? '')).toEqual({
      ...{ kind: 'outbox', file: site.outbox, bytes_used: expect.any(Number), bytes_file: expect.any(Number) },
      ...{ bytes_limit: 4_194_304, dropped: 1, host: hostname(), damage: null },
    });
    expect(held).not.toBe('');
  });
});
