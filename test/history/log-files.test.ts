/** How the accounting files of a PBS server are found, and where the reading of one continues. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Command } from '../../src/exec/command.ts';
import { headCommand, type LogFile, listLog, readCommand } from '../../src/history/log-files.ts';
import { beginsWith, HeadTap, without } from '../../src/history/log-head.ts';
import { startIn } from '../../src/history/log-start.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { newLogState } from '../../src/pbs/open-runs.ts';
import { type Answer, answering, exited, streamOf } from '../support/executors.ts';

const gibibyte = 1024 ** 3;

function locationOf(answer: Answer, rest: { path?: string; host?: string | null; timeoutSeconds?: number } = {}) {
  const commands: Command[] = [];
  const executor = answering((command) => {
    commands.push(command);
    return answer;
  });
  return { executor, host: null, path: '/acct', timeoutSeconds: 300, commands, ...rest };
}

async function refusal(location: ReturnType<typeof locationOf>): Promise<[string, number]> {
  const error: unknown = await listLog(location).catch((reason: unknown) => reason);
  if (!(error instanceof OperatorError)) throw new Error('nothing was refused');
  return [error.message, error.exitCode];
}

describe('the list of files', () => {
  test('has the days of a directory, the oldest first, and nothing else', async () => {
    const location = locationOf(
      {
        stdout: [
          ...['1 30 20261120', '1 20 20261119.gz', '1 10 20261118.xz', '1 0 20261121', '1 5 2026112', '1 5 202611200'],
          ...['1 5 README', '1 5 20261117.bz2', '1 5 20261117.gz.tmp', '1 5 a20261117', 'x 1 20261101', ''],
        ].join('\n'),
      },
      { path: '/acct//', host: 'pbs1' },
    );
    expect(await listLog(location)).toEqual([
      { name: '20261118', path: '/acct/20261118.xz', size: 10, compression: 'xz' },
      { name: '20261119', path: '/acct/20261119.gz', size: 20, compression: 'gz' },
      { name: '20261120', path: '/acct/20261120', size: 30, compression: null },
      { name: '20261121', path: '/acct/20261121', size: 0, compression: null },
    ]);
    expect(location.commands).toEqual([
      {
        argv: ['find', '-L', '/acct//', '-maxdepth', '1', '-type', 'f', '-printf', '%d %s %f\\n'],
        host: 'pbs1',
        via: null,
        timeoutSeconds: 60,
        maxOutputBytes: 16 * 1024 ** 2,
      },
    ]);
  });

  test('waits no longer for the list than for a file', async () => {
    const location = locationOf({ stdout: '1 1 20261120\n' }, { timeoutSeconds: 7 });
    await listLog(location);
    expect(location.commands[0]?.timeoutSeconds).toBe(7);
  });

  test.each([[['1 30 20261120', '1 20 20261120.gz']], [['1 20 20261120.gz', '1 30 20261120']]])(
    'has the plain file while it is compressed: %j',
    async (lines) => {
      expect(await listLog(locationOf({ stdout: `${lines.join('\n')}\n` }))).toMatchObject([
        { path: '/acct/20261120', size: 30, compression: null },
      ]);
    },
  );

  test.each([
    ['/var/log/accounting', 'accounting', 'accounting', null],
    ['/copies/20261120.gz', '20261120.gz', '20261120', 'gz'],
    ['/copies/all.xz', 'all.xz', 'all', 'xz'],
  ])('is the single file %s', async (path, file, name, compression) => {
    const files = await listLog(locationOf({ stdout: `0 12 ${file}\n` }, { path }));
    expect(files).toEqual([{ name, path, size: 12, compression: compression as 'gz' | 'xz' | null }]);
  });

  test('that is empty is an error with the path, the host and the setting', async () => {
    const none = 'there are no accounting files (named like 20261127) in /acct';
    expect((await refusal(locationOf({ stdout: '1 5 README\n' })))[0]).toStartWith(
      `${none}: set jobs.accounting_path in collector.yaml`,
    );
    expect((await refusal(locationOf({ stdout: '' }, { host: 'pbs1' })))[0]).toStartWith(`${none} on pbs1: set`);
  });

  test.each([
    ["find: '/acct': Permission denied", /only root on the PBS server can read it: run the export there as root/],
    [
      "find: '/acct': No such file or directory",
      /set jobs\.accounting_path and jobs\.host in collector\.yaml to where/,
    ],
  ])('that cannot be printed is a failure with its remedy: %s', async (stderr, remedy) => {
    const [message, exitCode] = await refusal(locationOf({ ending: exited(1, stderr) }));
    expect(message).toStartWith('cannot list the accounting files in /acct: ');
    expect(message).toMatch(remedy);
    expect(exitCode).toBe(1);
  });
});

describe('the command that prints a file', () => {
  const file = (compression: LogFile['compression']): LogFile => ({
    name: 'a',
    path: '/acct/-a',
    size: 9,
    compression,
  });
  const location = locationOf({}, { host: 'pbs1' });
  const limits = { host: 'pbs1', via: null, timeoutSeconds: 300, maxOutputBytes: 64 * gibibyte };

  test.each([
    [null, ['cat', '--', '/acct/-a'], ['tail', '-c', '+101', '--', '/acct/-a']],
    ['gz', ['gzip', '-dc', '--', '/acct/-a'], ['gzip', '-dc', '--', '/acct/-a']],
    ['xz', ['xz', '-dc', '--', '/acct/-a'], ['xz', '-dc', '--', '/acct/-a']],
  ] as const)('from an offset on: %p', (compression, fromStart, fromOffset) => {
    expect(readCommand(file(compression), 0, location)).toEqual({ argv: fromStart, ...limits });
    expect(readCommand(file(compression), 100, location)).toEqual({ argv: fromOffset, ...limits });
  });

  test('up to the end of its head, if it is not compressed', () => {
    expect(headCommand(file(null), 10, location)).toEqual({ argv: ['head', '-c', '10', '--', '/acct/-a'], ...limits });
    expect(headCommand(file('xz'), 10, location)).toEqual({ argv: ['xz', '-dc', '--', '/acct/-a'], ...limits });
  });
});

const chunksOf = (bytes: Uint8Array, size: number) =>
  streamOf(Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size)));

test('the head of a file identifies it, however its bytes arrive, and other bytes do not have it', async () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 9000 });
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5000 }), fc.nat(), async (whole, size, place) => {
      const tap = new HeadTap();
      const passed: Uint8Array[] = [];
      for await (const chunk of tap.tap(chunksOf(whole, size))) passed.push(chunk);
      expect(Buffer.concat(passed).equals(whole)).toBe(true);
      const head = tap.headUpTo(whole.length);
      expect(head.bytes).toBe(Math.min(whole.length, 4096));
      expect(await beginsWith(chunksOf(whole, size), head)).toBe(true);
      const other = Uint8Array.from(whole);
      const at = place % head.bytes;
      other[at] = (other[at] ?? 0) ^ 1;
      expect(await beginsWith(chunksOf(other, size), head)).toBe(false);
      expect(await beginsWith(chunksOf(whole.subarray(0, at), size), head)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test('all bytes but the first ones are passed on', async () => {
  const whole = Buffer.from('0123456789');
  for (const size of [1, 3, 10])
    for (let count = 0; count <= 11; count++) {
      const left: Uint8Array[] = [];
      for await (const chunk of without(chunksOf(whole, size), count)) left.push(chunk);
      expect(Buffer.concat(left).toString()).toBe('0123456789'.slice(count));
    }
});

describe('an export continues', () => {
  const text = 'a record\n'.repeat(20);
  async function placeAfter(offset: number) {
    const tap = new HeadTap();
    for await (const _ of tap.tap(streamOf(text)));
    return { name: '20261120', offset, lines: 3, head: tap.headUpTo(offset), state: newLogState() };
  }
  const file = (rest: Partial<LogFile> = {}): LogFile => ({
    name: '20261120',
    path: '/acct/20261120',
    size: text.length,
    compression: null,
    ...rest,
  });

  test.each([
    ['in the same file', {}, text],
    ['in a file that has grown', { size: text.length + 9 }, `${text}a record\n`],
    ['in a file of the same length as before', { size: 27 }, text.slice(0, 27)],
    ['in the file that was compressed since', { size: 5, compression: 'gz' }, text],
  ] as const)('%s where the last one stopped', async (_, rest, stdout) => {
    const place = await placeAfter(27);
    expect(await startIn(file(rest), place, locationOf({ stdout }))).toEqual({
      from: { offset: 27, lines: 3 },
      head: place.head,
      warnings: [],
    });
  });

  const fromStart = { from: { offset: 0, lines: 0 }, head: null };
  test.each([
    ['is shorter than before', { size: 26 }, text.slice(0, 26)],
    ['was replaced by another', {}, text.replace('a record', 'b record')],
    ['was replaced by another', { compression: 'gz' }, 'short'],
  ] as const)('from the beginning of a file that %s', async (why, rest, stdout) => {
    expect(await startIn(file(rest), await placeAfter(27), locationOf({ stdout }))).toEqual({
      ...fromStart,
      warnings: [`the accounting file 20261120 ${why}: it is read again from its beginning`],
    });
  });

  test('with the next file if its file is gone, with a warning', async () => {
    const started = await startIn(file({ name: '20261121' }), await placeAfter(27), locationOf({ stdout: text }));
    expect(started).toEqual({
      ...fromStart,
      warnings: [
        'the accounting file 20261120 is gone: records that were added to it since the last export are not read',
      ],
    });
  });
});
