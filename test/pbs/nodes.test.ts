import { expect, test } from 'bun:test';
import { Damages } from '../../src/lib/records.ts';
import { nodeStateOf, parseNode } from '../../src/pbs/nodes.ts';
import type { RawValue } from '../../src/pbs/values.ts';

test.each([
  ['down', 'down offline state-unknown,down stale unresolvable offline,job-busy free,offline'],
  ['reserved', 'maintenance resv-exclusive free,resv maintenance,job-busy job-busy,resv-exclusive'],
  ['allocated', 'job-busy job-exclusive job-busy,free'],
  ['other', 'busy wait-provisioning sleep'],
  ['available', 'free idle <various>free'],
])('%s is what %s is', (state, texts) => {
  for (const text of texts.split(' ')) expect(`${text}: ${nodeStateOf(text)}`).toBe(`${text}: ${state}`);
});

function nodeOf(available: readonly string[], assigned: readonly string[], state = '"free"') {
  const damaged = new Damages();
  const object = (lines: readonly string[]): RawValue => ({ kind: 'object', text: lines.join('\n') });
  const fields = new Map<string, RawValue>([
    ['state', state],
    ['resources_available', object(available)],
    ['resources_assigned', object(assigned)],
    ['jobs', '["1.s", "1.s", "2.s"]'],
  ]);
  return { node: parseNode({ id: 'n1', byte: 7, fields }, damaged), damaged };
}

test('a node with one core and one GPU', () => {
  const { node, damaged } = nodeOf(
    ['"ncpus": 1', '"ngpus": 1', '"mem": "2gb"', '"GPU_Type": "a100"'],
    ['"mem": "1gb"'],
  );
  expect(node).toMatchObject({
    ...{ name: 'n1', state: 'available', cores: 1, coresAllocated: 0, coresIdle: 1, gpus: 1, gpusAllocated: 0 },
    ...{ gpusIdle: 1, memoryGib: 2, memoryAllocatedGib: 1, jobs: ['1.s', '2.s'] },
  });
  if (typeof node === 'string') throw new Error(node);
  expect([node.resources.get('gpu_type'), node.resources.get('gone')]).toEqual(['a100', undefined]);
  expect(damaged.count).toBe(0);
});

test.each([
  ['"free"', 1, 1],
  ['"resv-exclusive"', 1, 1],
  ['"down"', 0, 0],
  ['"maintenance"', 0, 0],
  ['"busy"', 0, 0],
])('a node that is %s has %d idle cores and %d idle GPUs', (state, coresIdle, gpusIdle) => {
  const { node } = nodeOf(['"ncpus": 2', '"ngpus": 2'], ['"ncpus": 1', '"ngpus": 1'], state);
  expect(node).toMatchObject({ coresIdle, gpusIdle });
});

test.each([
  ['available', ['"ncpus": -1'], [], 'ncpus'],
  ['assigned', [], ['"ncpus": -1'], 'ncpus'],
  ['available', ['"ngpus": "x"'], [], 'ngpus'],
  ['assigned', [], ['"ngpus": "x"'], 'ngpus'],
])('a count of the resources that are %s and no count is an error', (_, available, assigned, name) => {
  expect(nodeOf(available, assigned).node).toContain(name);
});

test.each([
  [['"mem": "many"'], ['"mem": "1gb"']],
  [['"mem": "1gb"'], ['"mem": "many"']],
])('memory that is no size is not counted, neither the total nor the part: %j, %j', (available, assigned) => {
  const { node, damaged } = nodeOf(available, assigned);
  expect(node).toMatchObject({ memoryGib: 0, memoryAllocatedGib: 0 });
  expect([damaged.count, damaged.first[0]?.record, damaged.first[0]?.byte]).toEqual([1, 'n1', 7]);
});
