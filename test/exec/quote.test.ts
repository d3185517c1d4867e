import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { quoteArgument, quoteCommand } from '../../src/exec/quote.ts';
import { OperatorError } from '../../src/lib/errors.ts';

/** Text in which every character that some shell treats specially is likely. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001f',
      ...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
      'a',
      '0',
      'é',
      '日',
      '😀',
      '!!',
      '$(id)',
      "\\'",
      "'!'",
      '~root',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((text) => !/[\u0000-\u001f\u007f]/.test(text)),
  ),
  maxLength: 30,
});

const shells = [
  ['sh', '-c'],
  ['tcsh', '-c'],
  ['zsh', '-c'],
].filter(([shell]) => Bun.which(shell ?? '') !== null);

/** What a shell makes of a line that prints each of its arguments, ended by NUL. */
function printedBy(shell: readonly string[], line: string): string[] {
  const { stdout, stderr } = Bun.spawnSync([...shell, line], {
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', LC_ALL: 'C' },
  });
  expect(stderr.toString()).toBe('');
  return stdout.toString().split('\0').slice(0, -1);
}

describe.each(shells)('%s %s', (...shell) => {
  test('returns every argument unchanged', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 5 }), (words) => {
        expect(printedBy(shell, quoteCommand(['printf', '%s\\0', ...words]))).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });

  test('returns an argument unchanged through a second shell', () => {
    fc.assert(
      fc.property(nasty, (word) => {
        const inner = quoteCommand(['printf', '%s\\0', word]);
        expect(printedBy(shell, quoteCommand([...shell, inner]))).toEqual([word]);
      }),
      { numRuns: 40 },
    );
  });

  test.each(['=ls', '~', '-n', '%1', '', '{a,b}', '*', '#', '!!', 'a=b', "'", '\\', "\\'", '^a^b', '\u001f'])(
    'leaves %p alone as a first character',
    (word) => {
      expect(printedBy(shell, quoteCommand(['printf', '%s\\0', word]))).toEqual([word]);
    },
  );
});

test('an ordinary argument stays readable', () => {
  expect(quoteCommand(['pbsnodes', '-aj', '-F', 'json', '/opt/pbs/bin'])).toBe('pbsnodes -aj -F json /opt/pbs/bin');
  expect(quoteArgument("don't!")).toBe("'don'\\''t'\\!''");
  expect(quoteArgument('')).toBe("''");
});

test.each(['a\0b', 'a\nb', '\r', '\t', '\u001b[31m', '\u001e', '\u007f'])(
  'refuses the control character in %j',
  (word) => {
    expect(() => quoteArgument(word)).toThrow(OperatorError);
  },
);

test('refuses half of a surrogate pair, which would arrive as another character', () => {
  expect(() => quoteArgument('a\ud800')).toThrow(OperatorError);
});
