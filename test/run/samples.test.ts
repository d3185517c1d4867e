/** What a run does with the files that samplers wrote. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConsola } from 'consola';
import type { SamplesSettings } from '../../src/config/samples.ts';
import * as durable from '../../src/lib/durable.ts';
import { jsonBody } from '../../src/outbox/json-body.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { takeInSamples } from '../../src/run/samples.ts';
import { all, noise, put } from '../outbox/queue.ts';
import { newPlace, type Place } from './place.ts';

let place: Place;
let settings: SamplesSettings;
let spool: string;
beforeEach(() => {
  place = newPlace({ 'collector.yaml': 'outbox: { max_mib: 4 }\n' });
  useSpool(join(place.path, 'samples'));
});
afterEach(() => place.remove());

function useSpool(directory: string): void {
  spool = directory;
  settings = { spool, cluster_name: 'hpc1', deliver_to: ['sams'] };
  mkdirSync(spool, { recursive: true });
}

/** Writes files, each with a sample of its own. */
function samplers(...names: readonly string[]): void {
  for (const name of names) writeFileSync(join(spool, name), sampleOf(name));
}

const sampleOf = (name: string) => JSON.stringify({ 'sams.sampler.Core': { name } });
const take = () => takeInSamples(settings, place.context);
const stored = () =>
  place.withOutbox((outbox) => all(outbox).map((entry) => ({ ...entry, body: jsonBody(outbox, entry) })));
const paths = () => stored().map(({ path }) => path);
const left = () => readdirSync(spool).sort();

const remedy = 'let this user read the files and write the directory (umask and output.Spool of the samplers)';

test('files of jobs and of members of job arrays are stored in the order of their names, and deleted', () => {
  samplers('9.c2.json', '10.c1.json', '9.c1.json', '12[3].c-1.site.json.taken');
  expect(take()).toBe(true);
  expect(stored()).toMatchObject(
    [
      ['/10/10.c1.json', '10.c1.json'],
      ['/12%5B3%5D/12%5B3%5D.c-1.site.json', '12[3].c-1.site.json.taken'],
      ['/9/9.c1.json', '9.c1.json'],
      ['/9/9.c2.json', '9.c2.json'],
    ].map(([path, name]) => ({
      stream: 'sams/hpc1',
      destination: 'sams',
      method: 'POST',
      path,
      body: { 'sams.sampler.Core': { name } },
      failedProbes: [],
      state: 'pending',
    })),
  );
  expect(left()).toEqual([]);
  expect(place.lines).toEqual([`INFO Stored 4 samples from ${spool}`]);
});

test('each destination gets its own entry', () => {
  samplers('1.c1.json');
  settings = { ...settings, deliver_to: ['sams', 'ours'] };
  expect(take()).toBe(true);
  expect(stored().map(({ stream, destination }) => [stream, destination])).toEqual([
    ['sams/hpc1', 'sams'],
    ['ours/hpc1', 'ours'],
  ]);
  expect(place.lines).toEqual([`INFO Stored 1 sample from ${spool}`]);
});

test('the deletion of the files is on disk before the run goes on', () => {
  const sync = spyOn(durable, 'syncPath');
  samplers('1.c1.json');
  take();
  expect(sync.mock.calls).toContainEqual([spool]);
  sync.mockRestore();
});

test('other files stay, and without a sample no outbox is made', () => {
  const others = [
    '1234567890123456.c1.json',
    'x1.c1.json',
    '1.-c.json',
    '1..json',
    '1.c1.json.taken.taken',
    '1.c1.txt',
  ];
  samplers(...others, '1[].c1.json', '1.c1.json~');
  expect(take()).toBe(true);
  expect(left()).toEqual([...others, '1[].c1.json', '1.c1.json~'].sort());
  expect([existsSync(place.file), place.lines]).toEqual([false, []]);
});

test('the longest id of a job has 15 digits', () => {
  samplers('123456789012345.c1.json');
  take();
  expect(paths()).toEqual(['/123456789012345/123456789012345.c1.json']);
});

test('one run takes 1000 files, the first by name, and the next one the others', () => {
  samplers(...Array.from({ length: 1001 }, (_, n) => `${9999 - n}.c1.json`));
  expect(take()).toBe(true);
  expect(left()).toEqual(['9999.c1.json']);
  expect(take()).toBe(true);
  expect(left()).toEqual([]);
  expect(place.lines).toEqual([`INFO Stored 1000 samples from ${spool}`, `INFO Stored 1 sample from ${spool}`]);
});

test('a file that another run takes meanwhile is left to it', () => {
  writeFileSync(join(spool, '1.c1.json'), '{}');
  samplers('2.c1.json', '3.c1.json', '4.c1.json');
  symlinkSync('/nonexistent', join(spool, '5.c1.json.taken'));
  // When the first file is reported, the next two are gone.
  const goes = () => {
    for (const name of ['2.c1.json', '3.c1.json']) rmSync(join(spool, name), { force: true });
  };
  const log = createConsola({ reporters: [{ log: goes }] });
  expect(takeInSamples(settings, { ...place.context, log })).toBe(true);
  expect(paths()).toEqual(['/4/4.c1.json']);
});

describe('a file that is taken', () => {
  const { addAll } = Outbox.prototype;

  test('stays for the next run if it cannot be stored', () => {
    samplers('1.c1.json', '2.c1.json.taken');
    const failing = spyOn(Outbox.prototype, 'addAll').mockImplementation(() => {
      throw new Error('no idea');
    });
    for (const names of [['1.c1.json.taken', '2.c1.json.taken'], ['2.c1.json.taken']]) {
      expect(take).toThrow('no idea');
      expect(left()).toEqual(names);
      rmSync(join(spool, '1.c1.json.taken'), { force: true });
    }
    failing.mockRestore();
    expect([take(), left(), paths()]).toEqual([true, [], ['/2/2.c1.json']]);
  });

  test('can be gone when it is stored', () => {
    samplers('1.c1.json');
    const adding = spyOn(Outbox.prototype, 'addAll').mockImplementation(function (this: Outbox, ...of) {
      rmSync(join(spool, '1.c1.json.taken'));
      return addAll.apply(this, of) as never;
    });
    expect(take()).toBe(true);
    adding.mockRestore();
    expect(place.lines).toEqual([`INFO Stored 1 sample from ${spool}`]);
  });

  test('can have 16 MiB', () => {
    writeFileSync(join(spool, '1.c1.json'), sampleOf('').padEnd(16 * 1024 * 1024));
    expect(take()).toBe(true);
    expect([left(), paths()]).toEqual([[], ['/1/1.c1.json']]);
  });
});

describe('a file that is no sample is moved away and reported once:', () => {
  const isNone = (name: string, problem: string) =>
    `ERROR ✗ ${join(spool, name)} is not a sample of a job: ${problem}; it is moved to ${spool}/unreadable`;

  test.each([
    ['{}', 'it has no sams.sampler.Core'],
    ['[]', 'it has no sams.sampler.Core'],
    ['null', 'it has no sams.sampler.Core'],
    ['"sams.sampler.Core"', 'it has no sams.sampler.Core'],
    ['', 'it is not JSON: JSON Parse error: Unexpected EOF'],
  ])('%p', (text, problem) => {
    samplers('1.c1.json', '3.c1.json');
    for (const name of ['2.c1.json', '2.c2.json.taken']) writeFileSync(join(spool, name), text);
    expect(take()).toBe(true);
    expect(place.lines).toEqual([
      isNone('2.c1.json', problem),
      isNone('2.c2.json', problem),
      `INFO Stored 2 samples from ${spool}`,
    ]);
    expect([left(), readdirSync(join(spool, 'unreadable')).sort()]).toEqual([
      ['unreadable'],
      ['2.c1.json', '2.c2.json'],
    ]);
    expect(paths()).toEqual(['/1/1.c1.json', '/3/3.c1.json']);
    expect(take()).toBe(true);
    expect(place.lines).toHaveLength(3);
  });

  test('a directory', () => {
    mkdirSync(join(spool, '2.c1.json'));
    expect(take()).toBe(true);
    expect(place.lines).toEqual([isNone('2.c1.json', 'it is not a regular file')]);
  });

  test('a file over 16 MiB', () => {
    samplers('2.c1.json');
    truncateSync(join(spool, '2.c1.json'), 16 * 1024 * 1024 + 1);
    expect(take()).toBe(true);
    expect(place.lines).toEqual([isNone('2.c1.json', 'it has 16777217 bytes, and the limit is 16777216')]);
  });

  test('with the beginning of a long reason and of a long path', () => {
    useSpool(join(place.path, 'd'.repeat(200), 'e'.repeat(150)));
    writeFileSync(join(spool, '2.c1.json'), 'x'.repeat(400));
    take();
    const problem = `it is not JSON: JSON Parse error: Unexpected identifier "${'x'.repeat(400)}`.slice(0, 200);
    expect(place.lines).toEqual([
      `ERROR ✗ ${spool.slice(0, 300)}… is not a sample of a job: ${problem}…; it is moved to ${spool}/unreadable`,
    ]);
  });
});

describe('a file that cannot be taken', () => {
  /** Makes a directory where the file of a sample must be moved to. */
  const block = (name: string) => mkdirSync(join(spool, `${name}.taken`));

  test('stays, and the first one is an error; the others are stored', () => {
    samplers('1.c1.json', '2.c1.json', '3.c1.json');
    for (const name of ['1.c1.json', '3.c1.json']) block(name);
    expect(take()).toBe(false);
    expect(paths()).toEqual(['/2/2.c1.json']);
    expect(left()).toEqual(['1.c1.json', '3.c1.json', 'unreadable']);
    expect(place.lines.slice(2)).toEqual([
      `INFO Stored 1 sample from ${spool}`,
      `ERROR ✗ samples stay in ${spool}: 1.c1.json: EISDIR: illegal operation on a directory, rename '${spool}/1.c1.json' -> '${spool}/1.c1.json.taken'; ${remedy}`,
    ]);
  });

  test('is reported with the beginning of a long reason', () => {
    useSpool(join(place.path, 'd'.repeat(200), 'e'.repeat(150)));
    samplers('1.c1.json');
    block('1.c1.json');
    expect(take()).toBe(false);
    const problem = `1.c1.json: EISDIR: illegal operation on a directory, rename '${spool}`.slice(0, 300);
    expect(place.lines.slice(1)).toEqual([`ERROR ✗ samples stay in ${spool}: ${problem}…; ${remedy}`]);
  });
});

test('a directory that cannot be read is an error that names the setting', () => {
  settings = { ...settings, spool: '/nonexistent/samples' };
  expect(take()).toBe(false);
  expect(place.lines).toEqual([
    expect.stringMatching(
      /^ERROR ✗ cannot read the directory of samples \/nonexistent\/samples: ENOENT: .*; correct samples\.spool in collector\.yaml$/,
    ),
  ]);
  expect(existsSync(place.file)).toBe(false);
});

test('a full outbox makes room for each sample', () => {
  place.withOutbox((outbox) => {
    for (let n = 0; n < 14; n += 1) put(outbox, { body: noise(350_000) });
  });
  samplers('1.c1.json');
  expect(take()).toBe(true);
  expect(place.lines[0]).toMatch(/^ERROR ✗ entry \S+ of sam\/casper, .* is lost: the outbox is full/);
});
