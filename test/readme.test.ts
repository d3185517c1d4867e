/** The README: short, and with commands and links that exist. */

import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topics } from '../src/commands/help/topics.ts';
import { parses, quotedCommands } from './support/quoted-commands.ts';

const root = join(import.meta.dir, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('is under 12 kB', () => {
  expect(Buffer.byteLength(readme)).toBeLessThan(12_000);
});

test.each(Object.keys(topics))('links the topic %s', (name) => {
  expect(readme).toContain(`[${name}](src/commands/help/${name}.md)`);
});

test('links only files that exist', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].flatMap(([, file]) => file ?? []);
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter((file) => !file.includes('://') && !existsSync(join(root, file)))).toEqual([]);
});

describe('quotes commands that exist', () => {
  test.each(quotedCommands(readme))('%s', (line) => expect(parses(line)).toEqual({ exit: 2, isUnderstood: true }));
});
