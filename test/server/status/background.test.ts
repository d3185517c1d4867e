import { expect, test } from 'bun:test';
import { startBackground } from '../../../src/server/status/background.ts';

test('stop ends a long pause at once, and waits for the step that has begun', async () => {
  const done: string[] = [];
  const step = Promise.withResolvers<void>();
  const work = startBackground(async (pause) => {
    done.push(`paused ${await pause(3_600_000)}`);
    await step.promise;
    done.push('step');
    done.push(`paused ${await pause(3_600_000)}`);
  });
  const stopping = work.stop().then(() => done.push('stopped'));
  await Bun.sleep(0);
  expect(done).toEqual(['paused false']);
  step.resolve();
  await stopping;
  expect(done).toEqual(['paused false', 'step', 'paused false', 'stopped']);
});

test('work goes on after a pause', async () => {
  const pauses: boolean[] = [];
  const ended = Promise.withResolvers<void>();
  const work = startBackground(async (pause) => {
    for (let round = 0; round < 3; round++) pauses.push(await pause(1));
    ended.resolve();
  });
  await ended.promise;
  expect(pauses).toEqual([true, true, true]);
  await work.stop();
});
