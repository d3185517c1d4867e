import { expect, test } from 'bun:test';
import { outageRules } from '../../src/config/outage-rules.ts';

test('the defaults', () => {
  expect(outageRules.parse(undefined)).toEqual({
    snapshots: 3,
    bad: 2,
    good: 3,
    login_nodes: true,
    filesystems: true,
    jupyterhub: true,
    nodes_down: 10,
  });
});

test.each([
  [{ snapshots: 1, bad: 1, good: 1 }, true],
  [{ snapshots: 12, bad: 12, good: 12 }, true],
  [{ snapshots: 13, bad: 12, good: 12 }, false],
  [{ snapshots: 0, bad: 1, good: 1 }, false],
  [{ snapshots: 3, bad: 4, good: 3 }, false],
  [{ snapshots: 3, bad: 3, good: 4 }, false],
  [{ snapshots: 3, bad: 1, good: 3 }, true],
  [{ snapshots: 3, bad: 1, good: 2 }, false],
  [{ nodes_down: 100 }, true],
  [{ nodes_down: 101 }, false],
  [{ nodes_down: 0.5 }, true],
  [{ nodes_down: 0 }, false],
  [{ nodes_down: null }, true],
])('%j are rules: %p', (rules, isValid) => {
  expect(outageRules.safeParse(rules).success).toBe(isValid);
});
