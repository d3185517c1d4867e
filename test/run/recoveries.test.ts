/** Which stored errors of deliveries a drain ends. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { drainOutbox } from '../../src/run/draining.ts';
import { ErrorChanges } from '../../src/run/ongoing-errors.ts';
import { accepted, answer, password, type ScriptedServer, startScripted, user } from '../delivery/helper.ts';
import { put } from '../outbox/queue.ts';
import { newPlace, type Place } from './place.ts';

/** Answers by the name of the system, whose end says what comes of its entries. */
const answers: Readonly<Record<string, string>> = {
  good: accepted(),
  refused: answer(400, { error: 'no' }),
  lost: answer(404),
  down: answer(503),
};

let server: ScriptedServer;
let place: Place;
let changes: ErrorChanges;
beforeEach(async () => {
  server = await startScripted(({ path }) => answers[path.slice(path.lastIndexOf('/') + 1)] ?? accepted());
  place = newPlace(
    { 'collector.yaml': `destinations: { ours: { kind: sam, url: '${server.url}/ours' } }\n` },
    {
      STATUS_API_URL: server.url,
      STATUS_API_USER: user,
      STATUS_API_PASSWORD: password,
      OURS_API_USER: user,
      OURS_API_PASSWORD: password,
    },
  );
  changes = new ErrorChanges();
});
afterEach(() => {
  server.stop();
  place.remove();
});

const known = ['deliver', 'deliver/good', 'deliver/lost', 'deliver/down', 'collect/good'];
const others = known.filter((about) => about !== 'deliver/good');

function add(...streams: readonly string[]): void {
  for (const stream of streams) {
    const [destination = '', system = ''] = stream.split('/');
    place.withOutbox((outbox) => put(outbox, { stream, destination, path: `/api/v1/status/${system}` }));
  }
}

/** Drains as an unattended run does. */
async function drain(stream: string | null = null): Promise<unknown> {
  const context = { ...place.context, changes };
  return drainOutbox(context, { stream, ignoreRest: false, maxSeconds: 0.5 }).catch((error: unknown) => error);
}

/** Drains while these errors are stored. Returns the log lines that report recoveries, and the errors that stay. */
async function ended(stream: string | null = null) {
  const since = new Date(Date.now() - 3 * 3_600_000 - 1000).toISOString();
  const troubles = Object.fromEntries(known.map((about) => [about, { since, first: '✗ HTTP 500', said: [] }]));
  place.withOutbox(({ metadata }) => metadata.write('troubles', JSON.stringify(troubles)));
  await drain(stream);
  place.lines.length = 0;
  changes.tell(place.context);
  const left = place.withOutbox(({ metadata }) => metadata.read('troubles')) ?? '{}';
  return { lines: place.lines, left: Object.keys(JSON.parse(left)) };
}

describe('a drain ends', () => {
  test('every stored error of deliveries if all entries were delivered', async () => {
    add('sam/good', 'sam/other');
    const { lines, left } = await ended();
    expect(left).toEqual(['collect/good']);
    expect(lines).toEqual([
      expect.stringMatching(
        /^INFO ✓ Delivered again after 3h \(since [-0-9]{10} [:0-9]{8} UTC\), 2 entries delivered, 0 left: HTTP 500$/,
      ),
    ]);
  });

  test('no stored error if nothing is pending', async () => {
    expect(await ended()).toEqual({ lines: [], left: known });
  });

  test('only the error of a system if only its stream is drained', async () => {
    add('sam/good', 'sam/lost');
    const { lines, left } = await ended('sam/good');
    expect(left).toEqual(others);
    expect(lines).toEqual([expect.stringMatching(/, 1 entry delivered, 0 left: HTTP 500$/)]);
  });

  test.each([
    [['sam/lost'], 'failed at a destination', 1],
    [['ours/lost'], 'failed at another destination than the first', 1],
    [['sam/refused'], 'was rejected', 0],
    [['sam/refused', 'sam/lost'], 'was rejected, and one failed', 1],
    [['nowhere/good'], 'has no configured destination', 1],
    [['nowhere/good', 'sam/lost'], 'has no configured destination, and one failed', 2],
    [['nowhere/good', 'sam/refused'], 'has no configured destination, and one was rejected', 1],
  ])('only the errors of recovered systems if, of %p, one %s', async (streams, _, waiting) => {
    add('sam/good', ...streams);
    const { lines, left } = await ended();
    expect(left).toEqual(others);
    expect(lines).toEqual([expect.stringMatching(new RegExp(`, 1 entry delivered, ${waiting} left: HTTP 500$`))]);
  });

  test.each([[[]], [['sam/lost']], [['sam/refused']], [['nowhere/good']]])(
    'only the errors of recovered systems while a stream rests, also beside %p',
    async (streams) => {
      add('sam/down');
      await drain();
      add('sam/good', ...streams);
      changes = new ErrorChanges();
      expect((await ended()).left).toEqual(others);
    },
  );

  test('no error of a system that one of its two destinations does not get', async () => {
    add('sam/lost', 'ours/down', 'ours/lost', 'sam/good');
    place.withOutbox(({ database }) => database.run("UPDATE entries SET path = '/good' WHERE stream = 'ours/lost'"));
    expect((await ended()).left).toEqual(others);
  });
});
