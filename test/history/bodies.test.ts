import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Bodies } from '../../src/history/bodies.ts';
import { candidateOf } from '../../src/history/fingerprints.ts';
import { readSacct, sacctLine } from '../support/sacct.ts';

const [job] = (await readSacct(sacctLine())).jobs;
if (!job) throw new Error('a line is a job');

function bodiesOf(records: readonly unknown[], maxJobs: number, maxBytes = 1e6): string[] {
  const bodies: string[] = [];
  const all = new Bodies('farm', { maxJobs, maxBytes }, (body) => bodies.push(body));
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

test('a body has as many bytes as the API takes and no more, and a job that alone has more is a body of its own', () => {
  // Two bytes each as UTF-8.
  const record = fc.nat(300).map((length) => ({ NodeList: 'ü'.repeat(length) }));
  fc.assert(
    fc.property(fc.array(record), fc.integer({ min: 40, max: 900 }), (records, maxBytes) => {
      const bodies = bodiesOf(records, 1000, maxBytes);
      const parsed = bodies.map((body) => JSON.parse(body) as { jobs: unknown[] });
      expect(parsed.flatMap(({ jobs }) => jobs)).toEqual(records);
      for (const [index, body] of bodies.entries()) {
        const { jobs } = parsed[index] ?? never();
        if (jobs.length > 1) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxBytes);
        const next = parsed[index + 1]?.jobs[0];
        if (next !== undefined)
          expect(Buffer.byteLength(body) + Buffer.byteLength(`,${JSON.stringify(next)}`)).toBeGreaterThan(maxBytes);
      }
    }),
  );
});

test('no jobs make no body', () => {
  expect(bodiesOf([], 10)).toEqual([]);
});
