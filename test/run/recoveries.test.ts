/** Which stored errors of deliveries a drain ends. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { drainOutbox } from '../../src/run/draining.ts';
import { accepted, answer, password, type ScriptedServer, startScripted, user } from '../delivery/helper.ts';
import { put } from '../outbox/queue.ts';
import { newPlace, type Place } from './place.ts';
import { unattended } from './unattended.ts';

/** Answers by the name of the system. Any other is accepted. */
const answers: Readonly<Record<string, string>> = {
  refused: answer(400, { error: 'no' }),
  lost: answer(404),
  down: answer(503),
};

let server: ScriptedServer;
let place: Place;
beforeEach(async () => {
  server = await startScripted(({ path }) => answers[path.slice(path.lastIndexOf('/') + 1)] ?? accepted());
  const credentials = {
    SAM_API_USER: user,
    SAM_API_PASSWORD: password,
    OURS_API_USER: user,
    OURS_API_PASSWORD: password,
  };
  place = newPlace(
    { 'collector.yaml': `destinations: { ours: { kind: sam, url: '${server.url}/ours' } }\n` },
    { SAM_API_URL: server.url, ...credentials },
  );
});
afterEach(() => {
  server.stop();
  place.remove();
});

function add(...streams: readonly string[]): void {
  for (const stream of streams) {
    const [destination = '', system = ''] = stream.split('/');
    place.withOutbox((outbox) => put(outbox, { stream, destination, path: `/api/v1/status/${system}` }));
  }
}

const known = ['deliver', 'deliver/good', 'deliver/lost', 'deliver/down', 'collect/good'];
/** Those that stay if only the system `good` has recovered. */
const others = known.filter((about) => about !== 'deliver/good');

const drain = (stream: string | null = null) =>
  unattended(place, known, (context) => drainOutbox(context, { stream, ignoreRest: false, maxSeconds: 0.5 }));

const recovery = (counts: string) =>
  expect.stringMatching(
    new RegExp(
      `^INFO \\[collector\\] ✓ Delivered again after 3h \\(since [-0-9]{10} [:0-9]{8} UTC\\), ${counts}: HTTP 500$`,
    ),
  );

describe('a drain ends', () => {
  test.each([
    [['sam/good'], '1 entry delivered, 0 left'],
    [['sam/good', 'sam/other'], '2 entries delivered, 0 left'],
  ])('every stored error of deliveries if all entries were delivered: %p', async (streams, counts) => {
    add(...streams);
    expect(await drain()).toEqual({ lines: [recovery(counts)], stored: ['collect/good'] });
  });

  test('no stored error if nothing is pending', async () => {
    expect(await drain()).toEqual({ lines: [], stored: known });
  });

  test('only the error of a system if only its stream is drained', async () => {
    add('sam/good', 'sam/lost');
    expect(await drain('sam/good')).toEqual({ lines: [recovery('1 entry delivered, 0 left')], stored: others });
  });

  test.each([
    [['sam/lost'], 'failed at a destination', 1],
    [['ours/lost'], 'failed at another destination than the first', 1],
    [['sam/refused'], 'was rejected', 0],
    [['sam/refused', 'sam/lost'], 'was rejected, and one failed', 1],
    [['nowhere/good'], 'has no configured destination', 1],
    [['nowhere/good', 'sam/lost'], 'has no configured destination, and one failed', 2],
    [['nowhere/good', 'sam/refused'], 'has no configured destination, and one was rejected', 1],
  ])('only the errors of recovered systems if, of %p, one %s', async (streams, _, left) => {
    add('sam/good', ...streams);
    const { lines, stored } = await drain();
    expect(lines).toContainEqual(recovery(`1 entry delivered, ${left} left`));
    expect(stored.filter((about) => about !== 'deliver/refused')).toEqual(others);
  });

  test.each([[[]], [['sam/lost']], [['sam/refused']], [['nowhere/good']]])(
    'only the errors of recovered systems while a stream rests, also beside %p',
    async (streams) => {
      add('sam/down');
      await drain();
      add('sam/good', ...streams);
      expect((await drain()).stored.filter((about) => about !== 'deliver/refused')).toEqual(others);
    },
  );

  test('no error of a system that one of its two destinations does not get', async () => {
    add('sam/lost', 'ours/down', 'ours/lost', 'sam/good');
    place.withOutbox(({ database }) => database.run("UPDATE entries SET path = '/good' WHERE stream = 'ours/lost'"));
    expect((await drain()).stored).toEqual(others);
  });
});

test('a drain does not end the error of a system that rests at one of its two destinations', async () => {
  add('ours/down');
  await drain();
  add('sam/down', 'sam/good');
  place.withOutbox(({ database }) => database.run("UPDATE entries SET path = '/good' WHERE stream = 'sam/down'"));
  const { lines, stored } = await drain();
  expect(lines).toEqual([recovery('2 entries delivered, 1 left')]);
  expect(stored).toEqual(others);
});

test('errors of a drain are stored as errors of deliveries', async () => {
  add('sam/lost');
  const { lines, stored } = await unattended(place, [], (context) =>
    drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds: 0.5 }),
  );
  expect(lines).toEqual([
    expect.stringMatching(/^ERROR \[lost\] ✗ lost status waits: the SAM API .* answers HTTP 404/),
  ]);
  expect(stored).toEqual(['deliver/lost']);
});
