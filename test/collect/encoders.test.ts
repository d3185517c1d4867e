import { expect, test } from 'bun:test';
import { recordingOf, snapshotOf } from '../support/collected.ts';
import { plainSystem, withoutHosts } from '../support/systems.ts';

test.each([
  ['derecho', withoutHosts('derecho')],
  ['casper', withoutHosts('casper')],
  ['nasty', plainSystem('nasty', { timezone: 'America/Denver' })],
] as const)('the same moment of %s is the same snapshot through both JSON encoders', async (name, system) => {
  const fromNew = await snapshotOf(system, recordingOf(name));
  const fromOld = await snapshotOf(system, recordingOf(`${name}-old-encoder`));
  expect(fromOld.payload).toEqual(fromNew.payload);
  expect(fromOld.lines).toEqual(fromNew.lines);
  for (const { failedProbes, dropped } of [fromNew, fromOld]) {
    expect(failedProbes).toEqual([]);
    expect(dropped).toEqual([]);
  }
  expect(fromNew.payload.running_jobs).toBeGreaterThan(40);
});
