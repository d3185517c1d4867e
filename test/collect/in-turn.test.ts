import { expect, test } from 'bun:test';
import { oneAfterTheOtherByKey } from '../../src/collect/without-outbox.ts';

test('tasks of one key run one after the other, also after a failed one; those of other keys do not wait', async () => {
  const inTurn = oneAfterTheOtherByKey();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn('a', async () => {
    log.push('first begins');
    await gate.promise;
    log.push('first ends');
    throw new Error('first failed');
  });
  const second = inTurn('a', async () => log.push('second'));
  await inTurn('b', async () => log.push('other key'));
  gate.resolve();
  await expect(first).rejects.toThrow('first failed');
  await second;
  expect(log).toEqual(['first begins', 'other key', 'first ends', 'second']);
});
