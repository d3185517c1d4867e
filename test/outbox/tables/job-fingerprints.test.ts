import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  changedJobs,
  deleteJobsBefore,
  jobFingerprintSpace,
  jobWriter,
} from '../../../src/outbox/tables/job-fingerprints.ts';
import { newOutbox, type TestOutbox } from '../queue.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const day = 86_400;
const key = (job: number, rest: { submitted?: number; cluster?: number; record?: bigint } = {}) => ({
  ...{ submitted: 100 * day, job, cluster: 1, record: 7n },
  ...rest,
});
const stored = (of: ReturnType<typeof key>, endedOn = 101) => jobWriter(box.outbox)(of, of.record, endedOn);

test('a job is changed unless exactly its record is stored', () => {
  stored(key(1));
  const others = [
    key(2),
    key(1, { record: 8n }),
    key(1, { submitted: 100 * day + 1 }),
    key(1, { cluster: 2 }),
    key(1, { record: 2n ** 62n }),
  ];
  expect(changedJobs(box.outbox, [key(1), ...others])).toEqual(others);
});

test('a job that is stored again has its last record', () => {
  stored(key(1));
  stored(key(1, { record: 8n }));
  expect(changedJobs(box.outbox, [key(1), key(1, { record: 8n })])).toEqual([key(1)]);
});

test('jobs are deleted by the day on which they ended', () => {
  stored(key(1), 100);
  stored(key(2), 101);
  stored(key(3, { submitted: 90 * day }), 101);
  deleteJobsBefore(box.outbox, 101);
  expect(changedJobs(box.outbox, [key(1), key(2), key(3, { submitted: 90 * day })])).toEqual([key(1)]);
});

test('each takes 24 bytes, and all can be freed', () => {
  const { bytes, free } = jobFingerprintSpace(box.outbox);
  expect([bytes(), free()]).toEqual([0, false]);
  for (const jobs of [1, 2]) {
    for (let job = 1; job <= jobs; job++) stored(key(job));
    expect(bytes()).toBe(24 * jobs);
    expect([free(), bytes(), free()]).toEqual([true, 0, false]);
  }
});
