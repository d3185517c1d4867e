/** The command that samples a job: its lock, its pid file, its log, and its test of outputs. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as logs from '../../src/lib/log.ts';
import { trySocketLock } from '../../src/outbox/socket-lock.ts';
import { sample } from '../../src/run/sampling.ts';
import { stopSignal } from '../../src/run/signals.ts';
import { checkpointFile } from '../../src/sampler/checkpoint.ts';
import * as finishing from '../../src/sampler/finish-earlier.ts';
import * as machine from '../../src/sampler/machine.ts';
import * as modules from '../../src/sampler/modules.ts';
import * as sampling from '../../src/sampler/sample-job.ts';
import { memoryLog } from '../support/memory-log.ts';
import { newSamplerPlace, type SamplerPlace } from './sampler-place.ts';

let place: SamplerPlace;
let lines: string[];
let created: ReturnType<typeof spyOn<typeof logs, 'createLog'>>;
let sampled: ReturnType<typeof spyOn<typeof sampling, 'sampleJob'>>;
let finished: ReturnType<typeof spyOn<typeof finishing, 'finishEarlier'>>;
let replaced: ReturnType<typeof spyOn>;
let user: number;
const spies: { mockRestore(): void }[] = [];
beforeEach(() => {
  place = newSamplerPlace();
  user = process.getuid?.() ?? 0;
  const memory = memoryLog();
  lines = memory.lines;
  created = spyOn(logs, 'createLog').mockReturnValue(memory.log);
  sampled = spyOn(sampling, 'sampleJob').mockResolvedValue(true);
  finished = spyOn(finishing, 'finishEarlier').mockResolvedValue();
  replaced = spyOn(process, 'execve').mockReturnValue(undefined as never);
  spies.push(
    created,
    sampled,
    finished,
    replaced,
    spyOn(process, 'getuid').mockImplementation(() => user),
  );
});
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  place.remove();
});

/** The lines of the log, without the warning that another user than root gets. */
const said = () => lines.filter((line) => !line.endsWith('run the sampler as root'));
describe('a sampler', () => {
  test('samples its job until the signal, and finishes earlier jobs of the node meanwhile', async () => {
    expect(await sample(place.request())).toBe(0);
    const [settings, where, signal] = sampled.mock.calls[0] ?? [];
    expect([settings?.collector.checkpoint_path, signal]).toEqual([place.path, stopSignal]);
    expect(where).toMatchObject({ job: 7, node: 'c1', machine: machine.thisMachine });
    const [sameSettings, samePlace, lockOf] = finished.mock.calls[0] ?? [];
    expect([sameSettings, samePlace]).toEqual([settings, where]);
    // While another process holds the lock of the earlier job, that one is left to it.
    const lock = trySocketLock(checkpointFile(place.path, 6, 'c1'), () => undefined);
    expect(lockOf?.(6)).toBeNull();
    lock?.release();
    lockOf?.(6)?.release();
    expect(said()).toEqual([]);
  });

  test('that cannot write an output ends with 1', async () => {
    sampled.mockResolvedValue(false);
    expect(await sample(place.request())).toBe(1);
  });

  test('is the only one of its job on its node', async () => {
    const lock = trySocketLock(checkpointFile(place.path, 7, 'c1'), () => undefined);
    expect(await sample(place.request({ pidFile: place.fileOf('pid') }))).toBe(75);
    expect([said(), existsSync(place.fileOf('pid'))]).toEqual([['WARN Another sampler of job 7 runs on c1'], false]);
    expect(await sample(place.request({ node: 'c2' }))).toBe(0);
    lock?.release();
    expect(await sample(place.request())).toBe(0);
    expect(await sample(place.request())).toBe(0);
  });

  test('has its process id in the pid file while it runs', async () => {
    let during = '';
    sampled.mockImplementation(async () => {
      during = readFileSync(place.fileOf('pid'), 'utf8');
      throw new Error('no idea');
    });
    const result = sample(place.request({ pidFile: place.fileOf('pid') })).catch((error: Error) => error.message);
    expect(await result).toBe('no idea');
    expect([during, existsSync(place.fileOf('pid'))]).toEqual([String(process.pid), false]);
  });

  test('goes on without a pid file that it cannot write', async () => {
    expect(await sample(place.request({ pidFile: place.fileOf('nowhere/pid') }))).toBe(0);
    expect(said()).toEqual([
      expect.stringMatching(/^ERROR cannot write \S+\/nowhere\/pid: ENOENT.*: give another file with --pidfile$/),
    ]);
  });

  test('of another user than root warns of what it cannot see', async () => {
    user = 0;
    await sample(place.request());
    expect(lines).toEqual([]);
    user = 1000;
    await sample(place.request());
    spies.push(spyOn(machine, 'textOf').mockImplementation((path) => (path === '/proc/1/stat' ? null : '')));
    await sample(place.request());
    expect(lines).toEqual([
      'WARN the programs of processes of other users cannot be read: run the sampler as root',
      'WARN the processes of other users are hidden (/proc is mounted with hidepid): run the sampler as root',
    ]);
  });

  test('replaces itself by one that needs less memory, unless it is that one or only a test', async () => {
    const { BUN_JSC_useJIT: before } = process.env;
    Reflect.deleteProperty(process.env, 'BUN_JSC_useJIT');
    try {
      await sample(place.request());
      await sample(place.request({ ...{ logFile: '/var/log/sample', logLevel: 'DEBUG' }, pidFile: '/run/pid' }));
      const environment = { ...process.env, BUN_JSC_useJIT: '0' };
      const itself = process.execPath;
      expect(replaced.mock.calls).toEqual([
        [itself, [itself, ...place.words()], environment],
        [
          itself,
          [itself, ...place.words('--pidfile=/run/pid', '--logfile=/var/log/sample', '--loglevel=DEBUG')],
          environment,
        ],
      ]);
      process.env.BUN_JSC_useJIT = '0';
      await sample(place.request());
      Reflect.deleteProperty(process.env, 'BUN_JSC_useJIT');
      await sample(place.request({ testOutput: '/dev/null' })).catch(() => undefined);
      expect(replaced).toHaveBeenCalledTimes(2);
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, 'BUN_JSC_useJIT');
      else process.env.BUN_JSC_useJIT = before;
    }
  });
});

describe('the log of a sampler', () => {
  const options = () => created.mock.calls.at(-1)?.[0];

  test.each([
    [{}, '', { terminal: 'quiet', file: null }],
    [{ logLevel: 'CRITICAL' }, '', { terminal: 'quiet' }],
    [{ logLevel: 'ERROR' }, '', { terminal: 'quiet' }],
    [{ logLevel: 'WARNING' }, '', { terminal: 'quiet' }],
    [{ logLevel: 'INFO' }, '  loglevel: ERROR', { terminal: 'normal' }],
    [{ logLevel: 'DEBUG' }, '', { terminal: 'verbose' }],
    [
      {},
      '  loglevel: DEBUG\n  logfile: /var/log/%(jobid)s.%(node)s%(jobid_hash)d',
      { terminal: 'verbose', file: '/var/log/7.c1' },
    ],
    [{ logFile: '/var/log/%(node)s' }, '  logfile: /var/log/x', { file: '/var/log/c1' }],
  ] as const)('%# is as the command line says, or the configuration', async (of, collector, expected) => {
    place.configure(collector);
    await sample(place.request(of));
    expect(options()).toMatchObject({ format: 'text', fileBySystem: new Map(), lockRotation: null, ...expected });
  });

  test('has the name of the command', async () => {
    const { log } = memoryLog();
    const tag = spyOn(log, 'withTag');
    created.mockReturnValue(log);
    await sample(place.request());
    expect(tag.mock.calls).toEqual([['sample']]);
  });
});

describe('the test of outputs', () => {
  const data = { 'sams.sampler.Core': { jobid: 7 } };
  const isFailing = (error: unknown) => async () => {
    throw error;
  };

  test('gives the data to each, except that Prometheus has no data to write', async () => {
    writeFileSync(place.fileOf('data'), JSON.stringify(data));
    const got: unknown[] = [];
    const output = (id: string) => ({
      id,
      write: async (written: unknown) => void got.push(['write', id, written]),
      sampled: (latest: unknown) => void got.push(['sampled', id, latest]),
    });
    const { sampled: _, ...file } = output('output.File');
    spies.push(
      spyOn(modules, 'outputsOf').mockReturnValue([output('output.Prometheus'), file, output('output.Http')] as never),
    );
    expect(await sample(place.request({ testOutput: place.fileOf('data') }))).toBe(0);
    expect(got).toEqual([
      ['sampled', 'output.Prometheus', data],
      ['write', 'output.File', data],
      ['sampled', 'output.Http', data],
      ['write', 'output.Http', data],
    ]);
    expect(sampled).not.toHaveBeenCalled();
  });

  test('names each that fails, goes on with the others, and ends with 1', async () => {
    writeFileSync(place.fileOf('data'), JSON.stringify(data));
    const outputs = [
      { id: 'output.File', write: isFailing(new Error('no space')) },
      { id: 'output.Http', write: isFailing('no server') },
      { id: 'output.Spool', write: async () => {} },
    ];
    spies.push(spyOn(modules, 'outputsOf').mockReturnValue(outputs as never));
    expect(await sample(place.request({ testOutput: place.fileOf('data') }))).toBe(1);
    expect(said()).toEqual(['ERROR ✗ sams.output.File: no space', 'ERROR ✗ sams.output.Http: no server']);
  });

  const refusal = async (testOutput: string) =>
    sample(place.request({ testOutput })).catch((error: Error) => error.message);

  test('refuses a file of another form', async () => {
    for (const text of ['[]', '{"a": 1}', '7']) {
      writeFileSync(place.fileOf('data'), text);
      expect(await refusal(place.fileOf('data'))).toBe(
        `--test-output ${place.fileOf('data')}: it must be an object of sampler ids with objects`,
      );
    }
    writeFileSync(place.fileOf('data'), '{');
    expect(await refusal(place.fileOf('data'))).toStartWith(
      `--test-output ${place.fileOf('data')}: JSON Parse error: `,
    );
  });

  test('refuses a file that cannot be read, with the beginning of a long name', async () => {
    const name = `/${'x'.repeat(200)}`;
    expect(await refusal(name)).toStartWith(`--test-output ${name.slice(0, 200)}…: ENOENT: `);
  });
});
