import { describe, expect, test } from 'bun:test';
import type { NodeRule } from '../../src/config/system.ts';
import type { NodeRecord } from '../../src/lib/records.ts';
import { classify, isTypeOf } from '../../src/snapshot/classify.ts';
import { systemOf } from '../support/systems.ts';

const { node_rules: casper } = systemOf('casper');
const { node_rules: derecho } = systemOf('derecho');

type Told = { host?: string; gib?: number } & Record<string, string | number>;

function nodeOf({ host = 'casper99', gib = 354, ...resources }: Told): NodeRecord {
  return {
    name: host,
    state: 'available',
    cores: 36,
    coresAllocated: 0,
    coresIdle: 0,
    gpus: 0,
    gpusAllocated: 0,
    gpusIdle: 0,
    memoryGib: gib,
    memoryAllocatedGib: 0,
    jobs: [],
    resources: new Map(Object.entries(resources).map(([name, value]) => [name.toLowerCase(), String(value)])),
  };
}

describe("Casper's five steps", () => {
  test.each<[string, Told, string, string]>([
    ['1. Qlist vis, a GP100', { Qlist: 'vis', gpu_type: 'gp100', ngpus: 1 }, 'viz', 'gpu-gp100'],
    ['1. Qlist vis among others, an L40', { Qlist: 'vis,nvgpu', gpu_type: 'l40', ngpus: 2 }, 'viz', 'gpu-l40'],
    ['1. Qlist amdgpu', { Qlist: 'amdgpu', gpu_type: 'mi300a', ngpus: 4, gib: 512 }, 'gpu', 'gpu-mi300a'],
    ['1. Qlist largemem', { Qlist: 'largemem', gib: 2000 }, 'cpu', 'bigmem'],
    ['1. Qlist largemem and htc', { Qlist: 'largemem,htc', gib: 1420, host: 'crhtc60' }, 'cpu', 'bigmem'],
    ['1. Qlist htc', { Qlist: 'htc', host: 'crhtc01' }, 'cpu', 'htc'],
    ['1. Qlist htc among others', { Qlist: 'htc,rda,tdd,jhublogin' }, 'cpu', 'htc'],
    ['1. Qlist in other letters', { qlist: 'HTC' }, 'cpu', 'htc'],
    ['2. one V100', { Qlist: 'gpgpu,nvgpu', gpu_type: 'v100', ngpus: 1 }, 'gpu', 'gpu-v100'],
    ['2. four V100', { Qlist: 'gpgpu,nvgpu', gpu_type: 'v100', ngpus: 4 }, 'gpu', 'gpu-v100-4way'],
    ['2. eight V100', { Qlist: 'gpgpu,nvgpu', gpu_type: 'v100', ngpus: 8, gib: 1130 }, 'gpu', 'gpu-v100-8way'],
    ['2. A100', { Qlist: 'gpgpu,nvgpu', gpu_type: 'a100', ngpus: 4, gib: 994 }, 'gpu', 'gpu-a100'],
    ['2. A100 by two names', { gpu_type: 'a100,a100_80gb', ngpus: 4 }, 'gpu', 'gpu-a100'],
    ['2. H100', { Qlist: 'nvgpu', gpu_type: 'h100', ngpus: 4, gib: 1000 }, 'gpu', 'gpu-h100'],
    ['2. MI300A', { gpu_type: 'MI300A', ngpus: 4 }, 'gpu', 'gpu-mi300a'],
    ['2. L40 that is not listed for vis', { gpu_type: 'l40', ngpus: 2 }, 'viz', 'gpu-l40'],
    ['2. GP100 that is not listed for vis', { gpu_type: 'gp100', ngpus: 1 }, 'viz', 'gpu-gp100'],
    ['2. an unknown GPU', { gpu_type: 'b300', ngpus: 2 }, 'gpu', 'gpu-other'],
    ['3. 512 GiB', { gib: 512 }, 'cpu', 'bigmem'],
    ['3. not quite 512 GiB', { gib: 511.9 }, 'cpu', 'standard'],
    ['4. by name, with no resources: crhtc', { host: 'crhtc17', gib: 0 }, 'cpu', 'htc'],
    ['4. by name: csgv', { host: 'csgv01', gib: 0 }, 'gpu', 'gpu-v100-4way'],
    ['4. by name: csga', { host: 'csga01', gib: 0 }, 'gpu', 'gpu-a100'],
    ['4. by name: csgm', { host: 'CSGM01', gib: 0 }, 'gpu', 'gpu-mi300a'],
    ['5. everything else', { Qlist: 'rda,tdd,jhublogin', ngpus: 0 }, 'cpu', 'standard'],
    ['5. a name that only contains another', { host: 'xcrhtc1' }, 'cpu', 'standard'],
  ])('%s', (_, told, nodeClass, type) => {
    expect(classify(nodeOf(told), casper)).toEqual({ class: nodeClass as 'cpu', type });
  });
});

describe("Derecho's split", () => {
  test.each<[string, Told, string]>([
    ['GPUs', { host: 'dec0001', ngpus: 4 }, 'gpu'],
    ['none', { host: 'dec0001', ngpus: 0 }, 'cpu'],
    ['a GPU node that is down and reports nothing', { host: 'deg0001', gib: 0 }, 'gpu'],
    ['a CPU node that is down and reports nothing', { host: 'dec0001', gib: 0 }, 'cpu'],
  ])('%s', (_, told, nodeClass) => {
    expect(classify(nodeOf(told), derecho)).toEqual({ class: nodeClass as 'cpu', type: null });
  });
});

describe('a rule', () => {
  test('with several conditions needs them all', () => {
    const rules = [
      { when: { host: 'a*', memory_gib_at_least: 10, resources: { x: 'y' } }, class: 'gpu' as const },
      { class: 'cpu' as const },
    ];
    expect(classify(nodeOf({ host: 'a1', gib: 10, x: 'y' }), rules).class).toBe('gpu');
    for (const told of [
      { host: 'b1', gib: 10, x: 'y' },
      { host: 'a1', gib: 9, x: 'y' },
      { host: 'a1', gib: 10 },
    ]) {
      expect(classify(nodeOf(told as Told), rules).class).toBe('cpu');
    }
  });

  test.each([
    ['n?', 'n1', true],
    ['n?', 'n12', false],
    ['n*', 'n', true],
    ['n.1', 'nx1', false],
    ['n[1]', 'n1', false],
    ['(n', '(n', true],
  ])('with host %p fits %p: %p', (host, name, fits) => {
    expect(classify(nodeOf({ host: name }), [{ when: { host }, class: 'gpu' }]).class).toBe(fits ? 'gpu' : 'cpu');
  });

  test.each(['gpu_type', 'GPU_Type', 'Gpu_TYPE'])(
    'finds the resource %s whatever the case of name and value',
    (name) => {
      for (const value of ['a100', 'A100']) {
        const rules = [{ when: { resources: { [name]: value } }, class: 'gpu' as const }];
        const classOf = (gpu_type: string) => classify(nodeOf({ gpu_type }), rules).class;
        expect(['a100', 'A100', 'v100, a100', 'a1000'].map(classOf)).toEqual(['gpu', 'gpu', 'gpu', 'cpu']);
      }
    },
  );

  test.each([
    [0, 'cpu'],
    [1, 'gpu'],
    ['0,1', 'gpu'],
  ])('that asks for at least one of a resource is met by %p: %s', (ngpus, expected) => {
    const rules = [{ when: { resources: { NGPUS: { at_least: 1 } } }, class: 'gpu' as const }];
    expect(classify(nodeOf({ ngpus }), rules).class).toBe(expected as 'gpu');
  });

  test('needs all its conditions, and the first of two counts', () => {
    const when = { host: 'n*', memory_gib_at_least: 100, resources: { qlist: 'a', ngpus: { at_least: 2 } } };
    const rules: NodeRule[] = [
      { when, class: 'gpu', type: 'first' },
      { when: { host: 'n*' }, class: 'viz', type: 'second' },
    ];
    const typeOf = (told: Told) => classify(nodeOf(told), rules).type;
    const all = { host: 'n1', gib: 100, qlist: 'a', ngpus: 2 };
    const others = [all, { ...all, gib: 99 }, { ...all, qlist: 'b' }, { ...all, ngpus: 1 }, { ...all, host: 'm1' }];
    expect(others.map(typeOf)).toEqual(['first', 'second', 'second', 'second', null]);
  });

  test('that asks for a number is not met by text', () => {
    const rules = [{ when: { resources: { ngpus: { at_least: 1 } } }, class: 'gpu' as const }];
    expect(classify(nodeOf({ ngpus: 'many' }), rules).class).toBe('cpu');
  });

  test('that does not match leaves a node counted, without a type', () => {
    expect(classify(nodeOf({}), [])).toEqual({ class: 'cpu', type: null });
  });
});

describe('a type with counts in its name', () => {
  const rules: readonly NodeRule[] = [
    { when: { resources: { gpu_type: 'a100' } }, class: 'gpu', type: 'a100-{ngpus}way' },
    { class: 'cpu', type: 'plain-{ncpus}core' },
  ];
  const node = nodeOf({});

  test.each([
    ['GPUs', { ...nodeOf({ gpu_type: 'a100' }), gpus: 4 }, { class: 'gpu', type: 'a100-4way' }],
    ['one GPU', { ...nodeOf({ gpu_type: 'a100' }), gpus: 1 }, { class: 'gpu', type: 'a100-1way' }],
    ['no GPU', { ...nodeOf({ gpu_type: 'a100' }), gpus: 0 }, { class: 'gpu', type: null }],
    ['cores', node, { class: 'cpu', type: 'plain-36core' }],
    ['one core', { ...node, cores: 1 }, { class: 'cpu', type: 'plain-1core' }],
    ['nothing that the node reports', { ...node, cores: 0 }, { class: 'cpu', type: null }],
  ] as const)('is named by %s', (_, found, expected) => {
    expect(classify(found, rules)).toEqual(expected);
  });

  test('is that of its rule only', () => {
    const [gpu, cpu] = rules.map((rule) => (type: string) => isTypeOf(rule, type));
    expect(['a100-4way', 'a100-way', 'xa100-4way', 'plain-36core'].map((type) => gpu?.(type))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(cpu?.('plain-36core')).toBe(true);
  });
});

test('a type of a rule is literal text but for the counts in it, whatever characters it has', () => {
  const special = 'a.b*c+d?e^f$g{h}i(j)k|l[m]n\\o';
  const rule = { class: 'cpu', type: `${special}-{ncpus}x{ngpus}` } as const;
  expect(isTypeOf(rule, `${special}-128x4`)).toBe(true);
  for (const other of [special, `${special}-128x`, `${special}-x4`, `x${special}-128x4`, `${special}-128x4x`])
    expect(isTypeOf(rule, other)).toBe(false);
  for (const at of special.split('').keys())
    expect(isTypeOf(rule, `${special.slice(0, at)}_${special.slice(at + 1)}-1x1`)).toBe(false);
  expect(isTypeOf({ class: 'cpu' }, 'a')).toBe(false);
});
