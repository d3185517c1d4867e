import { expect, test } from 'bun:test';
import { forgetStartRequired, rememberStartRequired, requiresStart } from '../../src/delivery/start-required.ts';
import { readFact, writeFact } from '../../src/outbox/metadata.ts';
import { factOf } from '../../src/outbox/recovery/rows.ts';
import { newOutbox } from '../outbox/queue.ts';

const one = 'http://one.example.org';
const other = 'http://other.example.org';

test('each address is remembered and forgotten by itself, and a recovered outbox still knows it', () => {
  const { outbox, remove } = newOutbox();
  const { database } = outbox;
  const known = () => [one, other].map((address) => requiresStart(database, address));
  expect(known()).toEqual([false, false]);
  for (const address of [one, other, one]) rememberStartRequired(database, address);
  expect(known()).toEqual([true, true]);
  expect(factOf(['start-required', readFact(database, 'start-required')])?.[1]).toBe(JSON.stringify([other, one]));
  forgetStartRequired(database, one);
  expect(known()).toEqual([false, true]);
  writeFact(database, 'start-required', '{damaged');
  expect(known()).toEqual([false, false]);
  remove();
});
