import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepWithoutOutbox, oneAfterTheOther } from '../../src/collect/without-outbox.ts';
import { samDestination } from '../../src/delivery/sam.ts';
import { parseEntry } from '../../src/outbox/spool/files.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import { settingsFor } from '../delivery/helper.ts';
import { temporaryDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';
import { accept, type SamApi, startSamApi } from '../support/sam-api.ts';
import { plainSystem } from '../support/systems.ts';

test('queued posts never overlap, and a failed post does not stop the next', async () => {
  const inTurn = oneAfterTheOther();
  const events: string[] = [];
  const first = Promise.withResolvers<string>();
  const post = (name: string, work: Promise<string>) => async () => {
    events.push(`${name} begins`);
    try {
      return await work;
    } finally {
      events.push(`${name} ends`);
    }
  };
  const results = [inTurn(post('a', first.promise)), inTurn(post('b', Promise.resolve('b')))];
  first.reject(new Error('lost'));
  expect(await Promise.allSettled(results)).toMatchObject([{ status: 'rejected' }, { value: 'b' }]);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

describe('a snapshot that the outbox cannot store', () => {
  const why = new OutboxUnwritable('the disk is full', 'free some space', null);
  const time = new Date('2026-11-21T08:00:00.000Z');
  let directory: ReturnType<typeof temporaryDirectory>;
  let api: SamApi | null;
  beforeEach(() => {
    directory = temporaryDirectory();
    api = null;
  });
  afterEach(async () => {
    await api?.stop();
    directory.remove();
  });

  /** Keeps a snapshot; tells what was posted, what is in the fallback directory, and the log. */
  async function kept(answer: Parameters<typeof startSamApi>[0] | null, isValid = true) {
    if (answer !== null) api = startSamApi(answer);
    const url = api?.url;
    const spool = new Spool(join(directory.path, 'spool'), join(directory.path, 'outbox.db'));
    const payload = { timestamp: '2026-11-21T08:00:00.000000' };
    const validated = isValid
      ? { kind: 'valid' as const, payload, dropped: [] }
      : { kind: 'invalid' as const, payload, reason: 'cpu_nodes_total: must be a number' };
    const { log, lines } = memoryLog();
    await keepWithoutOutbox(
      plainSystem('nasty'),
      { kind: 'collected', failedProbes: [], at: () => validated },
      time,
      why,
      {
        spool,
        destination: url === undefined ? null : () => samDestination(settingsFor(url)),
        inTurn: (_, post) => post(),
      },
      log,
    );
    const spooled = spool.entries().map((file) => parseEntry(readFileSync(file, 'utf8')));
    return { posted: api?.posted.length ?? 0, spooled, log: lines.join('\n') };
  }

  test('is posted directly, and kept nowhere else', async () => {
    const { posted, spooled, log } = await kept(accept);
    expect([posted, spooled]).toEqual([1, []]);
    expect(log).toMatch(/the disk is full; the snapshot was posted directly .*so nothing is lost; free some space/);
  });

  test('is written to the fallback directory if this command does not deliver', async () => {
    const { posted, spooled, log } = await kept(null);
    expect([posted, spooled]).toMatchObject([0, [{ state: 'pending', firstSentAt: null, collectedAt: time }]]);
    expect(log).toMatch(/the disk is full; the snapshot is kept in .* until the outbox can store it; free some space/);
  });

  test('is kept if the API does not accept it, with the time of sending if it may have arrived', async () => {
    const { posted, spooled, log } = await kept(() => new Response('{"detail":"down"}', { status: 503 }));
    expect([posted, spooled]).toMatchObject([1, [{ state: 'pending', firstSentAt: expect.any(Date) }]]);
    expect(log).toMatch(/posting it directly to .* failed: .*503.*; the snapshot is kept in /);
  });

  test('is kept as rejected, and not posted, if the API could not store it', async () => {
    const { posted, spooled } = await kept(accept, false);
    expect([posted, spooled]).toMatchObject([
      0,
      [{ state: 'rejected', rejectedBecause: 'the API would not accept it: cpu_nodes_total: must be a number' }],
    ]);
  });
});
