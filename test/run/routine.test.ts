/** The log, the outbox and the report of a command. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createConsola } from 'consola';
import * as paths from '../../src/config/paths.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import * as hanging from '../../src/lib/hanging.ts';
import * as logs from '../../src/lib/log.ts';
import * as terminal from '../../src/lib/terminal.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { type CommonArgs, type Context, logged, openContext, routinely } from '../../src/run/context.ts';
import * as earlier from '../../src/run/earlier-run.ts';
import { ErrorChanges } from '../../src/run/ongoing-errors.ts';
import { quickDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';

let directory: ReturnType<typeof quickDirectory>;
let outbox: string;
let log: string;
let isTerminal: boolean;
let unanswered: string[];
let earlierRun: string | null;
const spies: { mockRestore(): void }[] = [];
/** What the log of each command is created with. */
let created: ReturnType<typeof spyOn<typeof logs, 'createLog'>>;
let asked: ReturnType<typeof spyOn<typeof hanging, 'hangingFiles'>>;
beforeEach(() => {
  directory = quickDirectory();
  outbox = join(directory.path, 'outbox.db');
  log = join(directory.path, 'log');
  isTerminal = false;
  unanswered = [];
  earlierRun = null;
  created = spyOn(logs, 'createLog').mockReturnValue(createConsola({ reporters: [] }));
  asked = spyOn(hanging, 'hangingFiles').mockImplementation(async () => new Set(unanswered));
  spies.push(
    created,
    asked,
    spyOn(terminal, 'isTerminal').mockImplementation((descriptor) => descriptor === 2 && isTerminal),
    spyOn(earlier, 'hangingRun').mockImplementation(async (file) => (file === outbox ? earlierRun : null)),
  );
});
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  directory.remove();
});

const configure = (text: string) => writeFileSync(join(directory.path, 'collector.yaml'), text);
const environment = () => ({ HOME: directory.path, XDG_STATE_HOME: directory.path });
const args = (more: CommonArgs = {}): CommonArgs => ({ config: directory.path, outbox, 'log-file': log, ...more });
const logOptions = () => created.mock.calls.at(-1)?.[0];

describe('the log of a command', () => {
  test.each([
    ['without flags', {}, '', { terminal: 'normal', format: 'text', lockRotation: tryLock }],
    ['with --verbose', { verbose: true }, '', { terminal: 'verbose' }],
    ['with --quiet', { quiet: true }, '', { terminal: 'quiet' }],
    ['with --verbose and --quiet', { verbose: true, quiet: true }, '', { terminal: 'verbose' }],
    ['as configured', {}, 'log: { format: json, rotate: false }', { format: 'json', lockRotation: null }],
    ['with --log-format', { 'log-format': 'text' as const }, 'log: { format: json }', { format: 'text' }],
  ])('%s has its options', (_, flags, yaml, options) => {
    configure(yaml);
    openContext(args(flags), environment());
    expect(logOptions()).toMatchObject({ file: log, fileBySystem: new Map(), ...options });
  });

  test('has files of their own for systems that name them', () => {
    openContext({ config: directory.path }, { ...environment(), DERECHO_LOG_FILE: '/var/log/derecho.log' });
    expect(logOptions()).toMatchObject({
      file: join(directory.path, 'hpc-collector/collector.log'),
      fileBySystem: new Map([['derecho', '/var/log/derecho.log']]),
    });
  });
});

describe('the outbox of a command', () => {
  test('is the named one, or that of the state directory', () => {
    const own = { host: hostname() };
    const named = openContext(args(), environment());
    expect(named).toMatchObject({ outbox: { file: outbox, isNamed: true, ...own }, hanging: null, changes: null });
    expect(openContext({ config: directory.path }, environment()).outbox).toMatchObject({
      file: join(directory.path, 'hpc-collector/outbox.db'),
      isNamed: false,
      ...own,
    });
  });

  test('has the configured directory for what it cannot store, or the usual one', () => {
    const [configured, usual] = [join(directory.path, 'configured'), join(directory.path, 'usual')];
    spies.push(spyOn(paths, 'defaultFallbackDirectory').mockReturnValue(usual));
    const problem = () => openContext(args(), environment()).outbox.spool.problem();
    writeFileSync(usual, 'not a directory');
    expect(problem()).toContain(usual);
    configure(`fallback_directory: ${configured}`);
    expect(problem()).toBeNull();
    writeFileSync(configured, 'not a directory');
    expect(problem()).toContain(configured);
  });
});

describe('a run that cron starts', () => {
  /** Runs some work, and returns its context. */
  async function contextOf(more: CommonArgs = {}): Promise<Context> {
    const got = Promise.withResolvers<Context>();
    expect(
      await routinely(args(more), async (context) => {
        got.resolve(context);
        return 75;
      }),
    ).toBe(75);
    return got.promise;
  }

  test('reports only changes at its end, also after a failure', async () => {
    const tell = spyOn(ErrorChanges.prototype, 'tell').mockImplementation(() => {});
    spies.push(tell);
    const context = await contextOf();
    expect(context.changes).toBeInstanceOf(ErrorChanges);
    expect(tell.mock.calls).toEqual([[context]]);
    expect(logOptions()?.terminal).toBe(context.changes?.filter as never);
    const failure = new Error('no idea');
    expect(await routinely(args(), () => Promise.reject(failure)).catch((error: unknown) => error)).toBe(failure);
    expect(tell).toHaveBeenCalledTimes(2);
  });

  test('shows all lines to a person who watches it', async () => {
    expect([(await contextOf({ verbose: true })).changes, logOptions()?.terminal]).toEqual([null, 'verbose']);
    isTerminal = true;
    expect([(await contextOf()).changes, logOptions()?.terminal]).toEqual([null, 'normal']);
  });

  test('first asks whether the directories of its files answer', async () => {
    process.env.CASPER_LOG_FILE = '/var/log/casper.log';
    try {
      await contextOf({ 'log-file': undefined });
      expect(asked.mock.calls.at(-1)?.[0]).toEqual([
        outbox,
        expect.stringMatching(/collector\.log$/),
        '/var/log/casper.log',
      ]);
      unanswered = ['/var/log/casper.log'];
      expect((await contextOf({ 'log-file': undefined })).hanging).toBeNull();
      expect(logOptions()).toMatchObject({ file: expect.stringMatching(/collector\.log$/), fileBySystem: new Map() });
    } finally {
      Reflect.deleteProperty(process.env, 'CASPER_LOG_FILE');
    }
    expect((await contextOf()).hanging).toBeNull();
    expect(asked.mock.calls.at(-1)?.[0]).toEqual([outbox, log]);
  });

  test('writes no log file whose directory does not answer', async () => {
    unanswered = [log];
    expect((await contextOf()).hanging).toBeNull();
    expect(logOptions()).toMatchObject({ file: null });
  });

  const dead = () => `cannot open the outbox ${outbox}: its directory did not answer within 15 s`;

  test('touches no outbox whose directory does not answer, and writes its log', async () => {
    unanswered = [outbox];
    expect((await contextOf()).hanging).toMatchObject({
      problem: dead(),
      remedy: 'check its filesystem and the file server: cat /proc/mounts; dmesg',
    });
    expect(logOptions()).toMatchObject({ file: log });
  });

  test('touches no file at all while an earlier run hangs', async () => {
    earlierRun = 'hpc-collector-0-abc';
    expect((await contextOf()).hanging).toMatchObject({
      problem: `cannot open the outbox ${outbox}: an earlier run waits for a file and does not go on`,
      remedy: 'check the filesystem of the outbox, and find the process with: ss -xlp | grep hpc-collector-0-abc',
    });
    expect(logOptions()).toMatchObject({ file: null });
  });

  test('reports the directory if both are true', async () => {
    earlierRun = 'hpc-collector-0-abc';
    unanswered = [outbox];
    expect((await contextOf()).hanging).toMatchObject({ problem: dead() });
  });
});

describe('the work of a command', () => {
  const failing = (error: unknown) => {
    const { log: memory, lines } = memoryLog();
    const code = logged(memory, () => Promise.reject(error)).catch((thrown: unknown) => thrown);
    return code.then((result) => [result, ...lines]);
  };

  test('that fails for a known reason is an error in the log, with its stack for --verbose', async () => {
    expect(await failing(new OperatorError('no address', { exitCode: 75 }))).toEqual([
      75,
      'ERROR ✗ no address',
      expect.stringMatching(/^DEBUG OperatorError: no address\n/),
    ]);
  });

  test('that the system refuses ends with 1', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    expect((await failing(full)).slice(0, 2)).toEqual([
      1,
      expect.stringMatching(/^ERROR ✗ no space left on device; the system refused the operation: /),
    ]);
  });

  test('that meets a bug throws it', async () => {
    const bug = new Error('no idea');
    expect(await failing(bug)).toEqual([bug]);
  });

  test('returns its exit code', async () => {
    expect(await logged(memoryLog().log, async () => 75)).toBe(75);
  });
});
