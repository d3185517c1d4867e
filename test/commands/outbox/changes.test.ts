/** What the commands that change entries of the outbox print, as whole texts. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import * as input from '../../../src/commands/input.ts';
import type { ForeignEntry } from '../../../src/outbox/entry.ts';
import { put } from '../../outbox/queue.ts';
import { changeOutbox } from '../../support/change-outbox.ts';
import { newSite, type Site } from '../../support/site.ts';
import { runOutbox, storeEntries } from './in-process.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const outbox = (...args: string[]) => runOutbox(site, ...args);
const stored = (...entries: Partial<ForeignEntry>[]) => storeEntries(site, ...entries);
const said = (exit: number, stdout: string, stderr = '') => ({ exit, stdout, stderr });
const refused = (message: string, exit = 2) => said(exit, '', `hpc-collector: ${message}\n`);

/** Runs a command with a text or bytes on standard input. */
async function fed(stdin: string | Uint8Array, ...args: string[]) {
  const reading = spyOn(input, 'standardInput').mockImplementation(async function* () {
    yield typeof stdin === 'string' ? Buffer.from(stdin) : stdin;
  });
  try {
    return await outbox(...args);
  } finally {
    reading.mockRestore();
  }
}

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

  test('refuse a line of standard input that is not text, or too long', async () => {
    stored({});
    const message = 'line 1 of standard input is neither an id nor a JSON object with one: (too long, or not UTF-8)';
    expect(await fed(new Uint8Array([0xff, 0x0a]), 'hold', '-')).toEqual(refused(message));
    expect(await fed(new Uint8Array(32 * 1024 ** 2 + 1).fill(0x61), 'hold', '-')).toEqual(refused(message));
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
});
