/** How single values are read from the text of an accounting record. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { firstNumber, firstValue, lastNumber, lastValue, numberIn } from '../../src/pbs/accounting-fields.ts';
import { allocationOf } from '../../src/pbs/exec-vnode.ts';

const value = fc.string({ unit: fc.constantFrom('0', '1', '9', '-', 'x', '=', '\n', 'end='), maxLength: 18 });
const record = fc.array(fc.tuple(fc.constantFrom('end', 'start', 'append'), value));

test('the first and the last value of a field are those between its name and the next blank', () => {
  fc.assert(
    fc.property(record, (fields) => {
      const text = fields.map(([name, content]) => ` ${name}=${content}`).join('');
      const ends = fields.flatMap(([name, content]) => (name === 'end' ? [content] : []));
      expect(firstValue(text, ' end=')).toBe(ends[0] ?? null);
      expect(lastValue(text, ' end=')).toBe(ends.at(-1) ?? null);
      expect(firstNumber(text, ' end=')).toBe(numberIn(ends[0] ?? null));
      expect(lastNumber(text, ' end=')).toBe(numberIn(ends.at(-1) ?? null));
    }),
  );
});

test.each([
  ['0', 0],
  ['-29', -29],
  ['0012', 12],
  ['999999999999999', 999_999_999_999_999],
  ['1000000000000000', null],
  ['', null],
  ['-', null],
  ['+1', null],
  ['1.5', null],
  ['1e3', null],
  ['1 ', null],
  ['1\n', null],
])('%j is the number %p', (text, number) => {
  expect(numberIn(text)).toBe(number);
});

test('an allocation has the resources of all vnodes and each host once, for any chunks', () => {
  const vnode = fc.record({
    host: fc.constantFrom('cn01', 'cn02', 'mv1'),
    part: fc.option(fc.nat(3)),
    cpus: fc.option(fc.nat(999)),
    gpus: fc.option(fc.nat(9)),
  });
  fc.assert(
    fc.property(fc.array(fc.array(vnode, { minLength: 1, maxLength: 3 }), { minLength: 1 }), (chunks) => {
      const text = chunks
        .map((vnodes) => {
          const parts = vnodes.map(({ host, part, cpus, gpus }) =>
            [
              part === null ? host : `${host}[${part}]`,
              ...(cpus === null ? [] : [`ncpus=${cpus}`]),
              ...(gpus === null ? [] : [`ngpus=${gpus}`]),
              'mem=1gb',
            ].join(':'),
          );
          return `(${parts.join('+')})`;
        })
        .join('+');
      const all = chunks.flat();
      const sum = (numbers: readonly (number | null)[]) => numbers.reduce<number>((total, n) => total + (n ?? 0), 0);
      expect(allocationOf(text)).toEqual({
        cpus: sum(all.map(({ cpus }) => cpus)),
        gpus: sum(all.map(({ gpus }) => gpus)),
        hosts: [...new Set(all.map(({ host }) => host))],
      });
    }),
  );
});

test.each([
  ['(mv1)', ['mv1']],
  ['(mv1[0])+(mv1[1])', ['mv1']],
  ['', []],
  ['()', []],
])('a vnode without resources, %j, has the hosts %p', (text, hosts) => {
  expect(allocationOf(text)).toEqual({ cpus: 0, gpus: 0, hosts });
});
