import { expect, test } from 'bun:test';
import { readPart } from '../../src/history/read-part.ts';
import type { HistoryPart } from '../../src/history/source.ts';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { readLog } from '../support/pbs-log.ts';
import { logRecord } from '../support/pbs-records.ts';

const [run] = (await readLog([logRecord()])).runs;
if (!run) throw new Error('a record is a run');
const waited: FinishedJob = { ...run, id: '3.pbs', started: null, elapsed: 0, cpus: 0, gpus: 0 };
const jobs = [run, { ...run, id: '2.pbs', gpus: 2, elapsed: 1800 }, waited, { ...waited, id: '4.pbs' }];

const result = { rows: 9, jobs: 4, damaged: 1, errors: ['error'], warnings: ['warning'] };
const part: HistoryPart = {
  ...{ name: 'part', text: 'of a part', label: 'part' },
  async read(take, progress) {
    take(jobs.slice(0, 3));
    take(jobs.slice(3));
    progress(9);
    return result;
  },
  save() {},
};

const source = { cluster: 'farm', timeZone: 'UTC', limits: { maxJobs: 2, maxBytes: 1e6 }, plan: () => never() };

function never(): never {
  throw new Error('the part is planned already');
}

async function read(isUnsent: (job: FinishedJob) => boolean) {
  const bodies: string[][] = [];
  const rows: number[] = [];
  const sums = await readPart(part, source, {
    unsent: (candidates) => candidates.filter(({ job }) => isUnsent(job)),
    take(body, taken) {
      const { jobs: records } = JSON.parse(body) as { jobs: { JobID: string }[] };
      expect(records.map(({ JobID }) => JobID)).toEqual(taken.map(({ job }) => job.id));
      bodies.push(records.map(({ JobID }) => JobID));
    },
    progress: (count) => rows.push(count),
  });
  return { sums, bodies, rows };
}

test('all jobs of a part are summed up, and the new ones are sent', async () => {
  expect(await read(() => true)).toEqual({
    sums: { ...result, fresh: 4, unstarted: 2, cpuHours: 4 + 2, gpuHours: 1 },
    bodies: [
      ['1.pbs', '2.pbs'],
      ['3.pbs', '4.pbs'],
    ],
    rows: [9],
  });
  const { sums, bodies } = await read(({ id }) => id === '2.pbs' || id === '4.pbs');
  expect([sums.fresh, sums.unstarted, sums.cpuHours, bodies]).toEqual([2, 1, 6, [['2.pbs', '4.pbs']]]);
  expect((await read(() => false)).bodies).toEqual([]);
});
