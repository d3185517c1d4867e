import { describe, expect, test } from 'bun:test';
import { parseUsersPage } from '../../src/jupyterhub/users.ts';

function pageOf(document: unknown, byte = 0) {
  const page = parseUsersPage(JSON.stringify(document), byte);
  if (typeof page === 'string') throw new Error(page);
  return page;
}
const runningOf = (server: object) => pageOf([{ name: 'ada', servers: { a: server } }]).users[0]?.servers[0]?.running;

describe('whether a server runs', () => {
  test.each([
    [{ ready: true }, true],
    [{ ready: false }, false],
    [{ ready: true, stopped: true }, true],
    [{ ready: false, stopped: false, pending: null }, false],
    [{}, true],
    [{ stopped: false }, true],
    [{ stopped: true }, false],
    [{ pending: null }, true],
    [{ pending: 'spawn' }, false],
    [{ stopped: false, pending: 'stop' }, false],
  ])('%j: %p', (server, running) => {
    expect(runningOf(server)).toBe(running);
  });
});

test('a name can have one character, but not none', () => {
  const { users, damaged } = pageOf([
    { name: 'a', servers: {} },
    { name: '', servers: {} },
  ]);
  expect(users.map(({ name }) => name)).toEqual(['a']);
  expect(damaged.count).toBe(1);
});

describe('what comes next', () => {
  const page = (next: unknown) => pageOf({ items: [], _pagination: { next } }).next;

  test.each([
    [{ offset: 1 }, 1],
    [{ offset: 200 }, 200],
    [null, null],
    [undefined, null],
  ])('after a page with %p is %p', (next, expected) => {
    expect(page(next)).toBe(expected);
  });

  test('is unknown for a plain list', () => {
    expect(pageOf([]).next).toBeUndefined();
  });

  test.each([0, -1, 1.5, '2'])('cannot be at %p', (offset) => {
    expect(typeof parseUsersPage(JSON.stringify({ items: [], _pagination: { next: { offset } } }), 0)).toBe('string');
  });
});

test('every user and server is read with all that is known, and broken ones are counted by name and place', () => {
  const servers = { '': { user_options: { a: true }, state: { b: 1 } }, named: { ready: false } };
  const { users, damaged, length } = pageOf(
    [{ name: 'ada', servers }, { name: 'bob', servers: {} }, { name: '', servers: {} }, { name: 'eve', servers: 7 }, 8],
    99,
  );
  expect(users).toEqual([
    {
      name: 'ada',
      servers: [
        { name: '', running: true, options: { a: true }, state: { b: 1 } },
        { name: 'named', running: false, options: undefined, state: undefined },
      ],
    },
    { name: 'bob', servers: [] },
  ]);
  expect(length).toBe(5);
  expect(damaged.count).toBe(3);
  expect(damaged.first.map(({ record, byte }) => [record, byte])).toEqual([
    ['', 99],
    ['eve', 99],
    [null, 99],
  ]);
});
