import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog, type LogOptions } from '../../src/lib/log.ts';
import * as output from '../../src/lib/output.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { temporaryDirectory } from '../support/files.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let file: string;
let terminal: string;
let write: ReturnType<typeof spyOn<typeof output, 'complain'>>;

beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory.path, 'logs', 'collector.log');
  terminal = '';
  write = spyOn(output, 'complain').mockImplementation((text) => {
    terminal += text;
  });
});
afterEach(() => {
  write.mockRestore();
  directory.remove();
});

function logOf(options: Partial<LogOptions> = {}) {
  return createLog({
    terminal: 'normal',
    format: 'text',
    file,
    fileBySystem: new Map(),
    lockRotation: tryLock,
    ...options,
  });
}

/** One line of each kind. */
function logAll(log: ReturnType<typeof createLog>): void {
  log.debug('how');
  log.info('what');
  log.warn('careful');
  log.error('broken');
}

const words = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1));

test('a line of text has the time in UTC, the level, the name and the message', () => {
  logOf().info('✓ Stored');
  expect(terminal).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO \[collector\] ✓ Stored\n$/);
  const written = Date.parse(`${terminal.slice(1, 20).replace(' ', 'T')}Z`);
  expect(Math.abs(Date.now() - written)).toBeLessThan(5000);
});

test('a line of JSON has the same', () => {
  logOf({ format: 'json' }).withTag('derecho').warn('careful');
  expect(JSON.parse(terminal)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    level: 'warn',
    name: 'derecho',
    message: 'careful',
  });
});

describe('the shown lines', () => {
  test.each([
    ['quiet', ['careful', 'broken'], ['what', 'careful', 'broken']],
    ['normal', ['what', 'careful', 'broken'], ['what', 'careful', 'broken']],
    ['verbose', ['how', 'what', 'careful', 'broken'], ['how', 'what', 'careful', 'broken']],
  ] as const)('on a %s terminal, and the file has INFO whatever the terminal', (level, shown, filed) => {
    logAll(logOf({ terminal: level }));
    expect(words(terminal)).toEqual([...shown]);
    expect(words(readFileSync(file, 'utf8'))).toEqual([...filed]);
  });

  test('WARNING and ERROR are what the earlier collectors called them', () => {
    logAll(logOf());
    expect(terminal).toContain('] WARNING [collector] careful\n');
    expect(terminal).toContain('] ERROR [collector] broken\n');
  });

  test('text from other programs cannot contain terminal sequences or line breaks', () => {
    logOf().error('qstat: \u001b[2J\nINFO all is well');
    expect(terminal.trim().split('\n')).toHaveLength(1);
    expect(terminal).not.toContain('\u001b');
    expect(readFileSync(file, 'utf8')).not.toContain('\u001b');
  });

  test('a repeated line is shown twice', () => {
    const log = logOf();
    for (let count = 0; count < 20; count += 1) log.info('what');
    expect(words(terminal)).toHaveLength(20);
  });
});

test('a system may have a file of its own', () => {
  const own = join(directory.path, 'derecho.log');
  const log = logOf({ fileBySystem: new Map([['derecho', own]]) });
  log.withTag('derecho').info('mine');
  log.withTag('casper').info('other');
  log.info('all');
  expect(words(readFileSync(own, 'utf8'))).toEqual(['mine']);
  expect(words(readFileSync(file, 'utf8'))).toEqual(['other', 'all']);
});

describe('the file', () => {
  test('is made with its directory, and others cannot read it', () => {
    logOf().info('what');
    expect(statSync(file).mode & 0o007).toBe(0);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  });

  test('is appended to', () => {
    logOf().info('first');
    logOf().info('second');
    expect(words(readFileSync(file, 'utf8'))).toEqual(['first', 'second']);
  });

  test('is rotated at 10 MB, and five old ones are kept', () => {
    logOf().info('first');
    for (let turn = 1; turn <= 7; turn += 1) {
      truncateSync(file, 10 * 1024 * 1024);
      logOf().info(`turn${turn}`);
    }
    expect(words(readFileSync(file, 'utf8'))).toEqual(['turn7']);
    expect([1, 2, 3, 4, 5, 6].map((n) => existsSync(`${file}.${n}`))).toEqual([true, true, true, true, true, false]);
    expect(readFileSync(`${file}.1`, 'latin1').slice(0, 60)).toContain('turn6');
    expect(readFileSync(`${file}.5`, 'latin1').slice(0, 60)).toContain('turn2');
  });

  test('is not rotated below that', () => {
    logOf().info('first');
    truncateSync(file, 10 * 1024 * 1024 - 1000);
    logOf().info('second');
    expect(existsSync(`${file}.1`)).toBe(false);
  });

  test('loses no line and is rotated once, however many processes write it and find it full', async () => {
    const writers = 6;
    const linesEach = 300;
    logOf().info('before');
    truncateSync(file, 10 * 1024 * 1024 - 5000);
    const program = join(import.meta.dir, 'log-writer.ts');
    const running = Array.from({ length: writers }, (_, writer) =>
      Bun.spawn([process.execPath, program, file, String(writer), String(linesEach)], { stderr: 'inherit' }),
    );
    expect(await Promise.all(running.map(({ exited }) => exited))).toEqual(Array(writers).fill(0));
    const written = [`${file}.1`, file].flatMap((name) => words(readFileSync(name, 'latin1')));
    for (let writer = 0; writer < writers; writer += 1) {
      const own = written.filter((word) => word?.startsWith(`${writer}:`));
      expect(own).toEqual(Array.from({ length: linesEach }, (_, line) => `${writer}:${line}`));
    }
    expect(existsSync(`${file}.2`)).toBe(false);
  });

  test('is not rotated if logrotate does it', () => {
    logOf().info('first');
    truncateSync(file, 10 * 1024 * 1024);
    logOf({ lockRotation: null }).info('second');
    expect(existsSync(`${file}.1`)).toBe(false);
  });

  test('is written on while another process rotates it', () => {
    logOf().info('first');
    truncateSync(file, 10 * 1024 * 1024);
    logOf({ lockRotation: () => null }).info('second');
    expect(existsSync(`${file}.1`)).toBe(false);
    expect(readFileSync(file, 'latin1')).toEndWith('second\n');
  });

  test.each(['text', 'json'] as const)('that cannot be written costs one warning (%s), and nothing else', (format) => {
    writeFileSync(join(directory.path, 'blocked'), '');
    const broken = join(directory.path, 'blocked', 'collector.log');
    const log = logOf({ file: broken, format });
    log.info('one');
    log.info('two');
    const lines = terminal.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(`cannot write the log file ${broken}: `);
    expect(lines[1]).toContain('give another with --log-file');
    expect(lines[2]).toContain('two');
    if (format === 'json') for (const line of lines) JSON.parse(line);
  });

  test('is optional', () => {
    logOf({ file: null }).info('what');
    expect(words(terminal)).toEqual(['what']);
    expect(existsSync(file)).toBe(false);
  });
});
