import { expect, test } from 'bun:test';
import { begun } from '../../src/outage/lifecycle.ts';
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
