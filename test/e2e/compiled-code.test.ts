/** How many functions of the program the JavaScript engine compiles. Compiling them costs more than a short command gains. */

import { afterAll, expect, test } from 'bun:test';
import { join } from 'node:path';
import { run } from '../support/run.ts';
import { binary, fixtures, newSite } from '../support/site.ts';

const site = newSite();
afterAll(() => site.remove());

/** Returns the number of functions that the engine says it has compiled for a command. */
function compiledFor(args: readonly string[]): number {
  const { stderr } = run([binary, ...args], { env: { ...site.env, BUN_JSC_reportBaselineCompileTimes: '1' } });
  return stderr.split(' using Baseline ').length - 1;
}

test('the engine compiles many functions of an ordinary command', () => {
  expect(compiledFor(['outbox', 'ls'])).toBeGreaterThan(40);
});

test.each([
  ['a collection of 2,570 nodes', ['collect', 'derecho', '--json-only', '--replay', join(fixtures, 'derecho')], 100],
  ['a run', ['run', '--help'], 20],
  ['a health check', ['health'], 20],
])('it compiles few functions of %s, which cron or monitoring starts often', (_, args, most) => {
  expect(compiledFor(args)).toBeLessThan(most);
});
