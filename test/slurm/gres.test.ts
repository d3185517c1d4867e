import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { gpusIn, resourcesIn } from '../../src/slurm/gres.ts';

test.each([
  ['(null)', 0, []],
  ['', 0, []],
  ['N/A', 0, []],
  ['gpu:0', 0, []],
  ['gpu:4', 4, []],
  ['gpu', 1, []],
  ['gpu:a100', 1, ['a100']],
  ['gpu:a100:4(S:0-1)', 4, ['a100']],
  ['gpu:v100:2,gpu:a100:1', 3, ['v100', 'a100']],
  ['gpu:a100:2,gpu:a100:2', 4, ['a100']],
  ['gpu:a100:3(IDX:0,2-3)', 3, ['a100']],
  ['gpu:v100:0(IDX:N/A),gpu:a100:1(IDX:0)', 1, ['v100', 'a100']],
  ['gpu:(null):2(IDX:0-1)', 2, []],
  ['gpu:1g.5gb:7(S:0)', 7, ['1g.5gb']],
  ['gpu:a100:no_consume:4', 4, ['a100']],
  ['gpu:no_consume:4', 4, []],
  ['shard:8,gpu:a100:2,mps:200,lustre:no_consume:4G', 2, ['a100']],
  ['gpu_mem:80000,gpus:3', 0, []],
  ['gres:gpu:a100:3', 3, ['a100']],
  ['gres:gpu:v100:1,gres:gpu:a100:1', 2, ['v100', 'a100']],
  ['gres/gpu:9', 9, []],
  ['gres/gpu=2', 2, []],
  ['cpu=4,gres/gpu:a100=2', 2, ['a100']],
])('%j has %d GPUs, of types %j', (text, count, types) => {
  expect(gpusIn(text)).toEqual({ count, types });
});

test('an invalid count is distinguished from no count', () => {
  expect(gpusIn('gpu:a100:4x')).toBeNull();
  expect(gpusIn('gpu:99999999999')).toBeNull();
});

test('the number of GPUs is the sum of all types, without text in parentheses and other resources', () => {
  const type = fc.option(fc.constantFrom('a100', 'v100', 'nvidia_h100_pcie', 'tesla'), { nil: null });
  const index = fc.constantFrom('', '(S:0-1)', '(IDX:0,2-3)', '(IDX:N/A)', '(S:0,1)');
  const others = fc.array(fc.constantFrom('shard:8(0/4,1/4)', 'mps:100', 'nic:2(IDX:0,1)', 'bandwidth:lustre:4G'));
  fc.assert(
    fc.property(fc.array(fc.tuple(type, fc.nat(64), index)), others, (gpus, rest) => {
      const printed = gpus.map(([name, count, behind]) => `gpu:${name === null ? '' : `${name}:`}${count}${behind}`);
      const types = [...new Set(gpus.flatMap(([name]) => name ?? []))];
      const count = gpus.reduce((sum, [, part]) => sum + part, 0);
      expect(gpusIn([...printed, ...rest].join(','))).toEqual({ count, types });
    }),
  );
});

test('resources are separated correctly despite text in parentheses', () => {
  expect(resourcesIn('gpu:a100:4(S:0,1),shard:8')).toEqual(['gpu:a100:4', 'shard:8']);
  expect(resourcesIn('(null)')).toEqual([]);
});
