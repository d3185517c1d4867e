import { expect, test } from 'bun:test';
import { begun, ended, newReport } from '../../src/outage/lifecycle.ts';
import { systemOf } from '../support/systems.ts';

test.each([
  ['Filesystem a', 12],
  ['x'.repeat(128), 128],
  ['x'.repeat(129), 128],
  ['😀'.repeat(130), 128],
])('the component %# has at most the 128 characters of the API', (component, characters) => {
  const beginning = { title: 't', severity: 'major', component, start: new Date(0), now: new Date(1000) };
  const outage = begun(beginning, systemOf('derecho'), { name: 'filesystems', affected: ['a'] });
  expect([...(outage.component ?? '')]).toHaveLength(characters);
  expect(component.startsWith(outage.component ?? '-')).toBe(true);
});

test.each([
  ['later', 5000, 5000],
  ['at the same time', 2000, 2001],
  ['earlier, because the clock was set back', 1000, 2001],
])('a report that is made %s is newer than the one before', (_, now, reported) => {
  const beginning = { title: 't', severity: 'major', component: 'c', start: new Date(0), now: new Date(2000) };
  const outage = begun(beginning, systemOf('derecho'), { name: 'filesystems', affected: ['a'] });
  const { outage_reported_at, ...rest } = newReport({ ...outage, answers: [] }, new Date(now));
  expect(outage_reported_at).toEqual(new Date(reported));
  expect(rest).toEqual(expect.not.objectContaining({ answers: [] }));
  expect(rest).toMatchObject({ title: 't', outage_key: outage.outage_key });
});

test('an outage ended with the first snapshot after the last bad one, not before its start and not after now', () => {
  const beginning = { title: 't', severity: 'major', component: 'c', start: new Date(2000), now: new Date(2000) };
  const outage = { ...begun(beginning, systemOf('derecho'), { name: 'x', affected: [] }), answers: [] };
  const endOf = (now: number, ...things: string[]) =>
    ended(
      outage,
      things.map((thing) => ({
        readings: [...thing].map((letter, index) => ({
          at: new Date(1000 * (index + 1)),
          reading: letter === 'b' ? ('bad' as const) : ('good' as const),
        })),
      })),
      new Date(now),
    ).end_time?.getTime();
  expect(endOf(9000, 'bbgg')).toBe(3000);
  expect(endOf(9000, 'bggg', 'gbgg')).toBe(3000);
  expect(endOf(9000, 'bbbb')).toBe(9000);
  expect(endOf(9000, 'gggg')).toBe(2000);
  expect(endOf(9000)).toBe(9000);
});
