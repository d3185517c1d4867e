import { expect, test } from 'bun:test';
import { exitCodes, messageOf, OperatorError, operatorErrorOf } from '../../src/lib/errors.ts';

test('an operator error ends the program with 2 unless it says otherwise', () => {
  expect(new OperatorError('no').exitCode).toBe(exitCodes.fatal);
  expect(new OperatorError('no', { exitCode: exitCodes.failed }).exitCode).toBe(1);
});

test('every thrown value has a message', () => {
  expect(messageOf(new Error('why'))).toBe('why');
  expect(messageOf('why')).toBe('why');
  expect(messageOf(undefined)).toBe('undefined');
});

test.each([
  ['EIO', true],
  ['ESTALE', true],
  ['SQLITE_IOERR_READ', true],
  ['SQLITE_ERROR', false],
  // Codes of the library that reads the command line.
  ['EARG', false],
  ['E_UNKNOWN_COMMAND', false],
])('the code %s is an error of the system: %p', (code, isSystem) => {
  const error = operatorErrorOf(Object.assign(new Error('why'), { code }));
  expect(error?.exitCode ?? null).toBe(isSystem ? exitCodes.failed : null);
});

test('an error of the system says what to check, and one of the database says that it is one', () => {
  const remedy =
    'the system refused the operation: check the file, its disk and its mount (ls -l, df -h, dmesg), then try again';
  const messageFor = (code: string) => operatorErrorOf(Object.assign(new Error('why'), { code }))?.message;
  expect(messageFor('EIO')).toBe(`why; ${remedy}`);
  expect(messageFor('SQLITE_IOERR_READ')).toBe(`a database cannot be used: why (SQLITE_IOERR_READ); ${remedy}`);
});
