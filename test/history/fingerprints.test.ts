import { afterEach, expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { BatchFile } from '../../src/history/batch-file.ts';
import { gatheringFile } from '../../src/history/files.ts';
import { candidateOf, forgetOld, unsent } from '../../src/history/fingerprints.ts';
import { readPart } from '../../src/history/read-part.ts';
import { sacctSource } from '../../src/history/sacct-source.ts';
import { storePart } from '../../src/history/store.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { answering, exited } from '../support/executors.ts';
import { quickDirectory } from '../support/files.ts';
import { type Fields, readSacct, sacctLine } from '../support/sacct.ts';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

const now = new Date('2026-11-25T00:00:00Z');
const noon = Date.parse('2026-11-20T12:00:00Z') / 1000;

function newOutbox() {
  const directory = quickDirectory();
  const file = join(directory.path, 'outbox.db');
  const outbox = new Outbox(file);
  cleanups.push(directory.remove, () => outbox.close());
  return { outbox, file };
}

/** Exports a window of half an hour of a cluster, whose sacct prints these lines. */
async function exportLines(
  { outbox, file }: ReturnType<typeof newOutbox>,
  lines: string,
  { cluster = 'farm', from = noon, to = noon + 1800, maxJobs = 3, at = now } = {},
): Promise<void> {
  const executor = answering(() => ({ stdout: lines, ending: exited(0) }));
  const source = sacctSource({
    cluster,
    executor,
    host: null,
    timeoutSeconds: 1,
    timeZone: 'UTC',
    limits: { maxJobs, maxBytes: 1e6 },
    windowDays: 7,
    hasRunSuffix: false,
  });
  const spill = new BatchFile(gatheringFile(file, cluster));
  const range = { since: new Date(from * 1000), until: new Date(to * 1000) };
  const { parts } = await source.plan({ range, isAgain: false, now: new Date() }, () => null);
  for (const part of parts)
    await readPart(part, source, {
      unsent: (candidates) => unsent(outbox, cluster, candidates),
      take: (body, jobs) => spill.add(body, jobs),
      progress: () => {},
    });
  storePart(outbox, cluster, spill.batches(), () => {}, at);
  spill.close();
}

/** Everything that was ever put into the outbox, as `cluster job submit state`, in order. */
function sentBy({ outbox }: ReturnType<typeof newOutbox>): string[] {
  return outbox.list('all').flatMap((entry) => {
    const { hostname, jobs } = JSON.parse(outbox.body(entry)) as {
      hostname: string;
      jobs: { JobID: string; Submit: string; Account: string }[];
    };
    return jobs.map(({ JobID, Submit, Account }) => `${hostname} ${JobID} ${Submit} ${Account}`);
  });
}

const lineAt = (ended: number, fields: Fields = {}) =>
  sacctLine({ Submit: String(noon - 500), Start: String(ended - 60), ElapsedRaw: '60', ...fields, End: String(ended) });

const countFingerprints = ({ outbox }: ReturnType<typeof newOutbox>) =>
  outbox.database.query<{ n: number }, []>('SELECT count(*) AS n FROM job_fingerprints').get()?.n;

test('a sent job is not sent again unless it changed, or changed back', async () => {
  const site = newOutbox();
  for (const Account of ['physics', 'physics', 'chem', 'chem', 'physics'])
    await exportLines(site, lineAt(noon, { Account }));
  expect(sentBy(site).map((job) => job.split(' ').at(-1))).toEqual(['physics', 'chem', 'physics']);
  expect(countFingerprints(site)).toBe(1);
});

test('runs of one job, jobs with one number, and clusters are distinguished', async () => {
  const site = newOutbox();
  const lines =
    lineAt(noon) + lineAt(noon, { Submit: String(noon - 400) }) + lineAt(noon, { JobIDRaw: '8', JobID: '8' });
  for (const cluster of ['farm', 'orchard', 'farm']) await exportLines(site, lines, { cluster });
  expect(sentBy(site)).toHaveLength(6);
});

test('batches have a limited number of jobs, one stream and distinct timestamps', async () => {
  const site = newOutbox();
  const lines = Array.from({ length: 8 }, (_, n) => lineAt(noon, { JobIDRaw: String(n + 1) })).join('');
  await exportLines(site, lines);
  await exportLines(site, lines, { cluster: 'orchard' });
  const entries = site.outbox.list('pending');
  expect(entries.map(({ stream, destination, path }) => `${stream} ${destination} ${path}`)).toEqual([
    ...Array(3).fill('ingest/farm ingest /api/data/ingest'),
    ...Array(3).fill('ingest/orchard ingest /api/data/ingest'),
  ]);
  expect(new Set(entries.map(({ collectedAt }) => collectedAt.getTime())).size).toBe(6);
  const moments = entries.map(({ collectedAt }) => collectedAt.getTime() - now.getTime());
  expect(moments).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a fingerprint is forgotten a year after the end of its job, and not kept of one that is older', async () => {
  const site = newOutbox();
  const later = (days: number) => new Date(noon * 1000 + days * 86_400_000);
  await exportLines(site, lineAt(noon), { at: later(364) });
  expect(countFingerprints(site)).toBe(1);
  forgetOld(site.outbox, later(365));
  expect(countFingerprints(site)).toBe(1);
  forgetOld(site.outbox, later(366));
  expect(countFingerprints(site)).toBe(0);
  await exportLines(site, lineAt(noon, { JobIDRaw: '9' }), { at: later(400) });
  expect(countFingerprints(site)).toBe(0);
});

test('of a batch with jobs that are too old, the others are remembered', async () => {
  const site = newOutbox();
  const at = new Date((noon + 365 * 86_400) * 1000);
  const old = lineAt(noon - 2 * 86_400, { JobIDRaw: '1', Submit: String(noon - 3 * 86_400) });
  const lines = old + lineAt(noon, { JobIDRaw: '2' }) + lineAt(noon + 1, { JobIDRaw: '3' });
  await exportLines(site, lines, { from: noon - 3 * 86_400, at });
  expect(sentBy(site)).toHaveLength(3);
  expect(countFingerprints(site)).toBe(2);
});

test('a job that waited for long before it ended is remembered by its end', async () => {
  const site = newOutbox();
  await exportLines(site, lineAt(noon, { Submit: String(noon - 800 * 86_400) }));
  expect(countFingerprints(site)).toBe(1);
});

test('for any windows, each new state of a job is sent once', async () => {
  /** A job: its number and when it ended, in minutes; another state of it has another account. */
  const job = fc.record({
    id: fc.integer({ min: 1, max: 6 }),
    ended: fc.nat(59),
    states: fc.integer({ min: 1, max: 3 }),
  });
  const read = fc.record({
    from: fc.nat(50),
    minutes: fc.integer({ min: 1, max: 30 }),
    cluster: fc.constantFrom('a', 'b'),
    turn: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(job, { selector: ({ id }) => id }),
      fc.array(read, { maxLength: 12 }),
      async (jobs, reads) => {
        const site = newOutbox();
        const model = new Map<string, number>();
        const expected: string[] = [];
        for (const { from, minutes, cluster, turn } of reads) {
          const seen = jobs.map(({ id, ended, states }) => ({ id, ended, state: turn % states }));
          const lines = seen.map(({ id, ended, state }) =>
            lineAt(noon + 60 * ended, { JobIDRaw: String(id), Account: `s${state}` }),
          );
          await exportLines(site, lines.join(''), {
            cluster,
            from: noon + 60 * from,
            to: noon + 60 * (from + minutes),
          });
          for (const { id, ended, state } of seen) {
            const key = `${cluster} ${id}`;
            if (ended < from || ended >= from + minutes || model.get(key) === state) continue;
            model.set(key, state);
            expected.push(`${key} s${state}`);
          }
        }
        const sent = sentBy(site)
          .map((text) => text.split(' '))
          .map(([cluster, id, , state]) => `${cluster} ${id} ${state}`);
        expect(sent).toEqual(expected);
        for (const clean of cleanups.splice(0).reverse()) clean();
      },
    ),
    { numRuns: 60 },
  );
});

test('a window is stored whole or not at all', async () => {
  const site = newOutbox();
  const spill = new BatchFile(gatheringFile(site.file, 'farm'));
  const [job] = (await readSacct(lineAt(noon))).jobs;
  if (!job) throw new Error('a line is a job');
  spill.add('{}', [candidateOf(job, '{}')]);
  const fails = () => {
    throw new Error('in the last step');
  };
  expect(() => storePart(site.outbox, 'farm', spill.batches(), fails, now)).toThrow('in the last step');
  expect([site.outbox.list('all').length, countFingerprints(site)]).toEqual([0, 0]);
  storePart(site.outbox, 'farm', spill.batches(), () => {}, now);
  expect([site.outbox.list('all').length, countFingerprints(site)]).toEqual([1, 1]);
  spill.close();
});

test('an error about the temporary file names its directory', async () => {
  const [job] = (await readSacct(lineAt(noon))).jobs;
  if (!job) throw new Error('a line is a job');
  const spill = new BatchFile('/nonexistent/gathered');
  expect(() => spill.add('{}', [candidateOf(job, '{}')])).toThrow('cannot write jobs to /nonexistent/gathered');
});

test('the temporary file of a killed export is removed by the next export', async () => {
  const { file } = newOutbox();
  writeFileSync(gatheringFile(file, 'farm'), 'left');
  new BatchFile(gatheringFile(file, 'farm')).close();
  expect(existsSync(gatheringFile(file, 'farm'))).toBe(false);
});
