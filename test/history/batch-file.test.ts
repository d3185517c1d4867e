import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchFile } from '../../src/history/batch-file.ts';
import { candidateOf } from '../../src/history/fingerprints.ts';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { storedBody } from '../../src/outbox/insert.ts';
import { quickDirectory } from '../support/files.ts';
import { readLog } from '../support/pbs-log.ts';
import { logRecord } from '../support/pbs-records.ts';

const [run] = (await readLog([logRecord()])).runs;
if (!run) throw new Error('a record is a run');
const candidate = (rest: Partial<FinishedJob>) => candidateOf({ ...run, ...rest }, JSON.stringify(rest));

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

test('batches come back in their order, with their bodies and fingerprints', () => {
  const file = join(directory.path, 'gathered');
  const batches = new BatchFile(file);
  const groups = [
    [candidate({ submitted: 1, rawId: 2, ended: 3 })],
    [candidate({ submitted: 4, rawId: 4_294_967_295, ended: 5 }), candidate({ submitted: 6, rawId: 7, ended: 8 })],
    [],
  ];
  const texts = ['first', 'second '.repeat(2000), 'third'];
  for (const [index, jobs] of groups.entries()) batches.add(texts[index] ?? '', jobs);
  const bodies = texts.map(storedBody);
  expect(batches.count).toBe(3);
  expect(batches.bytes).toBe(bodies.reduce((sum, { gzip }) => sum + gzip.length, 0));
  // They can be read again.
  for (const found of [[...batches.batches()], [...batches.batches()]]) {
    expect(found.map(({ body }) => Buffer.from(Bun.gunzipSync(new Uint8Array(body.gzip))).toString())).toEqual(texts);
    expect(found.map(({ body }) => [body.bytes, body.sha256])).toEqual(bodies.map((body) => [body.bytes, body.sha256]));
    expect(found.map(({ fingerprints }) => [...fingerprints.numbers])).toEqual([
      [1, 2, 3],
      [4, 4_294_967_295, 5, 6, 7, 8],
      [],
    ]);
    expect(found.map(({ fingerprints }) => [...fingerprints.records])).toEqual(
      groups.map((jobs) => jobs.map(({ hash }) => hash)),
    );
  }
  batches.close();
  batches.close();
});

test('the file has no name while it is used', () => {
  const file = join(directory.path, 'gathered');
  const batches = new BatchFile(file);
  expect([batches.count, batches.bytes, existsSync(file)]).toEqual([0, 0, false]);
  batches.add('text', []);
  expect(existsSync(file)).toBe(false);
  batches.close();
  expect(() => [...batches.batches()]).toThrow('no batch was added');
});

test('a file that another process made meanwhile is not overwritten', () => {
  const file = join(directory.path, 'gathered');
  const batches = new BatchFile(file);
  writeFileSync(file, 'of another');
  expect(() => batches.add('text', [])).toThrow(`cannot write jobs to ${file}: `);
  expect(existsSync(file)).toBe(true);
});
