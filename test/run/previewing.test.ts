/** What a collection prints that stores nothing. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync } from 'node:fs';
import * as lastKnown from '../../src/collect/last-known.ts';
import { loadSystem } from '../../src/config/load.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import * as output from '../../src/lib/output.ts';
import * as open from '../../src/outbox/open.ts';
import { unwritable } from '../../src/outbox/unwritable.ts';
import { printPayloads } from '../../src/run/previewing.ts';
import { collected, empty, placeOfTwo, recordingWithout, resultsIn, withExecutors } from './collecting-place.ts';
import { type Place, whileStopped } from './place.ts';

let place: Place;
let printed: string[];
const spies: { mockRestore(): void }[] = [];
beforeEach(() => {
  place = placeOfTwo();
  printed = [];
  spies.push(spyOn(output, 'print').mockImplementation((text) => void printed.push(text)));
});
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  place.remove();
});

/** Previews systems. Returns the exit code and what the log says of results. */
async function preview(names: readonly string[], { dryRun = false, replay = empty } = {}) {
  const systems = names.map((name) => loadSystem(name, place.context.config));
  place.lines.length = 0;
  const code = await printPayloads(systems, place.context, { record: null, replay, dryRun });
  return [code, ...resultsIn(place.lines)];
}

const times = () => printed.map((text) => Date.parse(`${JSON.parse(text).timestamp}Z`));

test('one payload is printed as readable JSON, and nothing is stored', async () => {
  expect(await preview(['one'])).toEqual([0]);
  expect(printed).toEqual([`${JSON.stringify(JSON.parse(printed[0] ?? ''), null, 2)}\n`]);
  expect(JSON.parse(printed[0] ?? '')).toMatchObject({ cpu_nodes_total: 3 });
  expect(existsSync(place.file)).toBe(false);
});

test('several payloads are printed as JSON Lines in their order, each a millisecond after the one before', async () => {
  expect(await preview(['two', 'one'])).toEqual([0]);
  expect(printed).toEqual(printed.map((text) => `${JSON.stringify(JSON.parse(text))}\n`));
  const [first = 0, second = 0] = times();
  expect([printed.length, second - first]).toEqual([2, 1]);
});

describe('a dry run', () => {
  test('says where each payload would be sent', async () => {
    place.remove();
    place = placeOfTwo('deliver_to: [sam, ours]', { STATUS_API_URL: 'https://sam.example.org' });
    expect(await preview(['one', 'two'], { dryRun: true })).toEqual([
      0,
      'INFO [DRY RUN] Would POST to https://sam.example.org/api/v1/status/one',
      'INFO [DRY RUN] Would POST to http://127.0.0.1:9/api/v1/status/one',
      'INFO [DRY RUN] Would POST to https://sam.example.org/api/v1/status/two',
      'INFO [DRY RUN] Would POST to http://127.0.0.1:9/api/v1/status/two',
    ]);
    expect(printed).toHaveLength(2);
  });

  test('says if no address is configured', async () => {
    expect(await preview(['one'], { dryRun: true })).toEqual([
      0,
      'INFO [DRY RUN] Would POST to (no address configured)/api/v1/status/one',
    ]);
  });
});

test('a system of which every probe fails is an error, and the others are printed', async () => {
  const replay = recordingWithout(place, '');
  spies.push(
    withExecutors((executorFor, system, source, isAlone) =>
      executorFor(system, system.system_name === 'one' ? { ...source, replay } : source, isAlone),
    ),
  );
  expect(await preview(['one', 'two'], { dryRun: true })).toEqual([
    1,
    'ERROR ✗ one: every probe failed',
    'INFO [DRY RUN] Would POST to (no address configured)/api/v1/status/two',
  ]);
  expect(printed).toHaveLength(1);
});

test('a payload that the API would not accept is printed, with the reason and exit code 1', async () => {
  spies.push(
    spyOn(lastKnown, 'lastKnownFields').mockReturnValue({ cpu_nodes_total: 'many' }),
    spyOn(open, 'openReadOnly').mockImplementation(() => place.withOutbox((outbox) => outbox)),
  );
  expect(await preview(['one'], { replay: recordingWithout(place, 'pbsnodes') })).toEqual([
    1,
    expect.stringMatching(/^ERROR ✗ one: the API would not accept this: cpu_nodes_total/),
  ]);
  expect(JSON.parse(printed[0] ?? '')).toMatchObject({ cpu_nodes_total: 'many' });
});

test('a failed recording is an error, and the payload is printed', async () => {
  spies.push(
    withExecutors((executorFor, ...of) => ({
      ...executorFor(...of),
      finish: async () => new OperatorError('the recording cannot be written'),
    })),
  );
  expect(await preview(['one'])).toEqual([1, 'ERROR ✗ one: the recording cannot be written']);
  expect(printed).toHaveLength(1);
});

test('an interrupted preview prints nothing', async () => {
  expect(await whileStopped(() => preview(['one', 'two']))).toEqual([1, 'WARN Interrupted: nothing is printed']);
  expect(printed).toEqual([]);
});

describe('a failed probe', () => {
  const partly = () => preview(['one'], { replay: recordingWithout(place, 'pbsnodes') });
  const ofNodes = () => place.lines.filter((line) => /last known|zeros/.test(line));

  test('gets the last known values of the system if there is an outbox', async () => {
    await collected(place);
    expect((await partly())[0]).toBe(0);
    expect(ofNodes()).toEqual(['WARN nodes: repeating the last known values']);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ cpu_nodes_total: 3 });
  });

  test.each([
    ['there is no outbox', null],
    ['the outbox cannot be opened', unwritable('open the outbox', '/x', new Error('no idea'))],
  ])('gets zeros if %s', async (_, error) => {
    if (error !== null)
      spies.push(
        spyOn(open, 'openReadOnly').mockImplementation(() => {
          throw error;
        }),
      );
    expect((await partly())[0]).toBe(0);
    expect(ofNodes()).toEqual(['WARN nodes: sending zeros']);
  });
});

test('a fault of the program that opens the outbox is not hidden', async () => {
  spies.push(
    spyOn(open, 'openReadOnly').mockImplementation(() => {
      throw new Error('no idea');
    }),
  );
  expect(await preview(['one']).catch((error: Error) => error.message)).toBe('no idea');
});
