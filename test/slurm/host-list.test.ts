import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { countHosts, hostsOf } from '../../src/slurm/host-list.ts';

describe('a node list', () => {
  test.each([
    ['c001', ['c001']],
    ['c[001-003]', ['c001', 'c002', 'c003']],
    ['c[001-002,007],dead01,g[9-10]', ['c001', 'c002', 'c007', 'dead01', 'g9', 'g10']],
    ['rack[1-2]n[08-09]-ib', ['rack1n08-ib', 'rack1n09-ib', 'rack2n08-ib', 'rack2n09-ib']],
    ['n[098-101]', ['n098', 'n099', 'n100', 'n101']],
    ['  ', []],
  ])('%s', (list, hosts) => {
    expect(hostsOf(list)).toEqual(hosts);
    expect(countHosts(list)).toBe(hosts.length);
  });

  test.each([
    'None assigned',
    '(null)',
    'c[001-[002-003]]',
    'c[1-2',
    'c1-2]',
    'c[2-1]',
    'c[]',
    'c[a-b]',
    'a,,b',
    ',a',
    'c[-5]',
    'c[5-]',
    'c[1--2]',
    'c[1-2-3]',
    'c[1234567890]',
    'c[1-1234567890]',
  ])('%s gives no hosts', (list) => {
    expect(hostsOf(list)).toBeNull();
    expect(countHosts(list)).toBeNull();
  });

  test('one of more hosts than any cluster has is counted and not written out', () => {
    expect(countHosts('c[1-999999999]')).toBe(999_999_999);
    expect(hostsOf('c[1-999999999]')).toBeNull();
    expect(hostsOf('c[1-200000]')).toHaveLength(200_000);
    expect(hostsOf('c[1-200001]')).toBeNull();
  });

  test('of any names, written with ranges, gives those names', () => {
    const range = fc.tuple(fc.nat(900), fc.nat(9)).map(([first, more]) => ({ first, last: first + more }));
    const item = fc.record({
      prefix: fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/),
      ranges: fc.array(range, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 4 }), (items, width) => {
        const number = (value: number) => String(value).padStart(width, '0');
        const list = items
          .map(
            ({ prefix, ranges }) => `${prefix}[${ranges.map(({ first, last }) => `${number(first)}-${number(last)}`)}]`,
          )
          .join(',');
        const names = items.flatMap(({ prefix, ranges }) =>
          ranges.flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_, index) => prefix + number(first + index)),
          ),
        );
        expect(hostsOf(list)).toEqual(names);
        expect(countHosts(list)).toBe(names.length);
      }),
    );
  });

  test('for any text there is no error, and the count matches the names', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'c01-9,[] n'), maxLength: 30 }), (text) => {
        const hosts = hostsOf(text);
        if (hosts !== null) expect(countHosts(text)).toBe(hosts.length);
      }),
    );
  });
});
