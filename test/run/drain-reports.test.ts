/** What a drain logs, shows and records. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import * as status from '../../src/lib/status-line.ts';
import { listOutages } from '../../src/outage/outage-table.ts';
import { reportOutage } from '../../src/outage/report.ts';
import { drainLockFile } from '../../src/outbox/files.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { rememberDamage } from '../../src/outbox/recovery/past-damage.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import * as progress from '../../src/run/drain-progress.ts';
import { drainOutbox } from '../../src/run/draining.ts';
import {
  accepted,
  answer,
  password,
  type Reply,
  type ScriptedServer,
  startScripted,
  user,
} from '../delivery/helper.ts';
import { put } from '../outbox/queue.ts';
import { newPlace, type Place, untilStopped } from './place.ts';

let server: ScriptedServer;
let place: Place;
let reply: (system: string) => Reply;
beforeEach(async () => {
  reply = (system) => (system === 'refused' ? answer(400, { error: 'no' }) : accepted());
  server = await startScripted(({ path }) => reply(path.slice(path.lastIndexOf('/') + 1)));
  const credentials = {
    SAM_API_USER: user,
    SAM_API_PASSWORD: password,
    OURS_API_USER: user,
    OURS_API_PASSWORD: password,
  };
  const ours = `ours: { kind: sam, url: '${server.url}/ours', max_per_minute: 7 }`;
  place = newPlace({ 'collector.yaml': `destinations: { ${ours} }\n` }, { SAM_API_URL: server.url, ...credentials });
});
afterEach(() => {
  server.stop();
  place.remove();
});

function add(...streams: readonly string[]): string[] {
  return streams.map((stream) => {
    const [destination = '', system = ''] = stream.split('/');
    const rest = { stream, destination, path: `/api/v1/status/${system}` };
    return place.withOutbox((outbox) => put(outbox, rest).id);
  });
}

/** Drains. Returns the exit code, or the message of the error; and the lines of the log that are not about one entry. */
async function drained(stream: string | null = null, hanging: OutboxUnwritable | null = null) {
  const options = { stream, ignoreRest: false, maxSeconds: 60 };
  const result = await drainOutbox({ ...place.context, hanging }, options).catch((error: Error) => error.message);
  return [result, ...place.lines.filter((line) => !/✓|✗ .* (rejected|waits)/.test(line))];
}

const notConfigured = (name: string) =>
  `there are pending entries for the destination ${name}, which is not configured: add ${name} to destinations: in ${place.path}/collector.yaml, or delete its entries: hpc-collector outbox drop --stream ${name}/SYSTEM`;

test('a drain that another one prevents says so, and leaves the entries to it', async () => {
  add('sam/x');
  const lock = tryLock(drainLockFile(place.file));
  expect(await drained()).toEqual([75, 'INFO Another drain is running']);
  lock?.release();
  expect(await drained()).toEqual([0, 'INFO Another drain is running', 'INFO Drain: 1 delivered, 0 rejected, 0 left']);
});

test('a drain touches no file while the directory of the outbox does not answer', async () => {
  add('sam/x');
  const lock = tryLock(drainLockFile(place.file));
  const hanging = new OutboxUnwritable('it hangs', 'wait', null);
  expect(await drained(null, hanging)).toEqual(['it hangs; wait']);
  lock?.release();
});

test('a drain warns of a recovery until it is acknowledged', async () => {
  const damage = { file: '/x', reason: 'y', recovered: 1, without_body: 0, without_entry: 0 };
  place.withOutbox(({ database }) => rememberDamage(database, { at: '2026-11-20T08:00:00Z', ...damage }));
  expect(await drained()).toEqual([
    0,
    'WARN the outbox was damaged at 2026-11-20T08:00:00Z and recovered: see hpc-collector outbox recover; to stop this warning: hpc-collector outbox recover --ack',
  ]);
});

test('a drain of a stream that does not exist is an error, and nothing is sent', async () => {
  add('sam/x');
  expect(await drained('sam/y')).toEqual([expect.stringMatching(/^--stream sam\/y: there is no such stream: /)]);
  expect(server.seen).toEqual([]);
});

test('a drain of one stream counts only its entries', async () => {
  add('sam/x', 'sam/y', 'sam/y', 'ours/x');
  expect(await drained('sam/x')).toEqual([0, 'INFO Drain: 1 delivered, 0 rejected, 0 left']);
  expect(server.seen.map(({ path }) => path)).toEqual(['/api/v1/status/x']);
});

describe('destinations that are not configured', () => {
  test('are an error about the first and a line for each other, and no drain is reported', async () => {
    add('one/x', 'two/x', 'two/y', 'three/x');
    expect(await drained()).toEqual([
      notConfigured('one'),
      `ERROR ✗ ${notConfigured('two')}`,
      `ERROR ✗ ${notConfigured('three')}`,
    ]);
  });

  test('do not matter to a drain of another stream', async () => {
    add('one/x', 'sam/x');
    expect(await drained('sam/x')).toEqual([0, 'INFO Drain: 1 delivered, 0 rejected, 0 left']);
  });
});

test('an entry for another destination than that of its stream has an attempt that says why it is rejected', async () => {
  const [id = ''] = add('sam/x');
  place.withOutbox(({ database }) => database.run("UPDATE entries SET destination = 'ours', first_sent_at = 1000"));
  const detail =
    "its destination 'ours' is not that of its stream 'sam/x': the entry is damaged, or a newer version stored it";
  expect(await drained()).toEqual([1, 'INFO Drain: 0 delivered, 1 rejected, 0 left']);
  const [entry] = place.withOutbox((outbox) => outbox.withPrefix(id, 1));
  expect(entry).toMatchObject({ state: 'rejected', lastError: detail, firstSentAt: new Date(1000) });
  expect(place.withOutbox((outbox) => entry && outbox.attempts(entry))).toEqual([
    { at: expect.any(Date), seconds: 0, status: null, outcome: 'rejected', detail },
  ]);
});

test('such an entry that was never sent stays one that the destination cannot have', async () => {
  const [id = ''] = add('sam/x');
  place.withOutbox(({ database }) => database.run("UPDATE entries SET destination = 'ours'"));
  await drained();
  expect(place.withOutbox((outbox) => outbox.withPrefix(id, 1))).toMatchObject([{ firstSentAt: null }]);
});

test.each([
  [
    ['sam/x', 'sam/x'],
    [
      'WARN The drain was interrupted: the next drain continues where it stopped',
      'INFO Drain: 1 delivered, 0 rejected, 1 left',
    ],
  ],
  [['sam/x'], ['INFO Drain: 1 delivered, 0 rejected, 0 left']],
])('a signal to stop while the first of %p is sent ends the drain after it', async (streams, lines) => {
  add(...streams);
  const result = await untilStopped((stop) => {
    reply = () => {
      stop();
      return accepted();
    };
    return drained();
  });
  expect(result).toEqual([0, ...lines]);
});

test('a file that is no outbox is refused before a lock is made beside it', async () => {
  writeFileSync(place.file, 'a letter\n'.repeat(1000));
  expect(await drained()).toEqual([
    `${place.file} is not an outbox, and not a database at all: correct --outbox, or move the file away`,
  ]);
  expect(await Bun.file(drainLockFile(place.file)).exists()).toBe(false);
});

test('the id that the API gives an outage is known before its entry is pruned', async () => {
  reply = () => answer(201, { success: true, outage_id: 42 });
  place.withOutbox((outbox) => reportOutage(outbox, 'x', { title: 'It is down', severity: 'minor' }, new Date()));
  expect(await drained()).toEqual([0, 'INFO Drain: 1 delivered, 0 rejected, 0 left']);
  expect(place.withOutbox((outbox) => listOutages(outbox, true))).toMatchObject([
    { answers: [{ destination: 'sam', ids: [42] }] },
  ]);
});

describe('on a terminal', () => {
  type Update = Parameters<progress.ProgressLine['update']>;
  const stop = () => stopped.push(true);
  let updates: [...Update, ReturnType<Update[2]>][];
  let stopped: true[];
  let spies: ReturnType<typeof spyOn>[];
  beforeEach(() => {
    updates = [];
    stopped = [];
    const update = (...of: Update) => {
      updates.push([...of, of[2]()]);
    };
    spies = [
      spyOn(status, 'canShowStatus').mockReturnValue(true),
      spyOn(progress, 'showProgress').mockReturnValue({ update, stop }),
      spyOn(status, 'showStatus').mockImplementation(() => {}),
    ];
  });
  afterEach(() => {
    for (const spy of spies) spy.mockRestore();
  });

  test('the progress of each destination is shown until the end', async () => {
    add('sam/x', 'sam/refused', 'sam/x', 'ours/x');
    expect(await drained()).toEqual([1, 'INFO Drain: 3 delivered, 1 rejected, 0 left']);
    const of = (name: string) =>
      updates
        .filter(([one]) => one === name)
        .map(([, { delivered, rejected, next }, , { left, maxPerMinute }]) =>
          [delivered, rejected, left, maxPerMinute, next?.stream ?? null].join(' '),
        );
    expect(of('sam')).toEqual([
      '0 0 3 60 sam/x',
      '1 0 2 60 ',
      '1 0 2 60 sam/refused',
      '1 1 1 60 ',
      '1 1 1 60 sam/x',
      '2 1 0 60 ',
    ]);
    expect(of('ours')).toEqual(['0 0 1 7 ours/x', '1 0 0 7 ']);
    expect([stopped, spies[2]?.mock.calls]).toEqual([[true], [['']]]);
  });

  test('the line goes away if the drain fails', async () => {
    const failing = spyOn(Outbox.prototype, 'delivered').mockImplementation(() => {
      throw new Error('no idea');
    });
    add('sam/x');
    const result = await drained();
    failing.mockRestore();
    expect(result).toEqual(['no idea']);
    expect([stopped, spies[2]?.mock.calls]).toEqual([[true], [['']]]);
  });
});
