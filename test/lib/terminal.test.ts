import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { isTerminal } from '../../src/lib/terminal.ts';

const module = join(import.meta.dir, '../../src/lib/terminal.ts');
const answer = `import { isTerminal } from ${JSON.stringify(module)}; process.exitCode = isTerminal(0) ? 10 : 20;`;

/** Returns the exit code of a process that reports on its standard input: 10 for a terminal, 20 for another file. */
async function withInput(stdin: 'pipe' | 'terminal' | Bun.BunFile): Promise<number> {
  const argv = [process.execPath, '-e', answer];
  if (stdin !== 'terminal') return Bun.spawn(argv, { stdin }).exited;
  await using terminal = new Bun.Terminal({ cols: 80, rows: 24 });
  return await Bun.spawn(argv, { terminal }).exited;
}

test('a pseudo-terminal is a terminal', async () => {
  expect(await withInput('terminal')).toBe(10);
});

test.each([
  ['a pipe', 'pipe'],
  ['a file', Bun.file(import.meta.path)],
  ['/dev/null', Bun.file('/dev/null')],
  ['another character device', Bun.file('/dev/zero')],
] as const)('%s is no terminal', async (_, stdin) => {
  expect(await withInput(stdin)).toBe(20);
});

test('a closed descriptor is not a terminal', () => {
  expect(isTerminal(1_000_000)).toBe(false);
});
