import { expect, test } from 'bun:test';
import { forgetStartRequired, rememberStartRequired, requiresStart } from '../../src/delivery/start-required.ts';
import { metadataOf } from '../../src/outbox/recovery/rows.ts';
import { newOutbox } from '../outbox/queue.ts';

const one = 'http://one.example.org';
const other = 'http://other.example.org';

test('addresses are stored independently, and a recovered outbox keeps them', () => {
  const { outbox, remove } = newOutbox();
  const known = () => [one, other].map((address) => requiresStart(outbox, address));
  expect(known()).toEqual([false, false]);
  for (const address of [one, other, one]) rememberStartRequired(outbox, address);
  expect(known()).toEqual([true, true]);
  expect(metadataOf(['start-required', outbox.metadata.read('start-required')])?.[1]).toBe(
    JSON.stringify([other, one]),
  );
  forgetStartRequired(outbox, one);
  expect(known()).toEqual([false, true]);
  outbox.metadata.write('start-required', '{damaged');
  expect(known()).toEqual([false, false]);
  remove();
});
