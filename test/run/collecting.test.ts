import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { collectLockFile } from '../../src/collect/lock-file.ts';
import { loadSystem } from '../../src/config/load.ts';
import { replayFrom } from '../../src/exec/replay.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { collectAndStore, worst } from '../../src/run/collecting.ts';
import { all, noise, put } from '../outbox/queue.ts';
import { collected, empty, placeOfTwo, recordingWithout, withExecutors } from './collecting-place.ts';
import { type Place, whileStopped } from './place.ts';
import { unattended } from './unattended.ts';

test.each([
  [[], 0],
  [[0, 0], 0],
  [[0, 1], 1],
  [[1, 2], 2],
  [[2, 0], 2],
  [[75, 0], 0],
  [[75, 1], 1],
  [[75, 75], 75],
] as const)(
  'the exit code of systems that end with %p is the worst, %i; 75 only if each is collected by another run',
  (codes, code) => {
    expect(worst(codes)).toBe(code);
  },
);

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

const stored = () => place.withOutbox((outbox) => all(outbox));

describe('a collection', () => {
  test('stores the snapshot of each system, and says how long that took', async () => {
    let now = Date.now();
    spies.push(
      spyOn(Date, 'now').mockImplementation(() => now),
      withExecutors((executorFor, ...of) => {
        now += 6180;
        return executorFor(...of);
      }),
    );
    place.lines.length = 0;
    expect(await collected(place, ['one', 'two'])).toEqual([
      0,
      'INFO ✓ Stored one as ID after 12.4 s',
      'INFO ✓ Stored two as ID after 12.4 s',
    ]);
    expect(stored().map(({ stream, state }) => `${stream} ${state}`)).toEqual(['sam/one pending', 'sam/two pending']);
  });

  test('stores an entry for each destination of a system', async () => {
    reconfigure('deliver_to: [sam, ours]');
    expect(await collected(place)).toEqual([0, 'INFO ✓ Stored one as ID (sam), ID (ours) after N s']);
  });

  test('names the probes that failed, and succeeds', async () => {
    const replay = recordingWithout(place, 'pbs_rstat', '"qstat", "-f"');
    expect(await collected(place, ['one'], { source: { record: null, replay } })).toEqual([
      0,
      'INFO ✓ Stored one as ID after N s without jobs, reservations',
    ]);
  });

  test('stores nothing of a system of which every probe failed, and the others', async () => {
    const replay = recordingWithout(place, '');
    spies.push(
      withExecutors((executorFor, system, source, isAlone) =>
        executorFor(system, system.system_name === 'one' ? { record: null, replay } : source, isAlone),
      ),
    );
    expect(await collected(place, ['one', 'two'])).toEqual([
      1,
      'ERROR ✗ one: nothing is stored: every probe failed',
      'INFO ✓ Stored two as ID after N s',
    ]);
  });

  test('says which systems another collection keeps, and ends with 75 if that keeps all', async () => {
    const lock = tryLock(collectLockFile(place.file, 'one'));
    expect(await collected(place, ['one'])).toEqual([75, 'INFO Another collection of one is running']);
    expect(await collected(place, ['one', 'two'])).toEqual([
      0,
      'INFO Another collection of one is running',
      'INFO ✓ Stored two as ID after N s',
    ]);
    lock?.release();
    expect(await collected(place)).toEqual([0, 'INFO ✓ Stored one as ID after N s']);
  });

  test('goes on after a bug in one system, with its stack for --verbose', async () => {
    spies.push(
      withExecutors((executorFor, system, ...of) => {
        if (system.system_name === 'one') throw new Error('no idea');
        return executorFor(system, ...of);
      }),
    );
    expect(await collected(place, ['one', 'two'])).toEqual([
      2,
      'ERROR ✗ one: no idea',
      expect.stringMatching(/^DEBUG Error: no idea\n +at /),
      'INFO ✓ Stored two as ID after N s',
    ]);
  });

  test('goes on after another thrown value, which has no stack', async () => {
    spies.push(
      withExecutors(() => {
        throw 'no idea';
      }),
    );
    expect(await collected(place)).toEqual([2, 'ERROR ✗ one: no idea']);
    expect(place.lines.at(-1)).toBe('DEBUG ');
  });

  test('stores the snapshot although its recording fails, and ends with 1', async () => {
    spies.push(
      withExecutors((executorFor, ...of) => ({
        ...executorFor(...of),
        finish: async () => new OperatorError('the recording cannot be written'),
      })),
    );
    expect(await collected(place)).toEqual([
      1,
      'ERROR ✗ one: the recording cannot be written',
      'INFO ✓ Stored one as ID after N s',
    ]);
  });

  test.each([
    [['one'], 'one'],
    [['one', 'two'], 'one, two'],
  ])('that is interrupted stores nothing, and names its systems: %p', async (names, text) => {
    expect(await whileStopped(() => collected(place, names))).toEqual([
      1,
      `WARN Interrupted: no snapshot of ${text} is stored`,
    ]);
    expect(stored()).toEqual([]);
  });

  test('ends the stored errors of its systems, unless it is interrupted', async () => {
    const known = ['collect/one', 'collect/one/nodes', 'collect/two', 'deliver/one'];
    const collect = () =>
      unattended(place, known, (context) =>
        collectAndStore([loadSystem('one', context.config)], context, { source: { record: null, replay: empty } }),
      );
    expect((await whileStopped(collect)).stored).toEqual(known);
    expect((await collect()).stored).toEqual(['collect/two', 'deliver/one']);
  });

  test('makes room in a full outbox for the entries of all destinations', async () => {
    reconfigure('deliver_to: [sam, ours]');
    place.withOutbox((outbox) => {
      for (let n = 0; n < 14; n += 1) put(outbox, { body: noise(350_000) });
    });
    const [, ...lines] = await collected(place);
    const lost = lines.filter((line) =>
      /^ERROR ✗ entry ID of sam\/casper, .* is lost: the outbox is full/.test(String(line)),
    );
    expect(lost.length).toBeGreaterThan(2);
    expect(stored().length).toBe(14 - lost.length + 2);
  });

  test('runs real commands unless a recording is named', async () => {
    const made = withExecutors(() => ({
      executor: replayFrom(empty),
      finish: async () => null,
    }));
    spies.push(made);
    const systems = ['one', 'two'].map((name) => loadSystem(name, place.context.config));
    await collectAndStore(systems, place.context);
    await collectAndStore(systems.slice(0, 1), place.context);
    const real = { record: null, replay: null };
    expect(made.mock.calls.map(([{ system_name }, ...of]) => [system_name, ...of])).toEqual([
      ['one', real, false],
      ['two', real, false],
      ['one', real, true],
    ]);
  });
});
