/** How `doctor` prints its findings. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { z } from 'zod';
import { program } from '../support/every-command.ts';
import { runInProcess } from '../support/in-process.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper');
});
afterEach(() => site.remove());

const doctor = (columns: number | null, ...args: string[]) =>
  runInProcess(program, ['doctor', 'casper', ...args], site.env, columns);
const found = z.object({ name: z.string(), result: z.string(), message: z.string(), remedy: z.string().nullable() });
/** Times and sizes differ from run to run. */
const withoutNumbers = (text: string) => text.replaceAll(/\d+(\.\d+)?/g, '0');

test('a finding is a line with its result, its remedy below, and the next step is last', async () => {
  const json = await doctor(null, '--json');
  const findings = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => found.parse(JSON.parse(line)));
  expect(findings.length).toBeGreaterThan(5);
  expect(findings.some(({ result }) => result === 'fail')).toBe(true);
  const lines = findings.flatMap(({ name, result, message, remedy }) => [
    `${result}  ${name}: ${message}`,
    ...(remedy === null ? [] : [`      → ${remedy}`]),
  ]);
  const { exit, stdout, stderr } = await doctor(null);
  expect([json.exit, exit, json.stderr, stderr]).toEqual([1, 1, '', '']);
  const [next = '', empty, ...others] = stdout.trimEnd().split('\n').reverse();
  expect(others.reverse().map(withoutNumbers)).toEqual(lines.map(withoutNumbers));
  expect([empty, next]).toEqual(['', expect.stringMatching(/^Next: \S/)]);
});

test('on a terminal a long finding goes on below its beginning', async () => {
  const { stdout } = await doctor(40);
  const lines = stdout.split('\n').slice(0, -3);
  expect(lines.filter((line) => /^ {6}\S/.test(line)).length).toBeGreaterThan(0);
  expect(lines.filter((line) => !/^(?:pass|warn|fail|skip| {4}) {2}\S/.test(line))).toEqual([]);
});
