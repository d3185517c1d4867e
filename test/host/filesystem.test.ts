import { describe, expect, test } from 'bun:test';
import { probeFilesystem } from '../../src/host/probes.ts';
import { recordingOf, snapshotOf } from '../support/collected.ts';
import { type Answer, answering, exited, overlaid } from '../support/executors.ts';
import { plainSystem, systemOf } from '../support/systems.ts';

const tebibyte = 1024 ** 4;
const path = '/glade/u/home';
const system = plainSystem('gust', { mounts: { glade: path }, filesystems: ['glade'] });
const df = (line: string) => `    1B-blocks   Used   Inodes   IUsed Mounted on\n${line}\n`;
const dfOf = (mount: string) => `df --block-size=1 --output=size,used,itotal,iused,target -- ${mount}`;

/** The row of the one filesystem in a snapshot, and what failed. */
async function rowWith(answer: Answer, of = system) {
  const { payload, failedProbes, lines } = await snapshotOf(
    of,
    answering(({ argv }) => (argv[0] === 'df' ? answer : { stdout: '{"pbs_version":"1"}\n' })),
  );
  return { row: payload.filesystems[0], failedProbes, lines };
}

test('one is asked of the host of PBS, with its own deadline and little output', async () => {
  const asked: unknown[] = [];
  const of = plainSystem('gust', { timeouts: { command: 5 }, max_output_mib: { host: 2 } });
  await probeFilesystem(
    of,
    answering((command) => {
      asked.push(command);
      return {};
    }),
    path,
  );
  expect(asked).toEqual([
    {
      argv: ['df', '--block-size=1', '--output=size,used,itotal,iused,target', '--', path],
      host: 'gust',
      via: null,
      timeoutSeconds: 5,
      maxOutputBytes: 2 * 2 ** 20,
    },
  ]);
});

test('sizes are TiB with six decimals, percentages have two', async () => {
  const { row } = await rowWith({ stdout: df(`${2 * tebibyte} ${Math.round(tebibyte / 3)} 3000 1000 ${path}`) });
  expect(row).toEqual({
    filesystem_name: 'glade',
    available: true,
    degraded: false,
    capacity_tb: 2,
    used_tb: 0.333333,
    utilization_percent: 16.67,
    capacity_inodes: 3000,
    used_inodes: 1000,
    inodes_utilization_percent: 33.33,
  });
});

test.each([
  ['that counts none', `1000 500 - - ${path}`],
  ['that has 0 of them', `1000 500 0 0 ${path}`],
])('a filesystem %s has no inodes', async (_, line) => {
  const { row } = await rowWith({ stdout: df(line) });
  expect(row).toMatchObject({ available: true, utilization_percent: 50 });
  expect(row).not.toHaveProperty('capacity_inodes');
});

describe('one is degraded', () => {
  test.each([
    [90, 899, false],
    [90, 900, false],
    [90, 901, true],
    [90, 1000, true],
    [50, 501, true],
    [100, 1000, false],
  ])('over %d %%: %d of 1000 is %p', async (degraded_above, used, expected) => {
    const of = plainSystem('gust', { mounts: { glade: path }, filesystems: ['glade'], degraded_above });
    const { row } = await rowWith({ stdout: df(`1000 ${used} - - ${path}`) }, of);
    expect(row?.degraded).toBe(expected);
  });

  test('over 90 % unless it is configured', () => {
    expect(systemOf('derecho').degraded_above).toBe(90);
  });
});

describe('one is unavailable, with null sizes, and no probe failed', () => {
  const says = (words: string): Answer => ({ ending: exited(1, `df: ${path}: ${words}\n`) });
  test.each<[string, Answer, string]>([
    ['it hangs', { ending: { kind: 'timed-out', seconds: 30 } }, 'did not end within 30 s'],
    ['it is not mounted: df shows the root', { stdout: df('1000 500 100 1 /') }, `${path} is not mounted`],
    ['its server gave up', says('Stale file handle'), 'Stale file handle'],
    ['its server does not answer', says('Connection timed out'), 'Connection timed out'],
    ['its client was evicted', says('Cannot send after transport endpoint shutdown'), 'transport endpoint'],
    ['its FUSE process died', says('Transport endpoint is not connected'), 'is not connected'],
    ['its device fails', says('Input/output error'), 'Input/output error'],
  ])('where %s', async (_, answer, words) => {
    const { row, failedProbes, lines } = await rowWith(answer);
    expect(row).toEqual({
      filesystem_name: 'glade',
      available: false,
      degraded: false,
      capacity_tb: null,
      used_tb: null,
      utilization_percent: null,
    });
    expect(failedProbes).toEqual([]);
    expect(lines.filter((line) => line.startsWith('WARN'))).toEqual([expect.stringContaining(words)]);
    expect(lines.at(-1)).toBe('INFO   Filesystems: 0/1 available');
  });
});

test('the root itself may be a filesystem', async () => {
  const root = plainSystem('gust', { filesystems: ['/'] });
  expect((await rowWith({ stdout: df('1000 500 100 1 /') }, root)).row).toMatchObject({
    filesystem_name: '/',
    available: true,
  });
});

test('a mount point with blanks is read', async () => {
  expect((await rowWith({ stdout: df('1000 500 100 1 /mnt/my disk') })).row).toMatchObject({ available: true });
});

describe('it is a failed probe, and the row is left out', () => {
  const says = (words: string): Answer => ({ ending: exited(1, `df: ${path}: ${words}\n`) });
  test.each<[string, Answer]>([
    ['if the path does not exist', says('No such file or directory')],
    ['where the path is a file', says('Not a directory')],
    ['where we may not look at it', says('Permission denied')],
    ['where df knows no such option', { ending: exited(1, "df: unrecognized option '--output=size'\n") }],
    ['where df is killed', { ending: { kind: 'killed', signal: 'SIGKILL', stderr: '' } }],
    [
      'where the login shell hangs',
      { ending: { kind: 'unreachable', host: 'gust', reason: 'login timed out', stderr: '' } },
    ],
    ['where df is cut off', { stdout: '  1B-bl', ending: { kind: 'cut-off', stderr: '' } }],
    ['where df shows no size', { stdout: df(`- - - - ${path}`) }],
    ['where it has no size', { stdout: df(`0 0 0 0 ${path}`) }],
    ['where df prints only its header', { stdout: ' 1B-blocks Used Inodes IUsed Mounted on\n' }],
    ['where df prints something else', { stdout: 'hello\nworld\n' }],
    [
      'where the host of PBS cannot be reached',
      { ending: { kind: 'unreachable', host: 'gust', reason: 'does not answer', stderr: '' } },
    ],
    ['where df is not there', { ending: { kind: 'not-found', program: 'df' } }],
    ['where df does not stop printing', { ending: { kind: 'output-too-large', limitBytes: 1 } }],
    ['where it is not recorded', { ending: { kind: 'not-recorded' } }],
  ])('%s', async (_, answer) => {
    const { row, failedProbes } = await rowWith(answer);
    expect(row).toBeUndefined();
    expect(failedProbes).toEqual(['filesystems/glade']);
  });
});

test('a mount that hangs leaves out only that filesystem', async () => {
  const hung = overlaid(recordingOf('derecho'), {
    [dfOf('/glade/campaign')]: { ending: { kind: 'timed-out', seconds: 30 } },
  });
  const { payload, failedProbes } = await snapshotOf(systemOf('derecho'), hung);
  expect(failedProbes).toEqual([]);
  expect(payload.filesystems.map(({ filesystem_name, available }) => [filesystem_name, available])).toEqual([
    ['glade', true],
    ['campaign', false],
    ['derecho_scratch', true],
  ]);
});

test('more used than available space drops the percentage, with a warning', async () => {
  const { payload, dropped } = await snapshotOf(
    system,
    answering(({ argv }) => ({ stdout: argv[0] === 'df' ? df(`1000 2000 - - ${path}`) : '{"pbs_version":"1"}\n' })),
  );
  expect(payload.filesystems[0]).not.toHaveProperty('utilization_percent');
  expect(dropped).toEqual([expect.stringMatching(/^filesystems\.0\.utilization_percent \(200\): /)]);
});
