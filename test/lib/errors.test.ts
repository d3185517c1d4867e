import { expect, test } from 'bun:test';
import { exitCodes, messageOf, OperatorError } from '../../src/lib/errors.ts';

test('an operator error ends the program with 2 unless it says otherwise', () => {
  expect(new OperatorError('no').exitCode).toBe(exitCodes.fatal);
  expect(new OperatorError('no', { exitCode: exitCodes.failed }).exitCode).toBe(1);
});

test('anything that is thrown has words', () => {
  expect(messageOf(new Error('why'))).toBe('why');
  expect(messageOf('why')).toBe('why');
  expect(messageOf(undefined)).toBe('undefined');
});
