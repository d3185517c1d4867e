/** The start of a sampler in the background. */

import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { OperatorError } from '../../src/lib/errors.ts';
import { type SampleRequest, sample } from '../../src/run/sampling.ts';
import * as machine from '../../src/sampler/machine.ts';
import * as sampling from '../../src/sampler/sample-job.ts';
import { newSamplerPlace, type SamplerPlace } from './sampler-place.ts';

const child = {
  pid: 4711,
  exitCode: null as number | null,
  signalCode: null as string | null,
  unref: () => (isFree = true),
};
let isFree: boolean;
let place: SamplerPlace;
let sampled: ReturnType<typeof spyOn<typeof sampling, 'sampleJob'>>;
const spies: { mockRestore(): void }[] = [];
const moreWords = ['--logfile=/var/log/sample', '--loglevel=DEBUG'];
let spawned: ReturnType<typeof spyOn<typeof Bun, 'spawn'>>;
let mask: ReturnType<typeof spyOn<typeof process, 'umask'>>;
let now: number;
beforeEach(() => {
  place = newSamplerPlace();
  sampled = spyOn(sampling, 'sampleJob').mockResolvedValue(true);
  isFree = false;
  now = 0;
  Object.assign(child, { exitCode: null, signalCode: null });
  spawned = spyOn(Bun, 'spawn').mockReturnValue(child as never);
  mask = spyOn(process, 'umask').mockReturnValue(0);
  // The limit is ten seconds; each look at the pid file is a second after the one before.
  const clock = spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  let sleeps = 0;
  const sleep = spyOn(Bun, 'sleep').mockImplementation(async () => {
    sleeps += 1;
    if (sleeps > 100) throw new Error('it waits and waits');
  });
  spies.push(sampled, spawned, mask, clock, sleep);
});
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  place.remove();
});

const start = (of: Partial<SampleRequest> = {}) =>
  sample(place.request({ isDaemon: true, logFile: '/var/log/sample', logLevel: 'DEBUG', ...of }));

test('a sampler needs a log file', async () => {
  const error = await start({ logFile: null }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({
    message:
      '--daemon needs a log file, because a daemon has no terminal: give --logfile, or logfile in the configuration',
  });
  place.configure('  logfile: /var/log/x');
  expect(await start({ logFile: null })).toBe(0);
});

test('it starts as a session of its own, without a terminal, with the configured umask', async () => {
  expect(await start()).toBe(0);
  expect(spawned.mock.calls as unknown).toEqual([
    [
      [process.execPath, ...place.words(...moreWords)],
      {
        cwd: '/',
        env: { ...process.env, BUN_JSC_useJIT: '0' },
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: 'ignore',
        detached: true,
      },
    ],
  ]);
  expect([isFree, mask.mock.calls, sampled.mock.calls]).toEqual([true, [[0o027]], []]);
});

/** The looks at the pid file, which has these texts in turn. */
async function looks(...texts: (string | null)[]): Promise<number> {
  let count = 0;
  spies.push(spyOn(machine, 'textOf').mockImplementation(() => texts[count++] ?? null));
  expect(await start({ pidFile: '/run/pid' })).toBe(0);
  return count;
}

test('it is waited for until its process id is in the pid file', async () => {
  expect(await looks(null, '4710', '4711', null)).toBe(3);
});

test('it is not waited for longer than ten seconds', async () => {
  expect(await looks()).toBe(9);
});

test.each([
  ['ended', { exitCode: 1 }],
  ['been killed', { signalCode: 'SIGKILL' }],
])('it is not waited for once it has %s', async (_, how) => {
  Object.assign(child, how);
  expect(await looks()).toBe(0);
});
