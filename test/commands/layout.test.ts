import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { labelled, shortened, tableLines, wrapped } from '../../src/commands/layout.ts';
import { shownIds } from '../../src/commands/short-ids.ts';

const header = ['NAME', 'SIZE', 'STATE', 'SINCE'];

describe('a table', () => {
  test('has columns two blanks apart, numbers aligned right, and details below their row', () => {
    const rows = [
      ['derecho', '3', 'up', '-'],
      ['hub', '1200', 'down', 'noon'],
    ];
    expect(tableLines(header, rows, [1], [[], ['no answer']], null)).toEqual([
      'NAME     SIZE  STATE  SINCE',
      'derecho     3  up     -',
      'hub      1200  down   noon',
      '    no answer',
    ]);
  });

  test('that is not shown on a terminal has whole lines, however long', () => {
    const long = 'x'.repeat(300);
    expect(tableLines(header, [[long, '1', long, long]], [1], [[long]], null)).toEqual([
      expect.any(String),
      `${long}     1  ${long}  ${long}`,
      `    ${long}`,
    ]);
  });

  test('breaks a row after a name that is too long, and goes on in the next column', () => {
    const rows = [
      ['derecho', '3', 'up', '2025-11-25 14:30:00'],
      ['a-name-of-twenty-six-letters', '1200', 'down', 'noon'],
    ];
    expect(tableLines(header, rows, [1], [], 60)).toEqual([
      'NAME                        SIZE  STATE  SINCE',
      'derecho                        3  up     2025-11-25 14:30:00',
      'a-name-of-twenty-six-letters',
      '                            1200  down   noon',
    ]);
  });

  test('keeps a text of up to 20 columns on its line, beside a name that is too long', () => {
    const long = 'n'.repeat(60);
    const text = 's'.repeat(20);
    expect(
      tableLines(
        ['NAME', 'STATE', 'SINCE'],
        [
          [long, '-', '2025-11-25'],
          ['hub', text, 'noon'],
        ],
        [],
        [],
        60,
      ),
    ).toEqual([
      `${'NAME'.padEnd(28)}${'STATE'.padEnd(22)}SINCE`,
      `${'n'.repeat(55)}…`,
      `${' '.repeat(28)}${'-'.padEnd(22)}2025-11-25`,
      `${'hub'.padEnd(28)}${text}  noon`,
    ]);
  });

  test('puts a last cell that is too long below, and cuts it only if no line can hold it', () => {
    const table = (text: string) => tableLines(['SETTING', 'FROM'], [['timeout', text]], [], [], 40).slice(1);
    expect(table('/etc/hpc-collector/derecho.yaml:27')).toEqual([
      'timeout',
      '      /etc/hpc-collector/derecho.yaml:27',
    ]);
    expect(table('x'.repeat(50))).toEqual(['timeout', `    ${'x'.repeat(35)}…`]);
  });

  test('is the same on a terminal that is wide enough as without one', () => {
    const rows = [['hub', '1200', 'down', 'noon']];
    const table = (width: number | null) => tableLines(header, rows, [1], [['no answer']], width);
    expect(table(200)).toEqual(table(null));
  });

  test('gives the first of two texts the columns that the second one does not need', () => {
    const long = 'n'.repeat(40);
    expect(
      tableLines(
        ['A', 'B', 'C', 'D'],
        [
          [long, 'b', 'c', 'd'],
          ['a', long, 'c', 'd'],
        ],
        [],
        [],
        60,
      ),
    ).toEqual([
      `${'A'.padEnd(34)}${'B'.padEnd(22)}C  D`,
      long,
      `${' '.repeat(34)}${'b'.padEnd(22)}c  d`,
      `${'a'.padEnd(20)}${long}`,
      `${' '.repeat(56)}c  d`,
    ]);
  });

  test.each([
    ['two texts exactly', ['A', 'B'], [], 32, `${'A'.padEnd(17)}B`],
    ['texts at their least width', ['A', 'B', 'C'], [], 17, 'A      B      C'],
    ['a number whole', ['A', 'N', 'B'], [1], 60, `${'A'.padEnd(42)}N  B`],
  ])('in a narrow terminal has %s', (_, titles, right, width, expected) => {
    const row = titles.map((title) => (title === 'N' ? '7'.repeat(25) : 'n'.repeat(40)));
    expect(tableLines(titles, [row], right, [], width)[0]).toBe(expected);
  });

  test('has no blanks at the end of a line', () => {
    const long = 'n'.repeat(41);
    expect(
      tableLines(
        ['A', 'B', 'C'],
        [
          ['a', '', long],
          ['a', 'b', ''],
        ],
        [],
        [],
        45,
      ),
    ).toEqual(['A  B  C', 'a', `    ${long}`, 'a  b']);
  });

  test('never exceeds the terminal, and loses no cell that fits a line', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '宽', '-', '7'), minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell, cell)), fc.integer({ min: 40, max: 120 }), (rows, width) => {
        const lines = tableLines(
          header,
          rows,
          [1],
          rows.map(([text]) => [text]),
          width,
        );
        expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(width);
        const text = lines.join('\n');
        for (const one of rows.flat()) if (Bun.stringWidth(one) <= width - 4) expect(text).toContain(one);
      }),
    );
  });
});

test('a text is cut or broken at the width of the terminal, which wide characters count twice', () => {
  expect(shortened('four words of text', 10)).toBe('four word…');
  expect(shortened('宽宽宽宽', 6)).toBe('宽宽…');
  expect(shortened('a宽宽宽', 6)).toBe('a宽宽…');
  expect(shortened('a宽a', 3)).toBe('a…');
  expect(shortened('it fits', 7)).toBe('it fits');
  expect(wrapped('four words of text', 4, 14)).toBe('four words\n    of text');
  expect(wrapped('宽宽 宽宽', 0, 8)).toBe('宽宽\n宽宽');
  expect(wrapped('a /path/that/is/too/long b', 2, 10)).toBe('a\n  /path/that/is/too/long\n  b');
  expect(wrapped('four words of text', 4, null)).toBe('four words of text');
  expect(labelled('File', '/x', 10)).toBe('File:     /x');
});

test('ids are shortened on a terminal to the shortest distinct prefixes', () => {
  const ids = ['019e1a2b-3c4d-7abc-8000-000000000001', '019e1a2b-3c4d-7abd-8000-000000000002'];
  const isUnique = (among: readonly string[]) => (beginning: string) =>
    among.filter((id) => id.startsWith(beginning)).length === 1;
  expect(shownIds(ids.slice(0, 1), isUnique(ids.slice(0, 1)), 80)).toEqual(['019e1a2b-3c4d']);
  expect(shownIds(ids.slice(0, 1), isUnique(ids), 80)).toEqual(['019e1a2b-3c4d-7abc']);
  expect(shownIds(ids, isUnique([...ids, '019e1a2b-3c4d-7abc-8000-000000000003']), 80)).toEqual(ids);
  expect(shownIds(ids, isUnique(ids), null)).toEqual(ids);
});
