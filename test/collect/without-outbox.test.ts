import { expect, test } from 'bun:test';
import { oneAfterTheOther } from '../../src/collect/without-outbox.ts';

test('what is run one after the other never overlaps, and a failure does not stop the next', async () => {
  const inTurn = oneAfterTheOther();
  const events: string[] = [];
  const first = Promise.withResolvers<string>();
  const post = (name: string, work: Promise<string>) => async () => {
    events.push(`${name} begins`);
    try {
      return await work;
    } finally {
      events.push(`${name} ends`);
    }
  };
  const results = [inTurn(post('a', first.promise)), inTurn(post('b', Promise.resolve('b')))];
  first.reject(new Error('lost'));
  expect(await Promise.allSettled(results)).toMatchObject([{ status: 'rejected' }, { value: 'b' }]);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});
