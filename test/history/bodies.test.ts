import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Bodies } from '../../src/history/bodies.ts';
import { candidateOf } from '../../src/history/fingerprints.ts';
import { readSacct, sacctLine } from '../support/sacct.ts';

const [job] = (await readSacct(sacctLine())).jobs;
if (!job) throw new Error('a line is a job');

function bodiesOf(records: readonly unknown[], maxJobs: number): string[] {
  const bodies: string[] = [];
  const all = new Bodies('farm', maxJobs, (body) => bodies.push(body));
  for (const record of records) all.add(candidateOf(job ?? never(), JSON.stringify(record)));
  all.end();
  return bodies;
}

function never(): never {
  throw new Error('there is one');
}

test('bodies are the JSON of the API, with every record once and in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ User: fc.string({ unit: 'grapheme' }) })),
      fc.integer({ min: 1, max: 9 }),
      (records, most) => {
        const bodies = bodiesOf(records, most);
        const parsed = bodies.map((body) => JSON.parse(body) as { hostname: string; jobs: unknown[] });
        expect(parsed.flatMap(({ jobs }) => jobs)).toEqual(records);
        expect(bodies).toEqual(parsed.map((body) => JSON.stringify(body)));
        for (const { hostname, jobs } of parsed) {
          expect(hostname).toBe('farm');
          expect(jobs.length).toBeGreaterThan(0);
          expect(jobs.length).toBeLessThanOrEqual(most);
        }
      },
    ),
  );
});

test('a body has at most a MiB, in bytes', () => {
  // Two bytes each as UTF-8.
  const records = Array.from({ length: 50 }, () => ({ NodeList: 'ü'.repeat(50_000) }));
  const sizes = bodiesOf(records, 1000).map((body) => Buffer.byteLength(body));
  expect(sizes.length).toBe(5);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  expect(Math.max(...sizes)).toBeGreaterThan(950_000);
});

test('no jobs make no body', () => {
  expect(bodiesOf([], 10)).toEqual([]);
});
