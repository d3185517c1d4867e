import { afterEach, beforeEach, expect, test } from 'bun:test';
import { observations } from '../../src/outage/observation.ts';
import { newOutbox, put, type TestOutbox } from '../outbox/queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10, minute));
const between = (from: number, to: number, limit = 10) =>
  observations(box.outbox, 'sam/casper', at(from), at(to), limit);
const snapshot = (minute: number, body: object = {}, failedProbes: readonly string[] = []) =>
  put(box.outbox, { collectedAt: at(minute), body: JSON.stringify(body), failedProbes });

test.each([
  ['cpu_nodes', { cpu_nodes_total: 10, cpu_nodes_down: 1 }, { total: 10, down: 1 }],
  ['gpu_nodes', { gpu_nodes_total: 20, gpu_nodes_down: 2 }, { total: 20, down: 2 }],
  ['viz_nodes', { viz_nodes_total: 30, viz_nodes_down: 3 }, { total: 30, down: 3 }],
  ['compute_nodes', { compute_nodes_total: 40, compute_nodes_down: 4 }, { total: 40, down: 4 }],
  ['the nodes of a hub', { nodes_total: 50, nodes_down: 5 }, { total: 50, down: 5 }],
  ['one node', { gpu_nodes_total: 1, gpu_nodes_down: 1 }, { total: 1, down: 1 }],
  [
    'all classes together, without the totals that repeat them',
    {
      ...{ cpu_nodes_total: 10, cpu_nodes_down: 1, gpu_nodes_total: 20, gpu_nodes_down: 2 },
      ...{ viz_nodes_total: 30, viz_nodes_down: 3, compute_nodes_total: 60, compute_nodes_down: 6 },
    },
    { total: 60, down: 6 },
  ],
  ['no counts of nodes that are down', { cpu_nodes_total: 10, gpu_nodes_total: null }, { total: 10, down: 0 }],
  ['no nodes', { cpu_nodes_total: 0, cpu_nodes_down: 0 }, null],
  ['no counts', {}, null],
])('the nodes of a snapshot with %s', (_, body, nodes) => {
  snapshot(1, body);
  expect(between(0, 9)).toMatchObject([{ at: at(1), nodes }]);
});

test('a failed probe of nodes gives no node counts; other failed probes do not matter', () => {
  const counts = { cpu_nodes_total: 10, cpu_nodes_down: 1 };
  snapshot(1, counts, ['jobs', 'nodes']);
  snapshot(2, counts, ['jobs', 'queues']);
  expect(between(0, 9)).toMatchObject([
    { nodes: null, failedProbes: ['jobs', 'nodes'] },
    { nodes: { total: 10, down: 1 }, failedProbes: ['jobs', 'queues'] },
  ]);
});

test('the newest snapshots between two times are given, oldest first', () => {
  for (const minute of [1, 2, 3, 4, 5]) snapshot(minute);
  put(box.outbox, { stream: 'sam/derecho', collectedAt: new Date(at(3).getTime() + 1) });
  expect(between(2, 4).map((one) => one.at)).toEqual([at(2), at(3), at(4)]);
  expect(between(0, 9, 2).map((one) => one.at)).toEqual([at(4), at(5)]);
});
