import { describe, expect, test } from 'bun:test';
import type { NodeRecord } from '../../src/lib/records.ts';
import { addNode, arrayOf, emptyNodes, nodeFields, nodeTypeRows } from '../../src/snapshot/nodes.ts';
import { plainSystem } from '../support/systems.ts';

const node = (rest: Partial<NodeRecord> = {}): NodeRecord => ({
  name: 'n1',
  state: 'available',
  cores: 8,
  coresAllocated: 2,
  coresIdle: 6,
  gpus: 0,
  gpusAllocated: 0,
  gpusIdle: 0,
  memoryGib: 64,
  memoryAllocatedGib: 16,
  jobs: [],
  resources: new Map(),
  ...rest,
});
const typed = plainSystem('tiny', {
  node_rules: [
    { when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu', type: 'gpu' },
    { class: 'cpu', type: 'plain' },
  ],
});
const withGpus = (gpus: number, gpusAllocated: number, rest: Partial<NodeRecord> = {}) =>
  node({
    gpus,
    gpusAllocated,
    gpusIdle: gpus - gpusAllocated,
    resources: new Map([
      ['ngpus', String(gpus)],
      ['gpu_type', 'a100,big'],
    ]),
    ...rest,
  });

function rolledUp(nodes: readonly NodeRecord[], system = typed) {
  const rollup = emptyNodes();
  for (const one of nodes) addNode(rollup, one, system);
  return rollup;
}

describe('nodes with one GPU', () => {
  const nodes = [withGpus(1, 1), withGpus(1, 1), withGpus(1, 0), withGpus(1, 0)];

  test('have GPUs in their type', () => {
    expect(nodeTypeRows(rolledUp(nodes), typed)).toEqual([
      {
        node_type: 'gpu',
        nodes_total: 4,
        nodes_available: 4,
        nodes_down: 0,
        nodes_allocated: 0,
        cores_per_node: 8,
        memory_gb_per_node: 64,
        gpus_per_node: 1,
        gpu_model: 'a100',
        utilization_percent: 50,
        memory_utilization_percent: 25,
      },
    ]);
  });

  test('are counted in the fields of GPU nodes', () => {
    expect(nodeFields(rolledUp([...nodes, node({ state: 'down' })]), typed)).toMatchObject({
      cpu_nodes_total: 1,
      cpu_nodes_down: 1,
      gpu_nodes_total: 4,
      gpu_nodes_available: 4,
      gpu_nodes_down: 0,
      gpu_count_total: 4,
      gpu_count_allocated: 2,
      gpu_count_idle: 2,
      gpu_utilization_percent: 50,
      compute_nodes_total: 5,
      compute_nodes_available: 4,
      compute_nodes_down: 1,
    });
  });
});

test('the type of nodes without GPUs is used by cores, and has no fields of GPUs', () => {
  const [row] = nodeTypeRows(rolledUp([node(), node({ coresAllocated: 6 })]), typed);
  expect(row).toMatchObject({ node_type: 'plain', utilization_percent: 50, cores_per_node: 8 });
  expect(row).not.toHaveProperty('gpus_per_node');
});

test.each([
  ['the last two', [1, 4, 4], 4],
  ['the first two', [4, 4, 1], 4],
  ['the first and the last', [4, 1, 4], 4],
])('the hardware of a type is that of most of its nodes: %s', (_, counts, gpus_per_node) => {
  const nodes = counts.map((gpus) => withGpus(gpus, 0));
  expect(nodeTypeRows(rolledUp(nodes), typed)).toMatchObject([{ nodes_total: 3, gpus_per_node }]);
});

test('a node that is down and reports nothing does not change the hardware of its type', () => {
  const silent = node({ state: 'down', cores: 0, memoryGib: 0, memoryAllocatedGib: 0 });
  const one = node({ cores: 1, coresAllocated: 0 });
  expect(nodeTypeRows(rolledUp([silent, silent, one]), typed)).toMatchObject([{ nodes_down: 2, cores_per_node: 1 }]);
});

test('every state is counted in its field, and any other state only in the total', () => {
  const states = ['available', 'allocated', 'allocated', 'down', 'down', 'down', 'reserved', 'other'] as const;
  const rollup = rolledUp(states.map((state) => node({ state })));
  expect(rollup.all).toEqual({ total: 8, available: 1, allocated: 2, down: 3, reserved: 1 });
  expect(rollup.byClass.cpu).toEqual(rollup.all);
  expect(rollup.byClass.gpu.total).toBe(0);
});

test('the rows of types are in the order of their rules, and of one rule by number', () => {
  const system = plainSystem('tiny', {
    node_rules: [
      { when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu', type: 'gpu-{ngpus}way' },
      { class: 'cpu', type: 'plain' },
    ],
  });
  const nodes = [node(), withGpus(10, 0), withGpus(2, 0), withGpus(1, 0)];
  expect(nodeTypeRows(rolledUp(nodes, system), system).map((row) => row.node_type)).toEqual([
    'gpu-1way',
    'gpu-2way',
    'gpu-10way',
    'plain',
  ]);
});

test('a type with the name of a member of every object has the hardware of its nodes', () => {
  const system = plainSystem('tiny', { node_rules: [{ class: 'cpu', type: 'constructor' }] });
  const [row] = nodeTypeRows(rolledUp([node()], system), system);
  expect(row).toMatchObject({ node_type: 'constructor', cores_per_node: 8 });
});

test('the hosts of each array are those of all its subjobs, each once', () => {
  const jobs = [['73[1].s', '73[2].s', '9.s'], ['73[3].s', '74[1].s'], ['73[4].s']];
  const names = ['a', 'b', 'a'];
  const { hostsByArray } = rolledUp(jobs.map((of, index) => node({ name: names[index] ?? '', jobs: of })));
  expect([...hostsByArray]).toEqual([
    ['73', new Set(['a', 'b'])],
    ['74', new Set(['b'])],
  ]);
  expect(['73[].s', '73.s', '[1'].map(arrayOf)).toEqual(['73', null, '']);
});
