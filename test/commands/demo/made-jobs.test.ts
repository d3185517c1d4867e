import { expect, test } from 'bun:test';
import { madeJobs } from '../../../src/commands/demo/made-jobs.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const jobs = madeJobs(now);

/** The number of jobs with each value of a field. */
const countedBy = (key: string) =>
  Object.fromEntries([...Map.groupBy(jobs, (job) => String(job[key]))].map(([value, all]) => [value, all.length]));

const total = (key: string) => jobs.reduce((sum, job) => sum + Number(job[key]), 0);

test('a year of made-up jobs has most states, partitions, accounts and sizes of a real cluster', () => {
  expect(countedBy('State')).toEqual({ COMPLETED: 6813, FAILED: 1355, TIMEOUT: 1336, CANCELLED: 1438 });
  expect(countedBy('Partition')).toEqual({ cpu: 3610, gpu: 3673, pcpu: 3659 });
  expect(countedBy('Account')).toEqual({
    'physics-cfd': 2761,
    'physics-les': 1758,
    chemistry: 1491,
    biology: 1351,
    'climate-model': 1320,
    'climate-obs': 1177,
    staff: 1084,
  });
  expect(countedBy('AllocCPUS')).toEqual({
    1: 710,
    4: 722,
    8: 1235,
    16: 2039,
    32: 1855,
    64: 1175,
    128: 2505,
    256: 701,
  });
  expect([countedBy('AllocGPUS'), countedBy('AllocNodes')]).toEqual([
    { 0: 7269, 2: 3673 },
    { 1: 10_241, 2: 701 },
  ]);
  const nodes = Array.from({ length: 40 }, (_, index) => `n${index + 1}`);
  expect(Object.keys(countedBy('NodeList')).sort()).toEqual([...nodes, 'n[1-2]'].sort());
  expect([total('CPUHours'), total('GPUHours')].map(Math.round)).toEqual([3_407_329, 35_654]);
});

test('the same time gives the same jobs, of which each ended before it', () => {
  expect(madeJobs(now)).toEqual(jobs);
  expect(jobs.every(({ End }) => Date.parse(String(End)) <= now)).toBe(true);
  expect(jobs.find(({ Partition }) => Partition === 'gpu')).toEqual({
    JobID: '100001',
    User: 'user00',
    Account: 'physics-cfd',
    Partition: 'gpu',
    State: 'FAILED',
    QOS: 'normal',
    Submit: '2025-11-28T12:48:00.000Z',
    Start: '2025-11-28T13:21:18.000Z',
    End: '2025-11-28T13:22:15.000Z',
    CPUHours: (8 * 57) / 3600,
    GPUHours: (2 * 57) / 3600,
    AllocCPUS: 8,
    AllocGPUS: 2,
    AllocNodes: 1,
    NodeList: 'n2',
  });
  expect(jobs.find(({ Partition }) => Partition === 'cpu')).toMatchObject({
    JobID: '100004',
    Submit: '2025-11-28T15:12:00.000Z',
    Start: '2025-11-28T16:27:01.000Z',
  });
  expect(jobs.find(({ AllocNodes }) => AllocNodes === 2)).toMatchObject({ AllocCPUS: 256, NodeList: 'n[1-2]' });
});
