import { expect, test } from 'bun:test';
import { cutName, nameLimits, withoutControls } from '../../src/snapshot/limits.ts';

/** The lengths of the API's columns, written out: a changed limit must be seen here. */
const lengths = [
  ['username', 32],
  ['project_code', 16],
  ['queue_name', 32],
  ['queue_type', 16],
  ['node_name', 32],
  ['filesystem_name', 32],
  ['node_type', 64],
  ['gpu_model', 64],
  ['reservation_name', 128],
  ['partition', 64],
] as const;

test.each(lengths)('%s has at most %d characters', (field, length) => {
  expect([length - 1, length, length + 1].map((of) => cutName('n'.repeat(of), field).length)).toEqual([
    length - 1,
    length,
    length,
  ]);
});

test('the table has no other names', () => {
  expect(Object.entries(nameLimits)).toEqual(lengths.map(([field, length]) => [field, length]));
});

test('a pair of surrogates is not cut in two', () => {
  expect(cutName(`${'n'.repeat(15)}😀`, 'project_code')).toBe('n'.repeat(15));
  expect(cutName(`${'n'.repeat(14)}😀`, 'project_code')).toBe(`${'n'.repeat(14)}😀`);
});

test('every control character is taken out before the cut', () => {
  const controls = [0x00, 0x1f, 0x7f, 0x9f].map((code) => String.fromCharCode(code)).join('');
  expect(withoutControls(`a${controls}b\u00a0c`)).toBe('ab\u00a0c');
  expect(cutName(`${controls}${'n'.repeat(17)}`, 'project_code')).toBe('n'.repeat(16));
});
