/** An earlier run on the same outbox that waits for a file. */

import { afterEach, beforeEach, expect, jest, spyOn, test } from 'bun:test';
import { socketName } from '../../src/outbox/socket-lock.ts';
import * as owners from '../../src/outbox/socket-owners.ts';
import { hangingRun } from '../../src/run/earlier-run.ts';

let outbox: string;
let stop: () => void;
beforeEach(() => {
  outbox = `/nonexistent/${Bun.randomUUIDv7()}.db`;
  stop = () => {};
});
afterEach(() => {
  stop();
  jest.useRealTimers();
});

/** Holds the socket of a run on the outbox. Returns a promise of its first connection. */
function hold(onOpen: (client: { end(text?: string): unknown }) => void): Promise<void> {
  const connected = Promise.withResolvers<void>();
  const socket = {
    open(client: { end(text?: string): unknown }) {
      onOpen(client);
      connected.resolve();
    },
    data() {},
  };
  const listener = Bun.listen({ unix: `\0${socketName(`${outbox}.run`)}`, socket });
  stop = () => listener.stop(true);
  return connected.promise;
}

test('is not there: this run answers the later ones', async () => {
  expect(await hangingRun(outbox)).toBeNull();
  const said = Promise.withResolvers<string>();
  const socket = { data: (_: unknown, text: Buffer) => said.resolve(text.toString()) };
  await Bun.connect({ unix: `\0${socketName(`${outbox}.run`)}`, socket });
  expect(await said.promise).toBe('running');
  expect(await hangingRun(outbox)).toBeNull();
});

test('does not hang if it closes the connection without an answer', async () => {
  void hold((client) => client.end());
  expect(await hangingRun(outbox)).toBeNull();
});

test('hangs if it does not answer within 15 s', async () => {
  jest.useFakeTimers();
  const connected = hold(() => {});
  let result: string | null | undefined;
  const ended = hangingRun(outbox).then((name) => {
    result = name;
  });
  await connected;
  jest.advanceTimersByTime(14_999);
  await Promise.resolve();
  expect(result).toBeUndefined();
  jest.advanceTimersByTime(1);
  await ended;
  expect(result).toBe(socketName(`${outbox}.run`));
});

test('is not one of ours if another user has taken the name', async () => {
  void hold(() => {});
  const others = spyOn(owners, 'socketNamesOfOthers').mockImplementation((prefix) => [prefix]);
  expect(await hangingRun(outbox)).toBeNull();
  others.mockRestore();
});

test('cannot be known where sockets are forbidden', async () => {
  const listen = spyOn(Bun, 'listen').mockImplementation(() => {
    throw Object.assign(new Error('forbidden'), { code: 'EPERM' });
  });
  expect(await hangingRun(outbox)).toBeNull();
  listen.mockRestore();
});
