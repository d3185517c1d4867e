/** Standard input of the outbox commands: the confirmation of `drop`, and an end by a signal. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { quoteArgument } from '../../src/exec/quote.ts';
import type { ForeignEntry } from '../../src/outbox/entry.ts';
import { put } from '../outbox/queue.ts';
import { changeOutbox } from '../support/change-outbox.ts';
import { needs } from '../support/needs.ts';
import { onTerminal } from '../support/on-terminal.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const outbox = (...args: string[]) => site.run('outbox', ...args);
const stored = (...entries: Partial<ForeignEntry>[]): string[] =>
  changeOutbox(site, (box) => entries.map((entry) => put(box, entry).id));
const said = (exit: number, stdout: string, stderr = '') => ({ signal: null, exit, stdout, stderr });
const refused = (message: string, exit = 2) => said(exit, '', `hpc-collector: ${message}\n`);
const next = 'dropped; list them with: hpc-collector outbox ls --dropped\n';

test('does not ask if no entry is chosen, and cannot ask if the ids come from standard input', async () => {
  stored({});
  const cannotAsk = 'hpc-collector: cannot ask for confirmation: pass --yes to drop these entries';
  const atTerminal = (...args: string[]) => onTerminal([binary, 'outbox', 'drop', ...args], site.env, 100);
  expect(await atTerminal('--state', 'held')).toEqual({ exit: 0, lines: [`0 entries ${next.trimEnd()}`] });
  expect(await atTerminal('-')).toEqual({ exit: 2, lines: [cannotAsk] });
  expect(await outbox('drop', '--all')).toEqual(said(2, '', `${cannotAsk}\n`));
  expect(await outbox('drop', '--yes')).toEqual(
    refused(
      'no entries are chosen: give ids, - for ids on standard input, --stream, --state, --older-than, --rejected (with retry), or --all',
    ),
  );
});

const question = 'Drop 1 entry (sam/casper 1)? This cannot be undone. [y/N] ';
const answered = (answer: string) => {
  const command = `${quoteArgument(binary)} outbox drop --all`;
  const { exitCode, stdout } = Bun.spawnSync(['script', '--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...site.env, PATH: '/usr/bin:/bin' },
    stdin: new Blob([`${answer}\n`]),
  });
  return { exitCode, text: stdout.toString().replaceAll('\r', '') };
};

needs('script')('asks, and keeps the entries unless the answer is y or yes', async () => {
  stored({});
  for (const answer of ['', 'yess', 'ny'])
    expect(answered(answer)).toEqual({
      exitCode: 1,
      text: expect.stringContaining(`${question}No entry was dropped.\n`),
    });
  expect((await outbox('ls', '--count')).stdout).toBe('1\n');
  expect(answered(' YES ')).toEqual({ exitCode: 0, text: expect.stringContaining(`1 entry ${next}`) });
  stored({});
  expect(answered('y').exitCode).toBe(0);
});

test('an import that waits for its input ends when it is interrupted', async () => {
  const importing = Bun.spawn([binary, 'outbox', 'import'], {
    env: site.env,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  await until(() => existsSync(site.outbox), 'the import has opened the outbox');
  importing.kill('SIGTERM');
  const [stdout, stderr] = await Promise.all([importing.stdout.text(), importing.stderr.text()]);
  expect({ exit: await importing.exited, stdout, stderr }).toEqual({
    exit: 1,
    stdout: '',
    stderr: 'hpc-collector: interrupted\n',
  });
});
