/** The drains of several destinations side by side, of which each can be drained again. */

import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from 'bun:test';
import * as drains from '../../src/delivery/drain.ts';
import * as status from '../../src/lib/status-line.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import { awaited, drainAll, summed } from '../../src/run/drain-all.ts';
import * as progress from '../../src/run/drain-progress.ts';
import { stopSignal } from '../../src/run/signals.ts';
import { password, user } from '../delivery/helper.ts';
import { put } from '../outbox/queue.ts';
import { newPlace, type Place, untilStopped } from './place.ts';

const nothing = { delivered: 0, rejected: 0, held: 0, left: 0, stopped: [], resting: [], problem: null } as const;

type Call = {
  readonly name: string;
  readonly options: drains.DrainOptions;
  readonly pace: unknown;
  end(result?: Partial<drains.DrainResult>): void;
  fail(error: Error): void;
};

let place: Place;
let now: number;
/** The drains that were started, each until it is ended. */
let calls: Call[];
const spies: { mockRestore(): void }[] = [];
beforeEach(() => {
  jest.useFakeTimers();
  const credentials = {
    SAM_API_USER: user,
    SAM_API_PASSWORD: password,
    OURS_API_USER: user,
    OURS_API_PASSWORD: password,
  };
  const url = 'http://127.0.0.1:9';
  place = newPlace(
    { 'collector.yaml': `destinations: { ours: { kind: sam, url: '${url}/ours' } }\n` },
    { SAM_API_URL: url, ...credentials },
  );
  now = 0;
  calls = [];
  spies.push(
    spyOn(performance, 'now').mockImplementation(() => now),
    spyOn(drains, 'drain').mockImplementation((_, { name }, options, __, ___, pace) => {
      const { promise, resolve, reject } = Promise.withResolvers<drains.DrainResult>();
      calls.push({ name, options, pace, end: (of = {}) => resolve({ ...nothing, ...of }), fail: reject });
      return promise;
    }),
  );
});
afterEach(() => {
  jest.useRealTimers();
  for (const spy of spies.splice(0)) spy.mockRestore();
  place.remove();
});

const names = () => calls.map(({ name }) => name);

/** Lets everything happen that needs no timer, and then so many milliseconds pass. */
async function pass(milliseconds: number): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  now += milliseconds;
  jest.advanceTimersByTime(milliseconds);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** Drains `sam` and `ours`, which both have an entry, while the test goes on. */
async function draining<Result>(
  test: (result: Promise<drains.DrainResult[]>) => Promise<Result>,
  { maxSeconds = 60 as number | null, stream = null as string | null } = {},
): Promise<Result> {
  const { config, outbox } = place.context;
  place.withOutbox((box) => {
    for (const destination of ['sam', 'ours']) put(box, { stream: `${destination}/x`, destination });
  });
  const opened = new Outbox(outbox.file);
  try {
    const { destinations } = awaited(opened, stream, config);
    return await test(drainAll(opened, destinations, { stream, ignoreRest: false, maxSeconds }, place.context));
  } finally {
    opened.close();
  }
}

describe('a destination that is done while another one is drained', () => {
  test('is drained again every two seconds if it has entries, at the same pace, for the rest of the time', async () => {
    await draining(async (result) => {
      expect(names()).toEqual(['sam', 'ours']);
      calls[0]?.end({ delivered: 2, rejected: 1 });
      await pass(1999);
      expect(names()).toEqual(['sam', 'ours']);
      await pass(1);
      expect(names()).toEqual(['sam', 'ours', 'sam']);
      expect(calls.map(({ options }) => options.maxSeconds)).toEqual([60, 60, 58]);
      expect(calls[2]?.pace).toBe(calls[0]?.pace);
      expect(calls[1]?.pace).not.toBe(calls[0]?.pace);
      for (const { options } of calls)
        expect(options).toMatchObject({ stream: null, ignoreRest: false, signal: stopSignal });
      calls[2]?.end({ delivered: 4, rejected: 8 });
      calls[1]?.end({ delivered: 16 });
      expect(summed(await result)).toMatchObject({ delivered: 22, rejected: 9 });
      expect(jest.getTimerCount()).toBe(0);
    });
  });

  test('goes on counting in the progress on a terminal', async () => {
    const shown: unknown[] = [];
    const update: progress.ProgressLine['update'] = (name, { delivered, rejected, next }, rest) =>
      shown.push([name, delivered, rejected, next, rest()]);
    spies.push(
      spyOn(status, 'canShowStatus').mockReturnValue(true),
      spyOn(progress, 'showProgress').mockReturnValue({ update, stop: () => shown.push('stopped') }),
    );
    const next = { stream: 'sam/x', at: 7 };
    await draining(async (result) => {
      calls[0]?.options.progress?.({ delivered: 1, rejected: 0, next });
      calls[0]?.end({ delivered: 2, rejected: 1 });
      await pass(2_000);
      calls[2]?.options.progress?.({ delivered: 4, rejected: 8, next: null });
      for (const { end } of calls) end();
      await result;
    });
    const rest = { maxPerMinute: 60, left: 1 };
    expect(shown).toEqual([['sam', 1, 0, next, rest], ['sam', 6, 9, null, rest], 'stopped']);
  });

  test('is drained again without a limit if there is none', async () => {
    await draining(
      async (result) => {
        calls[0]?.end();
        await pass(2_000);
        expect(calls.map(({ options }) => options.maxSeconds)).toEqual([null, null, null]);
        for (const { end } of calls) end();
        expect(await result).toHaveLength(3);
      },
      { maxSeconds: null },
    );
  });

  test.each([
    ['its only stream failed', { stopped: ['sam/x'] }],
    ['its only stream rests', { resting: ['sam/x'] }],
    ['the outbox could not store its answers', { problem: new OutboxUnwritable('full', 'make room', null) }],
  ])('is left alone if %s', async (_, of) => {
    await draining(async (result) => {
      calls[0]?.end(of);
      await pass(2_000);
      await pass(2_000);
      expect(names()).toEqual(['sam', 'ours']);
      calls[1]?.end();
      const { stopped, resting, problem } = summed(await result);
      expect({ stopped, resting, problem }).toEqual({ stopped: [], resting: [], problem: null, ...of });
    });
  });

  test('is left alone if the outbox could not store its answers the second time', async () => {
    await draining(async (result) => {
      calls[0]?.end();
      await pass(2_000);
      calls[2]?.end({ problem: new OutboxUnwritable('full', 'make room', null) });
      await pass(2_000);
      expect(names()).toEqual(['sam', 'ours', 'sam']);
      calls[1]?.end();
      await result;
    });
  });

  test('is drained again for another stream than the failed one, but not for one that is not asked for', async () => {
    for (const [stream, expected] of [
      [null, ['sam', 'ours', 'sam']],
      ['sam/x', ['sam']],
    ] as const) {
      calls = [];
      await draining(
        async (result) => {
          place.withOutbox((box) => put(box, { stream: 'sam/y' }));
          calls[0]?.end({ stopped: ['sam/x'] });
          await pass(2_000);
          expect(names()).toEqual([...expected]);
          for (const { end } of calls) end();
          await result;
        },
        { stream },
      );
    }
  });

  test('is left alone after the time limit', async () => {
    await draining(
      async (result) => {
        calls[0]?.end();
        await pass(2_000);
        expect(names()).toEqual(['sam', 'ours']);
        calls[1]?.end();
        await result;
      },
      { maxSeconds: 2 },
    );
  });

  test('is left alone after a signal to stop', async () => {
    await untilStopped((stop) =>
      draining(async (result) => {
        calls[0]?.end();
        stop();
        await pass(2_000);
        expect(names()).toEqual(['sam', 'ours']);
        calls[1]?.end();
        await result;
      }),
    );
  });
});

test('the first failure is thrown after the drains of all have ended', async () => {
  await draining(async (result) => {
    let isOver = false;
    const failure = result.catch((error: Error) => {
      isOver = true;
      return error.message;
    });
    calls[0]?.fail(new Error('no idea'));
    await pass(2_000);
    expect([names(), isOver]).toEqual([['sam', 'ours'], false]);
    calls[1]?.fail(new Error('another'));
    expect(await failure).toBe('no idea');
  });
});

test('no progress is shown without a terminal', async () => {
  const show = spyOn(progress, 'showProgress');
  spies.push(show, spyOn(status, 'canShowStatus').mockReturnValue(false));
  await draining(async (result) => {
    for (const { options, end } of calls) {
      options.progress?.({ delivered: 1, rejected: 0, next: null });
      end();
    }
    await result;
  });
  expect(show).not.toHaveBeenCalled();
});

test('nothing is drained if nothing is pending', async () => {
  const box = place.withOutbox(() => new Outbox(place.file));
  expect(await drainAll(box, [], { stream: null, ignoreRest: false, maxSeconds: 1 }, place.context)).toEqual([]);
  box.close();
});
