import { expect, test } from 'bun:test';
import { outageRules } from '../../src/config/outage-rules.ts';
import type { ObservedSnapshot } from '../../src/outage/observation.ts';
import { rules, worse } from '../../src/outage/rules.ts';

const observation = (rest: Partial<ObservedSnapshot> = {}): ObservedSnapshot => ({
  sequence: 1,
  at: new Date(0),
  failedProbes: [],
  nodes: null,
  ...rest,
});
const settings = outageRules.parse({});
function ruleOf(name: string) {
  const rule = rules.find((one) => one.name === name);
  if (!rule) throw new Error(`there is no rule ${name}`);
  return rule;
}

test.each([
  [0, 'good'],
  [9, 'good'],
  [10, 'bad'],
  [100, 'bad'],
])('%d of 100 nodes down is %s by default', (down, reading) => {
  const read = ruleOf('nodes_down').read(observation({ nodes: { total: 100, down } }), settings);
  expect([...read]).toEqual([['nodes', reading as 'good']]);
});

test.each([
  [1, 1, 'critical'],
  [100, 24, 'minor'],
  [100, 25, 'major'],
  [100, 49, 'major'],
  [100, 50, 'critical'],
])('of %d nodes, %d down are %s', (total, down, severity) => {
  const found = ruleOf('nodes_down').find(['nodes'], ['nodes'], observation({ nodes: { total, down } }));
  expect(found.severity).toBe(severity as 'minor');
  expect(found.title).toBe(`${(down / total) * 100} % of the compute nodes are down (${down} of ${total})`);
});

const filesystem = (filesystem_name: string) => ({ filesystem_name, available: false });

test.each([
  ['the only one', ['a'], ['a'], 'major'],
  ['one of two', ['a'], ['a', 'b'], 'major'],
  ['two of two', ['a', 'b'], ['a', 'b'], 'critical'],
  ['two of three', ['a', 'b'], ['a', 'b', 'c'], 'major'],
])('of the filesystems of a system, %s away is', (_, away, all, severity) => {
  const found = ruleOf('filesystems').find(['a'], away, observation({ filesystems: all.map(filesystem) }));
  expect(found.severity).toBe(severity as 'major');
});

test.each([
  ['login_nodes', 'login_nodes/a'],
  ['filesystems', 'filesystems/a'],
])('a thing of the rule %s may be there if its own probe failed, also in part', (name, probe) => {
  const { mayBeThere } = ruleOf(name);
  const after = (...failedProbes: string[]) => mayBeThere('a', observation({ failedProbes }));
  expect([after(), after(`${probe}b`), after('x', probe), after('x', `${probe} (partial)`)]).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

test.each([
  [255 - 'Login nodes unavailable: '.length, false],
  [256 - 'Login nodes unavailable: '.length, true],
])('a title with %d characters of names is cut: %p', (length, isCut) => {
  const { title } = ruleOf('login_nodes').find(['n'.repeat(length)], [], observation());
  expect([[...title].length, title.endsWith('…')]).toEqual([255, isCut]);
});

test('the worse of two severities does not depend on their order', () => {
  expect([worse('minor', 'critical'), worse('critical', 'minor'), worse('major', 'major')]).toEqual([
    'critical',
    'critical',
    'major',
  ]);
});

test.each([
  [7, 1, '14 %'],
  [8, 1, '13 %'],
  [3, 2, '67 %'],
  [1000, 104, '10 %'],
])('of %d nodes, %d down are %s, rounded', (total, down, percent) => {
  const { title } = ruleOf('nodes_down').find(['nodes'], ['nodes'], observation({ nodes: { total, down } }));
  expect(title).toBe(`${percent} of the compute nodes are down (${down} of ${total})`);
});
