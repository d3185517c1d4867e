/** What signals do to the program. */

import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import * as local from '../../src/exec/local.ts';

let handlers: Map<string, () => void>;
let exit: ReturnType<typeof spyOn<typeof process, 'exit'>>;
let killed: ReturnType<typeof spyOn<typeof local, 'killRunningCommands'>>;
let signals: typeof import('../../src/run/signals.ts');
let count = 0;
beforeEach(async () => {
  // Each test needs a module of its own, because a signal to stop is not taken back.
  signals = await import(`${join(import.meta.dir, '../../src/run/signals.ts')}?${count++}`);
  handlers = new Map();
  exit = spyOn(process, 'exit').mockReturnValue(undefined as never);
  killed = spyOn(local, 'killRunningCommands').mockReturnValue();
  const on = spyOn(process, 'on').mockImplementation(((name: string, handler: () => void) =>
    handlers.set(name, handler)) as never);
  signals.stopOnSignals();
  on.mockRestore();
});
afterEach(() => {
  exit.mockRestore();
  killed.mockRestore();
});

const send = (name: string) => handlers.get(name)?.();
const state = () => ({
  isStopped: signals.stopSignal.aborted,
  killed: killed.mock.calls.length,
  exits: exit.mock.calls,
});

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('%s ends the running commands and the work, and a second one the program with %i', (name, code) => {
  expect(state()).toEqual({ isStopped: false, killed: 0, exits: [] });
  send(name);
  expect(state()).toEqual({ isStopped: true, killed: 1, exits: [] });
  send(name);
  expect(state()).toEqual({ isStopped: true, killed: 2, exits: [[code]] });
});

test('SIGHUP reloads a daemon, and does not end it', () => {
  let reloads = 0;
  signals.reloadOnHangUp(() => {
    reloads += 1;
  });
  send('SIGHUP');
  expect([reloads, state()]).toEqual([1, { isStopped: false, killed: 0, exits: [] }]);
  send('SIGTERM');
  expect([reloads, state()]).toEqual([1, { isStopped: true, killed: 1, exits: [] }]);
});

test('other signals are left to the system', () => {
  expect([...handlers.keys()]).toEqual(['SIGHUP', 'SIGINT', 'SIGTERM']);
});
