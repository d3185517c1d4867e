import { afterEach, beforeEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { initialise } from '../../src/config/init.ts';
import { loadConfig, loadSystem } from '../../src/config/load.ts';
import { quickDirectory } from '../support/files.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

const made = (...rest: [named: readonly string[], scheduler?: string | null]) =>
  initialise(directory.path, ...rest).map(({ file, isNew }) => [basename(file), isNew] as const);
const systems = () => loadConfig(directory.path, {}).collector.systems;

test('without names there is a file of every built-in cluster, and they are enabled', () => {
  const clusters = ['env', 'collector.yaml', 'casper.yaml', 'derecho.yaml'];
  expect(made([])).toEqual(clusters.map((name) => [name, true]));
  expect(systems()).toEqual(['casper', 'derecho']);
});

test('a repeated name is used once, and an existing file is not changed', () => {
  writeFileSync(join(directory.path, 'derecho.yaml'), 'degraded_above: 80\n');
  expect(made(['derecho', 'jupyterhub', 'derecho'])).toEqual([
    ['env', true],
    ['collector.yaml', true],
    ['derecho.yaml', false],
    ['jupyterhub.yaml', true],
  ]);
  expect(systems()).toEqual(['derecho', 'jupyterhub']);
  expect(readFileSync(join(directory.path, 'derecho.yaml'), 'utf8')).toBe('degraded_above: 80\n');
  expect(statSync(join(directory.path, 'env')).mode & 0o777).toBe(0o600);
});

test('with a scheduler the names are those of new systems, and one is needed', () => {
  expect(() => made([], 'slurm')).toThrow('name the system: hpc-collector config init NAME --scheduler slurm');
  expect(made(['farm'], 'slurm').at(-1)).toEqual(['farm.yaml', true]);
  expect(loadSystem('farm', loadConfig(directory.path, {}))).toMatchObject({ scheduler: 'slurm' });
});

test.each([
  ['another scheduler', ['farm'], 'pbs', "--scheduler can be slurm, not 'pbs'"],
  ['a built-in system', ['farm', 'derecho'], 'slurm', "'derecho' is built in: leave out --scheduler"],
  ['a name that is not one', ['Farm 1'], 'slurm', "'Farm 1' cannot be the name of a system"],
  ['the name of another file', ['collector'], 'slurm', "'collector' cannot be the name of a system"],
  ['an unknown system', ['caspr'], null, "there is no built-in system 'caspr': did you mean 'casper'?"],
  ['one far from each', ['zzzz'], null, 'the built-in systems are casper, derecho, jupyterhub'],
])('%s is refused, and nothing is written', (_, named, scheduler, words) => {
  expect(() => made(named, scheduler)).toThrow(words);
  expect(readdirSync(directory.path)).toEqual([]);
});
