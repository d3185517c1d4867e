import { afterEach, beforeEach, expect, test } from 'bun:test';
import { z } from 'zod';
import { newOutbox, type TestOutbox } from './queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

test('a value can be written, replaced and deleted, without a change of other values', () => {
  const { metadata } = here.outbox;
  expect(metadata.read('a')).toBeNull();
  metadata.write('a', '1');
  metadata.write('b', '2');
  metadata.write('a', '3');
  expect([metadata.read('a'), metadata.read('b')]).toEqual(['3', '2']);
  metadata.forget('a');
  expect([metadata.read('a'), metadata.read('b')]).toEqual([null, '2']);
});

test.each([
  ['["a"]', ['a']],
  ['["a"', null],
  ['{}', null],
  ['', null],
])('the value %p is read as the names %p', (value, names) => {
  here.outbox.metadata.write('a', value);
  expect(here.outbox.metadata.readJson('a', z.array(z.string()))).toEqual(names);
});

test('a missing value has no names, and an error of the file is not taken for one', () => {
  const { metadata, database } = here.outbox;
  expect(metadata.readJson('a', z.array(z.string()))).toBeNull();
  database.run('DROP TABLE meta');
  expect(() => metadata.readJson('a', z.array(z.string()))).toThrow('no such table: meta');
});
