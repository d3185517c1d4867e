import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Ending, Executor } from '../../src/exec/command.ts';
import { createExecutor } from '../../src/exec/executor.ts';
import { endedExecution } from '../../src/exec/local.ts';
import { recordInto } from '../../src/exec/record.ts';
import { recordingFileNames } from '../../src/exec/recording-names.ts';
import { replayFrom } from '../../src/exec/replay.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { commandOf, outcomeOf } from '../support/execution.ts';
import { temporaryDirectory } from '../support/files.ts';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

const real = createExecutor({
  connectTimeoutSeconds: 1,
  searchPath: [],
  hostName: 'here',
  environment: { PATH: '/usr/bin:/bin' },
});

/** An executor whose commands all end so. */
const endingWith = (ending: Ending): Executor => ({ start: () => endedExecution(ending) });

describe('a replay gives the same results as the recorded commands', () => {
  const commands: Command[] = [
    commandOf(['echo', 'out']),
    commandOf(['sh', '-c', 'echo out; echo why >&2; exit 3']),
    commandOf(['true']),
    commandOf(['head', '-c', '300000', '/dev/urandom'], { host: 'here' }),
    commandOf(['no-such-program']),
    commandOf(['sh', '-c', 'kill -SEGV $$']),
    commandOf(['yes'], { maxOutputBytes: 100_000 }),
    commandOf(['sh', '-c', 'echo out; sleep 10'], { timeoutSeconds: 0.3 }),
  ];

  test('for every way in which a command can end', async () => {
    const path = join(directory.path, 'deep', 'recording');
    const recorder = recordInto(path, real);
    const recorded = await Promise.all(commands.map((command) => outcomeOf(recorder.start(command))));
    await recorder.finish();
    const replay = replayFrom(path);
    for (const [index, command] of commands.entries()) {
      const { stdout, ending } = await outcomeOf(replay.start(command));
      expect(ending).toEqual(recorded[index]?.ending ?? { kind: 'not-recorded' });
      expect(stdout === recorded[index]?.stdout).toBe(true);
    }
    expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  });

  test('with how long each command took', async () => {
    const began = performance.now();
    const recorder = recordInto(directory.path, real);
    await outcomeOf(recorder.start(commandOf(['sleep', '0.2'])));
    await recorder.finish();
    const [, seconds] = /seconds: ([\d.]+)/.exec(readFileSync(join(directory.path, 'recording.yaml'), 'utf8')) ?? [];
    // The recorded time begins after the program has started.
    expect(Number(seconds)).toBeWithin(0.1, (performance.now() - began) / 1000 + 0.001);
  });

  test('for an unreachable host too, with the error of ssh', async () => {
    const ending: Ending = { kind: 'unreachable', host: 'via', reason: 'ssh failed', stderr: 'Bad configuration\n' };
    const command = commandOf(['id'], { host: 'far', via: 'via' });
    const recorder = recordInto(directory.path, endingWith(ending));
    await outcomeOf(recorder.start(command));
    await recorder.finish();
    expect((await outcomeOf(replayFrom(directory.path).start({ ...command, via: null }))).ending).toEqual(ending);
  });
});

describe('a recorder', () => {
  test('lists commands in the order they were started, with readable files', async () => {
    const recorder = recordInto(directory.path, real);
    await Promise.all([
      outcomeOf(recorder.start(commandOf(['sh', '-c', 'sleep 0.1; echo slow']))),
      outcomeOf(recorder.start(commandOf(['echo', 'quick']))),
    ]);
    await recorder.finish();
    const list = readFileSync(join(directory.path, 'recording.yaml'), 'utf8');
    expect(list.replace(/seconds: [\d.]+/g, 'seconds: 0')).toBe(
      `commands:
  - host: null
    argv:
      - sh
      - -c
      - sleep 0.1; echo slow
    exit: 0
    seconds: 0
    stdout: sh-c-sleep-0-1-echo-slow.txt
  - host: null
    argv:
      - echo
      - quick
    exit: 0
    seconds: 0
    stdout: echo-quick.txt
`,
    );
    expect(readFileSync(join(directory.path, 'echo-quick.txt'), 'utf8')).toBe('quick\n');
  });

  test('does not overwrite a recording', async () => {
    await recordInto(directory.path, real).finish();
    expect(() => recordInto(directory.path, real)).toThrow(OperatorError);
  });

  test('that cannot write still passes all output on, and reports the error at the end', async () => {
    const path = join(directory.path, 'recording');
    const recorder = recordInto(path, real);
    mkdirSync(join(path, 'echo-out.txt'));
    expect((await outcomeOf(recorder.start(commandOf(['echo', 'out'])))).stdout).toBe('out\n');
    await expect(recorder.finish()).rejects.toThrow(/incomplete.*EEXIST/);
  });

  test('reports a folder that cannot be made at the end', async () => {
    const recorder = recordInto('/proc/recording', real);
    expect((await outcomeOf(recorder.start(commandOf(['echo', 'out'])))).stdout).toBe('out\n');
    await expect(recorder.finish()).rejects.toThrow(OperatorError);
  });

  test('does not list commands that are missing in a replay', async () => {
    const recorder = recordInto(directory.path, endingWith({ kind: 'not-recorded' }));
    await outcomeOf(recorder.start(commandOf(['id'])));
    await recorder.finish();
    expect(readFileSync(join(directory.path, 'recording.yaml'), 'utf8')).toBe('commands: []\n');
  });
});

test('files are named after their commands, with unique names', () => {
  const namesFor = recordingFileNames();
  const commands: [string | null, [string, ...string[]]][] = [
    ['derecho', ['/opt/pbs/bin/pbsnodes', '-aj', '-F', 'json']],
    [null, ['qstat', '-Q']],
    [null, ['qstat', '-q']],
    ['root@[::1]', ['../..']],
    [null, ['x'.repeat(200)]],
    [null, ['///']],
  ];
  expect(commands.map(([host, argv]) => namesFor({ host, argv }).stdout)).toEqual([
    'derecho-pbsnodes-aj-F-json.json',
    'qstat-Q.txt',
    'qstat-q-2.txt',
    'root-1.txt',
    `${'x'.repeat(60)}.txt`,
    'command.txt',
  ]);
});

describe('a replay', () => {
  const list = (text: string): void => writeFileSync(join(directory.path, 'recording.yaml'), text);

  test('answers by host and arguments only', async () => {
    list('commands:\n  - {host: derecho, argv: [qstat, -B], exit: 0, stdout: out}\n');
    writeFileSync(join(directory.path, 'out'), 'recorded');
    const replay = replayFrom(directory.path);
    const at = (host: string | null, ...argv: [string, ...string[]]) =>
      outcomeOf(replay.start(commandOf(argv, { host, via: 'anything', timeoutSeconds: 1 })));
    expect((await at('derecho', 'qstat', '-B')).stdout).toBe('recorded');
    expect((await at(null, 'qstat', '-B')).ending).toEqual({ kind: 'not-recorded' });
    expect((await at('derecho', 'qstat')).ending).toEqual({ kind: 'not-recorded' });
    expect((await at('derecho', 'qstat -B')).ending).toEqual({ kind: 'not-recorded' });
  });

  test('answers repeated commands in their order, and then with the last recording', async () => {
    list(`commands:
  - {host: null, argv: [a], exit: 1}
  - {host: null, argv: [a], exit: 2}
`);
    const replay = replayFrom(directory.path);
    const codes: unknown[] = [];
    for (let run = 0; run < 3; run += 1) codes.push((await outcomeOf(replay.start(commandOf(['a'])))).ending);
    expect(codes).toEqual([1, 2, 2].map((code) => ({ kind: 'exited', code, stderr: '' })));
  });

  test('of a hand-written list detects a failure of ssh', async () => {
    list(`provenance: made by hand
commands:
  - {host: far, argv: [id], exit: 255, stderr: err}
  - {host: null, argv: [id], exit: 255, stderr: err}
`);
    const stderr = 'Host key verification failed.\n';
    writeFileSync(join(directory.path, 'err'), stderr);
    const replay = replayFrom(directory.path);
    const far = await outcomeOf(replay.start(commandOf(['id'], { host: 'far' })));
    expect(far.ending).toEqual({ kind: 'unreachable', host: 'far', reason: 'host key not trusted', stderr });
    expect((await outcomeOf(replay.start(commandOf(['id'])))).ending).toEqual({ kind: 'exited', code: 255, stderr });
  });

  test('of 200 MB uses little memory, and keeps the output limit', async () => {
    list('commands:\n  - {host: null, argv: [big], exit: 0, stdout: big}\n');
    writeFileSync(join(directory.path, 'big'), '');
    truncateSync(join(directory.path, 'big'), 200e6);
    const replay = replayFrom(directory.path);
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    let peak = 0;
    let largest = 0;
    let bytes = 0;
    for await (const chunk of replay.start(commandOf(['big'], { maxOutputBytes: 1e9 })).stdout) {
      bytes += chunk.length;
      largest = Math.max(largest, chunk.length);
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(bytes).toBe(200e6);
    expect(largest).toBe(64 * 1024);
    expect(peak).toBeLessThan(150e6);
    const limited = await outcomeOf(replay.start(commandOf(['big'], { maxOutputBytes: 100_000 })));
    expect(limited.ending).toEqual({ kind: 'output-too-large', limitBytes: 100_000 });
  });

  test('can be stopped early', async () => {
    list('commands:\n  - {host: null, argv: [a], exit: 0, stdout: out}\n');
    writeFileSync(join(directory.path, 'out'), Buffer.alloc(1e6));
    const execution = replayFrom(directory.path).start(commandOf(['a']));
    for await (const _ of execution.stdout) break;
    expect((await execution.ending).kind).toBe('exited');
  });

  test('of a folder without a list is refused, with its name', () => {
    expect(() => replayFrom(directory.path)).toThrow(`Not a recording: ${directory.path}/recording.yaml: ENOENT`);
  });

  test.each([
    ['commands: [', 'Not a recording'],
    ['', 'the file: must be a mapping, not empty'],
    ['{}', 'commands: is missing'],
    ['commands: [{host: null, argv: [], exit: 0}]', 'commands.0.argv.0: is missing'],
    ['commands: [{host: null, argv: [a]}]', 'needs either exit or ending'],
    ['commands: [{host: null, argv: [a], exit: 256}]', 'commands.0.exit: '],
    ['commands: [{host: null, argv: [a], exit: -1}]', 'commands.0.exit: '],
    [
      'commands: [{host: null, argv: [a], exit: 0, ending: {kind: timed-out, seconds: 1}}]',
      'needs either exit or ending',
    ],
    ['commands: [{host: null, argv: [a], ending: {kind: exploded}}]', 'commands.0.ending.kind: must be '],
    ['commands: [{host: null, argv: [a], exit: 0, stdin: x}]', 'stdin'],
    ['commands: [{host: null, argv: [a], exit: 0, stdout: missing}]', 'missing cannot be read: ENOENT'],
    ['commands: [{host: null, argv: [a], exit: 0, stdout: ../passwd}]', 'must be a file in the folder'],
    ['commands: [{host: null, argv: [a], exit: 0, stdout: x/../../y}]', 'must be a file in the folder'],
    ['commands: [{host: null, argv: [a], exit: 0, stdout: /etc/passwd}]', 'must be a file in the folder'],
    ['commands: [{host: null, argv: [a], exit: 0, stderr: link}]', 'link is outside the folder'],
    ['commands: [{host: null, argv: [a], exit: 0, stderr: folder}]', 'folder is not a file'],
  ])('of %p is refused: %s', (text, message) => {
    list(text);
    symlinkSync('/etc/passwd', join(directory.path, 'link'));
    mkdirSync(join(directory.path, 'folder'));
    const attempt = () => replayFrom(directory.path);
    expect(attempt).toThrow(OperatorError);
    expect(attempt).toThrow(message);
  });
});
