/** What a collection does if something besides its commands fails, and the detection of outages after it. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import * as lastKnown from '../../src/collect/last-known.ts';
import { collectLockFile } from '../../src/collect/lock-file.ts';
import * as detect from '../../src/outage/detect.ts';
import * as open from '../../src/outbox/open.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { trySocketLock } from '../../src/outbox/socket-lock.ts';
import { parseEntry } from '../../src/outbox/spool/files.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import * as makingRoom from '../../src/run/make-room.ts';
import { accept, startSamApi } from '../support/sam-api.ts';
import { collected, placeOfTwo, recordingWithout } from './collecting-place.ts';
import type { Place } from './place.ts';

let place: Place;
const spies: { mockRestore(): void }[] = [];
beforeEach(() => {
  place = placeOfTwo();
});
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  place.remove();
});

function reconfigure(...args: Parameters<typeof placeOfTwo>): void {
  place.remove();
  place = placeOfTwo(...args);
}

const spooled = () => place.context.outbox.spool.entries().map((file) => parseEntry(readFileSync(file, 'utf8')));
const unwritable = new OutboxUnwritable('the disk is full', 'make room', null);

describe('a failed probe', () => {
  const partly = () =>
    collected(place, ['one'], { source: { record: null, replay: recordingWithout(place, 'pbsnodes') } });
  const ofNodes = () => place.lines.filter((line) => /last known|zeros/.test(line));

  test('gets the last known values of the system', async () => {
    await collected(place);
    await partly();
    expect(ofNodes()).toEqual(['WARN nodes: repeating the last known values']);
  });

  test('gets zeros, and a warning, if the outbox cannot be read', async () => {
    await collected(place);
    spies.push(
      spyOn(lastKnown, 'lastKnownFields').mockImplementation(() => {
        throw new Error('no idea');
      }),
    );
    expect((await partly())[0]).toBe(0);
    expect(ofNodes()).toEqual(['WARN cannot read the last known values: no idea', 'WARN nodes: sending zeros']);
  });
});

describe('the detection of outages', () => {
  const outage = { title: 'It is down', severity: 'major' as const, outage_key: 'key' };

  test('follows a stored snapshot, and warns of each outage', async () => {
    reconfigure('detect_outages: true');
    const both = [
      { kind: 'begins', outage },
      { kind: 'ends', outage },
    ] as unknown as detect.Detected[];
    const found = spyOn(detect, 'detectOutages').mockReturnValue(both);
    spies.push(found);
    expect(await collected(place)).toEqual([
      0,
      'INFO ✓ Stored one as ID after N s',
      'WARN outage: It is down (major, key)',
      'WARN outage is over: It is down (major, key)',
    ]);
    expect(found).toHaveBeenCalledTimes(1);
  });

  test('is an error that does not matter to the snapshot if it fails', async () => {
    reconfigure('detect_outages: true');
    spies.push(
      spyOn(detect, 'detectOutages').mockImplementation(() => {
        throw new Error('no idea');
      }),
    );
    expect(await collected(place)).toEqual([
      0,
      'INFO ✓ Stored one as ID after N s',
      'ERROR ✗ cannot detect outages: no idea',
    ]);
  });

  test('is not made for a system that has it switched off', async () => {
    const found = spyOn(detect, 'detectOutages');
    spies.push(found);
    await collected(place);
    expect(found).not.toHaveBeenCalled();
  });

  test('makes room in a full outbox for what it reports', async () => {
    reconfigure('detect_outages: true');
    const room = spyOn(makingRoom, 'makeRoom');
    spies.push(room);
    await collected(place);
    expect(room.mock.calls.map(([, , , entries = 'one']) => entries)).toEqual([1, 'one']);
  });
});

describe('without an outbox', () => {
  const full = 'ERROR ✗ one: the disk is full; the snapshot is kept in ';

  test.each([
    ['cannot be opened', 'openToWrite', open],
    ['cannot be written', 'addAll', Outbox.prototype],
  ] as const)('that %s, snapshots are kept elsewhere', async (_, name, of) => {
    spies.push(
      spyOn(of as typeof open, name as 'openToWrite').mockImplementation(() => {
        throw unwritable;
      }),
    );
    expect(await collected(place, ['one', 'two'])).toEqual([
      1,
      expect.stringContaining(full),
      expect.stringContaining(full.replace('one', 'two')),
    ]);
    const [one, two] = spooled();
    expect([one?.stream, two?.stream]).toEqual(['sam/one', 'sam/two']);
    expect(Number(two?.collectedAt) - Number(one?.collectedAt)).toBe(1);
  });

  test('for an unknown reason is a bug', async () => {
    const failing = spyOn(open, 'openToWrite').mockImplementation(() => {
      throw new Error('no idea');
    });
    spies.push(failing);
    expect(await collected(place).catch((error: Error) => error.message)).toBe('no idea');
  });

  test('whose directory does not answer, no file beside it is touched', async () => {
    expect(await collected(place, ['one'], {}, { hanging: unwritable })).toEqual([1, expect.stringContaining(full)]);
    expect(existsSync(collectLockFile(place.file, 'one'))).toBe(false);
    const lock = trySocketLock(collectLockFile(place.file, 'one'), () => undefined);
    expect(await collected(place, ['one'], {}, { hanging: unwritable })).toEqual([
      75,
      'INFO Another collection of one is running',
    ]);
    lock?.release();
  });

  test('snapshots are posted on demand', async () => {
    const api = startSamApi(accept);
    try {
      reconfigure('', { STATUS_API_URL: api.url, STATUS_API_USER: 'u', STATUS_API_PASSWORD: 'p' });
      expect(await collected(place, ['one'], { postDirectly: true }, { hanging: unwritable })).toEqual([
        1,
        expect.stringContaining('✗ one: the disk is full; the snapshot was posted directly to '),
      ]);
      expect(await collected(place, ['one'], {}, { hanging: unwritable })).toEqual([1, expect.stringContaining(full)]);
      expect([api.posted.length, spooled().length]).toEqual([1, 1]);
    } finally {
      await api.stop();
    }
  });
});
