import { expect, test } from 'bun:test';
import type { NodeRecord } from '../../src/lib/records.ts';
import type { PbsRecord, RawValue } from '../../src/pbs/values.ts';
import { hasDifferingVnodes, hostOf, nodeOfVnodes } from '../../src/pbs/vnodes.ts';

const vnode = (rest: Partial<NodeRecord> = {}): NodeRecord => ({
  name: 'v',
  state: 'available',
  cores: 4,
  coresAllocated: 1,
  coresIdle: 3,
  gpus: 1,
  gpusAllocated: 0,
  gpusIdle: 1,
  memoryGib: 8,
  memoryAllocatedGib: 2,
  jobs: ['1.s'],
  resources: new Map(),
  ...rest,
});
const down = vnode({ state: 'down' });
const full = vnode({ state: 'allocated', coresIdle: 0 });
const reserved = vnode({ state: 'reserved' });
const other = vnode({ state: 'other' });
const bare = vnode({ cores: 0, coresIdle: 0, gpus: 0 });

test.each([
  ['one that is free', [vnode()], 'available'],
  ['one that is down and one that is free', [down, vnode()], 'available'],
  ['two that are down', [down, down], 'down'],
  ['two that are down and the host itself, which is free', [down, down, bare], 'down'],
  ['only the host itself', [bare], 'available'],
  ['one that is down and one that is full', [down, full], 'allocated'],
  ['one that is full and one that is reserved', [full, reserved], 'reserved'],
  ['one that says free and has no idle core', [vnode({ coresIdle: 0 }), down], 'allocated'],
  ['one with GPUs only', [vnode({ cores: 0, coresIdle: 0 }), down], 'available'],
  ['one that is other and one that is down', [other, down], 'other'],
  ['one core that is idle', [vnode({ coresIdle: 1 }), full], 'available'],
] as const)('a host with %s', (_, vnodes, state) => {
  expect(nodeOfVnodes('h', vnodes).state).toBe(state);
});

test('the numbers of vnodes are added up, their jobs and resources listed once', () => {
  const one = vnode({ resources: new Map([['gpu_type', 'a100,v100']]) });
  const two = vnode({ cores: 1, jobs: ['1.s', '2.s'], resources: new Map([['gpu_type', 'a100,l40']]) });
  const node = nodeOfVnodes('h', [one, two]);
  expect(node).toMatchObject({
    ...{ name: 'h', cores: 5, coresAllocated: 2, coresIdle: 6, gpus: 2, gpusAllocated: 0, gpusIdle: 2 },
    ...{ memoryGib: 16, memoryAllocatedGib: 4, jobs: ['1.s', '2.s'] },
  });
  expect(['ncpus', 'ngpus', 'gpu_type', 'gone'].map((name) => node.resources.get(name))).toEqual([
    ...['5', '2', 'a100,v100,l40'],
    undefined,
  ]);
});

const recordOf = (fields: Record<string, RawValue>): PbsRecord => ({
  id: 'n1',
  byte: 0,
  fields: new Map(Object.entries(fields)),
});
const object = (...lines: string[]): RawValue => ({ kind: 'object', text: lines.join('\n') });
const various = '"<various>"';

test.each<[string, Record<string, RawValue>, boolean]>([
  ['nothing', {}, false],
  ['the state', { state: various }, true],
  ['an available resource', { resources_available: object('"mem": 1,', `"a": ${various}`) }, true],
  ['an assigned resource', { resources_assigned: object(`"a": ${various}`) }, true],
  ['only the names', { state: '"free"', resources_available: object(`"vnode": ${various}`) }, false],
])('vnodes that differ in %s', (_, fields, isDiffering) => {
  expect(hasDifferingVnodes(recordOf(fields))).toBe(isDiffering);
});

test('the host of a node record is its resource `host`, otherwise its id', () => {
  expect(hostOf(recordOf({ resources_available: object('"host": "h1"') }))).toBe('h1');
  expect(hostOf(recordOf({ resources_available: '{}' }))).toBe('n1');
});
