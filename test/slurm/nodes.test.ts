import { expect, test } from 'bun:test';
import { damagedIn, nodeLine, nodesIn } from '../support/slurm-output.ts';

const read = async (...lines: string[]) => {
  const result = await nodesIn(lines.join(''));
  expect(damagedIn(result)).toBe(0);
  return result.given;
};

test('a node has its CPUs, memory in GiB and GPUs, and what of them is in use', async () => {
  const [node] = await read(
    nodeLine({
      NodeList: 'g03',
      StateComplete: 'mixed',
      CPUsState: '5/11/0/16',
      Memory: '20480',
      AllocMem: '5120',
      Gres: 'gpu:v100:2,gpu:a100:1',
      GresUsed: 'gpu:v100:1(IDX:0),gpu:a100:1(IDX:2)',
    }),
  );
  expect(node).toMatchObject({
    name: 'g03',
    state: 'available',
    cores: 16,
    coresAllocated: 5,
    memoryGib: 20,
    memoryAllocatedGib: 5,
    gpus: 3,
    gpusAllocated: 2,
    jobs: [],
  });
});

test('a node in several partitions is one node with all of them', async () => {
  const nodes = await read(
    nodeLine({ NodeList: 'c001', PartitionName: 'compute' }),
    nodeLine({ NodeList: 'c002', PartitionName: 'compute' }),
    nodeLine({ NodeList: 'c001', PartitionName: 'debug' }),
  );
  expect(nodes.map(({ name, resources }) => [name, resources.get('partitions')])).toEqual([
    ['c001', 'compute,debug'],
    ['c002', 'compute'],
  ]);
});

test('rules can test GPUs, GPU types, GRES, features and partitions, and do not match missing ones', async () => {
  const [gpu, cpu] = await read(
    nodeLine({ NodeList: 'g1', Gres: 'gpu:v100:2(S:0-1),gpu:a100:1,shard:8', Features: 'ib,gpu' }),
    nodeLine({ NodeList: 'c1' }),
  );
  const of = (node: typeof gpu) =>
    ['ngpus', 'gpu_type', 'gres', 'features', 'partitions', 'toString'].map((name) => node?.resources.get(name));
  expect(of(gpu)).toEqual(['3', 'v100,a100', 'gpu:v100:2,gpu:a100:1,shard:8', 'ib,gpu', 'compute', undefined]);
  expect(of(cpu)).toEqual([undefined, undefined, undefined, undefined, 'compute', undefined]);
});

test.each([
  ['no name', { NodeList: '' }, 'has no name'],
  ['no state', { StateComplete: '' }, 'has no state'],
  ['CPUs that are none', { CPUsState: 'N/A' }, 'has no count of CPUs'],
  ['invalid memory', { Memory: '6000+' }, 'has no amount of memory'],
  ['GPUs that are none', { Gres: 'gpu:a100:4x' }, 'has no count of GPUs'],
])('a line with %s costs itself only', async (_, values, problem) => {
  const result = await nodesIn(
    nodeLine({ NodeList: 'c1' }) + nodeLine({ NodeList: 'bad', ...values }) + nodeLine({ NodeList: 'c2' }),
  );
  expect(result.given.map(({ name }) => name)).toEqual(['c1', 'c2']);
  expect(result.probed).toMatchObject({ kind: 'done', damaged: { count: 1, first: [{ problem }] } });
});
