/** The structure that docs and readers rely on: folders import downwards, and SQL stays in two of them. */

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const src = join(import.meta.dir, '../src');
const files = [...new Bun.Glob('**/*.{ts,tsx}').scanSync(src)].filter((file) => file !== 'main.ts').sort();
const folderOf = (file: string): string => file.split('/')[0] ?? '';

/** From the ground up; a folder imports only from those before its own line, and from those beside it that are named. */
const floors: readonly (readonly string[])[] = [
  ['lib'],
  ['config'],
  ['exec'],
  ['pbs', 'slurm', 'host', 'proc'],
  ['jupyterhub'],
  ['snapshot'],
  ['outbox'],
  ['delivery'],
  ['server', 'history', 'outage', 'collect', 'install'],
  ['doctor', 'health', 'sampler'],
  ['run'],
  ['commands'],
  // Runs in browsers: of the other folders it has only texts and types.
  ['dashboard'],
];
const floorOf = (folder: string): number => floors.findIndex((names) => names.includes(folder));

function importsOf(file: string): string[] {
  const code = readFileSync(join(src, file), 'utf8');
  return [...code.matchAll(/(?:from |import\()'(\.[^']+)'/g)]
    .map(([, path = '']) => relative(src, join(src, dirname(file), path)))
    .filter((path) => !path.startsWith('..'));
}

test('every folder has its floor', () => {
  expect(files.map(folderOf).filter((folder) => floorOf(folder) < 0)).toEqual([]);
});

test('folders import downwards', () => {
  const upwards = files.flatMap((file) =>
    importsOf(file)
      .filter((path) => folderOf(path) !== folderOf(file) && floorOf(folderOf(path)) >= floorOf(folderOf(file)))
      .map((path) => `${file} -> ${path}`),
  );
  expect(upwards).toEqual([]);
});

test('no files import each other in a circle', () => {
  const done = new Set<string>();
  const circle = (file: string, way: readonly string[]): readonly string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of importsOf(file)) {
      const found = circle(next, [...way, file]);
      if (found !== null) return found;
    }
    done.add(file);
    return null;
  };
  for (const file of files) expect(circle(file, [])).toBeNull();
});

test('the pages take only types from the receiver, so that browsers load none of its code', () => {
  const lines = files
    .filter((file) => folderOf(file) === 'dashboard')
    .flatMap(
      (file) => readFileSync(join(src, file), 'utf8').match(/^import [^;]* from '[^']*\/server\/[^']*'/gms) ?? [],
    );
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => !line.startsWith('import type '))).toEqual([]);
});

test('only the outbox and the store of the receiver use SQL', () => {
  const users = files.filter((file) => /from 'bun:sqlite'/.test(readFileSync(join(src, file), 'utf8')));
  const allowed = (file: string) => /^(outbox|server\/store)\//.test(file) || file.startsWith('lib/');
  expect(users.filter((file) => !allowed(file))).toEqual([]);
});
