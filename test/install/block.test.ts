import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { blockOf, withBlock, withoutBlock } from '../../src/install/block.ts';

const block = blockOf(['*/5 * * * * hpc-collector run']);
const other = blockOf(['0 * * * * hpc-collector run casper']);

/** Files as crontab(1) takes them: whole lines, of any bytes, none of them a marker. */
const files = fc
  .array(fc.string({ unit: 'binary' }).map((line) => `${line.replaceAll('\n', '')}\n`))
  .map((lines) => lines.join(''));

test('putting a block in and taking it out again leaves every byte as it was', () => {
  fc.assert(
    fc.property(files, (file) => {
      expect(withoutBlock(withBlock(file, block))).toBe(file);
      expect(withBlock(file, block).startsWith(file)).toBe(true);
    }),
  );
});

test('inserting a block twice leaves one, and another block replaces it', () => {
  fc.assert(
    fc.property(files, files, (above, below) => {
      const before = `${above}${other}${below}`;
      const once = withBlock(before, block);
      expect(once).toBe(`${above}${below}${block}`);
      expect(withBlock(once, block)).toBe(once);
    }),
  );
});

test('a last line without a line break gets one', () => {
  expect(withBlock('0 0 * * * backup', block)).toBe(`0 0 * * * backup\n${block}`);
});

test.each([
  ['no end', '# BEGIN hpc-collector\n0 0 * * * backup\n'],
  ['no beginning', '0 0 * * * backup\n# END hpc-collector\n'],
  ['two beginnings', '# BEGIN hpc-collector\n# BEGIN hpc-collector\n# END hpc-collector\n'],
])('markers with %s are left alone', (_, file) => {
  expect(() => withBlock(file, block)).toThrow('without its counterpart');
  expect(() => withoutBlock(file)).toThrow('without its counterpart');
});
