/** What the commands that change entries of the outbox print, as whole texts. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { quoteArgument } from '../../src/exec/quote.ts';
import type { ForeignEntry } from '../../src/outbox/entry.ts';
import { put } from '../outbox/queue.ts';
import { changeOutbox } from '../support/change-outbox.ts';
import { needs } from '../support/needs.ts';
import { onTerminal } from '../support/on-terminal.ts';
import { binary, newSite, type Site } from '../support/site.ts';

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
const fed = (stdin: string, ...args: string[]) => site.start(['outbox', ...args], { stdin }).ended;
const rejected = { state: 'rejected', rejectedBecause: 'HTTP 400' } as const;

describe('hold, release and retry', () => {
  test('print the number of changed entries and what to type next', async () => {
    const [one = ''] = stored({}, {}, rejected);
    expect(await outbox('hold', one)).toEqual(said(0, '1 entry held; release with: hpc-collector outbox release\n'));
    expect(await outbox('ls', '--state', 'held')).toMatchObject({ stdout: expect.stringContaining('held by hand') });
    expect(await outbox('release', '--all')).toEqual(said(0, '1 entry released; send with: hpc-collector drain\n'));
    expect(await outbox('retry', '--rejected')).toEqual(said(0, '1 entry due now; send with: hpc-collector drain\n'));
    expect(await outbox('retry', '--all')).toEqual(said(0, '3 entries due now; send with: hpc-collector drain\n'));
    expect(await outbox('hold', '--stream', 'sam/casper', '--json')).toMatchObject({ exit: 0, stderr: '' });
    expect(await outbox('retry', '--rejected')).toEqual(said(0, '0 entries due now; send with: hpc-collector drain\n'));
  });

  test('name each entry that cannot be changed; one that has the state already is no error', async () => {
    const [held = '', no = '', yes = ''] = stored({ state: 'held' }, rejected, { stream: 'sam/derecho' });
    const unchanged = `${no} is rejected: unchanged\n`;
    const result = '1 entry held; release with: hpc-collector outbox release\n';
    expect(await outbox('hold', held, no, yes)).toEqual(said(1, result, unchanged));
    const line = (id: string, stream: string, state: string) =>
      `${JSON.stringify({ id, stream, was: state, state, changed: false })}\n`;
    const lines = [
      line(held, 'sam/casper', 'held'),
      line(no, 'sam/casper', 'rejected'),
      line(yes, 'sam/derecho', 'held'),
    ];
    expect(await outbox('hold', held, no, yes, '--json')).toEqual(said(1, lines.join(''), unchanged));
    expect(await outbox('hold', held)).toEqual(said(0, '0 entries held; release with: hpc-collector outbox release\n'));
    const released = { id: yes, stream: 'sam/derecho', was: 'held', state: 'pending', changed: true };
    expect(await outbox('release', yes, '--json')).toEqual(said(0, `${JSON.stringify(released)}\n`));
  });

  test('read ids, and JSON objects with ids, from standard input', async () => {
    const [one = '', two = '', three = ''] = stored({}, {}, {});
    const lines = [` ${one.toUpperCase()} `, '', JSON.stringify({ id: two }), ` {"id": "${three}"}`, ''];
    expect(await fed(lines.join('\n'), 'hold', '-')).toEqual(
      said(0, '3 entries held; release with: hpc-collector outbox release\n'),
    );
    expect(await fed(two, 'release', one, '-')).toEqual(
      said(0, '2 entries released; send with: hpc-collector drain\n'),
    );
  });

  test.each(['{"ids": 1}', '{"id": 1}', 'null', '"0a"', '7e', '[]', 'not an id', 'x'.repeat(61)])(
    'refuse the line %j of standard input',
    async (line) => {
      stored({});
      const isPrefix = /^[0-9a-f]+$/.test(line);
      const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
      expect(await fed(`\n${line}\n`, 'hold', '-')).toEqual(
        refused(
          isPrefix
            ? `there is no entry ${line}: see hpc-collector outbox ls --state all`
            : `line 2 of standard input is neither an id nor a JSON object with one: ${shown}`,
        ),
      );
    },
  );

  test('refuse a line of standard input that is not text', () => {
    stored({});
    const command = `printf '\\377\\n' | ${quoteArgument(binary)} outbox hold -`;
    const { exitCode, stderr } = Bun.spawnSync(['/bin/sh', '-c', command], {
      env: { ...site.env, PATH: '/usr/bin:/bin' },
      stderr: 'pipe',
    });
    expect([exitCode, stderr.toString()]).toEqual([
      2,
      'hpc-collector: line 1 of standard input is neither an id nor a JSON object with one: (too long, or not UTF-8)\n',
    ]);
  });

  test('refuse a state to which they do not apply, a stream that does not exist, and a missing outbox', async () => {
    expect(await outbox('hold', '--all')).toEqual(refused('there is no outbox yet: the first collection creates it'));
    stored({});
    const only = (state: string, states: string) =>
      refused(`this does not apply to ${state} entries, only to ${states} entries`);
    expect(await outbox('hold', '--state', 'rejected')).toEqual(only('rejected', 'pending'));
    expect(await outbox('release', '--state', 'pending')).toEqual(only('pending', 'held'));
    expect(await outbox('retry', '--state', 'held')).toEqual(only('held', 'rejected or pending'));
    const noStream = refused("--stream sam/csper: there is no such stream: did you mean 'sam/casper'?");
    for (const verb of ['hold', 'release', 'retry'])
      expect(await outbox(verb, '--stream', 'sam/csper')).toEqual(noStream);
  });
});

describe('drop', () => {
  const next = 'dropped; list them with: hpc-collector outbox ls --dropped\n';

  test('prints the number of dropped entries, and logs their streams and the reason', async () => {
    const [one = ''] = stored({}, { stream: 'sam/derecho' }, { state: 'held' }, { state: 'delivered' });
    const gone = { id: one, stream: 'sam/casper', was: 'pending', state: 'dropped', changed: true };
    const log = (text: string) => expect.stringMatching(new RegExp(`^\\[.*\\] INFO \\[collector\\] ${text}\\n$`));
    expect(await outbox('drop', one, '-y', '--json')).toEqual({
      ...said(0, `${JSON.stringify(gone)}\n`),
      stderr: log('Dropped 1 entry \\(sam/casper 1\\): dropped by hand'),
    });
    expect(await outbox('drop', '--all', '--yes', '--reason', 'old')).toEqual({
      ...said(0, `2 entries ${next}`),
      stderr: log('Dropped 2 entries \\(sam/casper 1, sam/derecho 1\\): old'),
    });
    expect(await outbox('drop', '--all', '--yes')).toEqual(said(0, `0 entries ${next}`));
    expect(await outbox('drop', '--state', 'delivered', '--yes')).toMatchObject({ exit: 0, stdout: `1 entry ${next}` });
    expect((await outbox('ls', '--dropped', '--json')).stdout.match(/"reason":"[^"]*"/g)).toEqual([
      '"reason":"old"',
      '"reason":"old"',
      '"reason":"dropped by hand"',
    ]);
  });

  test('drops more entries than one transaction takes', async () => {
    changeOutbox(site, (box) =>
      box.database.transaction(() => {
        for (let count = 0; count < 401; count++) put(box);
      })(),
    );
    expect(await outbox('drop', '--all', '--yes')).toMatchObject({ exit: 0, stdout: `401 entries ${next}` });
    expect((await outbox('ls', '--dropped', '--count')).stdout).toBe('401\n');
  });

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
});
