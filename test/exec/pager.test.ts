import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { page } from '../../src/exec/pager.ts';
import { temporaryDirectory } from '../support/files.ts';

test('a text goes to the program and words of $PAGER, however many blanks are between them', async () => {
  const { path, remove } = temporaryDirectory();
  try {
    const file = join(path, 'paged');
    expect(await page('the text', { PATH: '/usr/bin:/bin', PAGER: `  dd   status=none of=${file} ` })).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('the text');
  } finally {
    remove();
  }
});

test.each([
  ['no pager is installed', {}],
  ['it is empty', { PAGER: ' ' }],
  ['it is not installed', { PAGER: 'no-such-pager' }],
  ['it fails', { PAGER: 'false' }],
])('the caller prints the text itself if %s', async (_, rest) => {
  expect(await page('the text', { PATH: '/usr/bin:/bin', ...rest })).toBe(false);
});
