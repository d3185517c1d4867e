import { afterEach, expect, test } from 'bun:test';
import { noSoftwareRules } from '../../../src/config/software-rules.ts';
import { Unavailable } from '../../../src/server/store/errors.ts';
import { createUsageThread, type UsageThread } from '../../../src/server/usage/thread.ts';

let thread: UsageThread;
afterEach(() => thread.close());

/** A thread that runs a script in the place of the real one. */
function threadOf(...scripts: string[]) {
  let started = 0;
  thread = createUsageThread(':memory:', noSoftwareRules, () => {
    const script = scripts[Math.min(started, scripts.length - 1)] ?? '';
    started += 1;
    return new Worker(URL.createObjectURL(new Blob([script], { type: 'application/javascript' })));
  });
  return { ask: () => thread.ask({ kind: 'names', clusters: [], from: null, to: null }), starts: () => started };
}

const answers = `self.onmessage = ({ data }) => {
  if (data.id !== null) postMessage({ id: data.id, answer: JSON.stringify('answered') });
};`;
const dies = `self.onmessage = ({ data }) => { if (data.id !== null) throw new Error('broken'); };`;

test('the first question starts the thread, once', async () => {
  const { ask, starts } = threadOf(answers);
  expect(starts()).toBe(0);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['"answered"', '"answered"', '"answered"']);
  expect(starts()).toBe(1);
});

test('a thread that ends is started again, and answers the question', async () => {
  const { ask, starts } = threadOf(dies, answers);
  expect(await ask()).toBe('"answered"');
  expect(starts()).toBe(2);
});

test('a thread that ends again makes the question unavailable, and the next question starts it', async () => {
  const { ask } = threadOf(dies, dies, answers);
  await expect(ask()).rejects.toBeInstanceOf(Unavailable);
  expect(await ask()).toBe('"answered"');
});

test('too many questions at once are refused', async () => {
  const { ask } = threadOf('self.onmessage = () => undefined;');
  const waiting = Array.from({ length: 64 }, () => ask().catch(() => undefined));
  await expect(ask()).rejects.toThrow('64 questions about usage wait already');
  thread.close();
  await Promise.all(waiting);
});
