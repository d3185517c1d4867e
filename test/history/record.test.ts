import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { recordOf } from '../../src/history/record.ts';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { captured, readSacct } from '../support/sacct.ts';

const at = (moment: string) => Date.parse(moment) / 1000;

function jobOf(rest: Partial<FinishedJob> = {}): FinishedJob {
  return {
    id: '7',
    run: null,
    rawId: 7,
    user: 'alice',
    account: 'physics',
    partition: 'compute',
    state: 'COMPLETED',
    submitted: at('2026-11-20T00:00:00Z'),
    started: at('2026-11-20T01:00:00Z'),
    ended: at('2026-11-20T03:30:00Z'),
    qos: 'normal',
    nodeList: 'g[01-02]',
    elapsed: 9000,
    cpus: 4,
    gpus: 2,
    nodes: 2,
    charged: null,
    doubt: null,
    ...rest,
  };
}

const timesOf = (job: Partial<FinishedJob>, zone: string) => {
  const { Submit, Start, End } = recordOf(jobOf(job), zone);
  return [Submit, Start, End];
};

test('a record has the fifteen fields of the API', () => {
  expect(recordOf(jobOf(), 'UTC')).toEqual({
    JobID: '7',
    User: 'alice',
    Account: 'physics',
    Partition: 'compute',
    State: 'COMPLETED',
    Submit: '2026-11-20T00:00:00',
    Start: '2026-11-20T01:00:00',
    End: '2026-11-20T03:30:00',
    QOS: 'normal',
    NodeList: 'g[01-02]',
    CPUHours: 10,
    GPUHours: 5,
    AllocCPUS: 4,
    AllocGPUS: 2,
    AllocNodes: 2,
  });
});

test.each([
  ['13_5', '7'],
  ['32+1', '7'],
  ['7', undefined],
  ['67[3].pbs', undefined],
])('the record of %p has the number %p of a task of a Slurm array', (id, number) => {
  expect(recordOf(jobOf({ id, rawId: 7 }), 'UTC').JobIDRaw).toBe(number);
});

test('the run of a requeued job has its number only if its id does not contain it', () => {
  expect(recordOf(jobOf({ run: 3 }), 'UTC').Run).toBe(3);
  expect('Run' in recordOf(jobOf(), 'UTC')).toBe(false);
});

test('a job that released nodes has the hours that it is charged for', () => {
  const charged = { cpuSeconds: 7200, gpuSeconds: 1800 };
  expect(recordOf(jobOf({ charged }), 'UTC')).toMatchObject({ CPUHours: 2, GPUHours: 0.5, AllocCPUS: 4, AllocGPUS: 2 });
});

test('a job that never started has no Start and no hours', () => {
  const job = jobOf({ started: null, elapsed: 0, cpus: 0, gpus: 0, nodes: 0, nodeList: null });
  expect(recordOf(job, 'America/Denver')).toMatchObject({ Start: null, CPUHours: 0, GPUHours: 0, NodeList: null });
});

test('the hours of time for which a job was suspended do not count', () => {
  expect(recordOf(jobOf({ elapsed: 3600 }), 'UTC')).toMatchObject({ CPUHours: 4, GPUHours: 2 });
});

test.each([
  ['in winter', 'America/Denver', '2026-01-15T12:00:00Z', '2026-01-15T05:00:00'],
  ['in summer', 'America/Denver', '2026-07-15T12:00:00Z', '2026-07-15T06:00:00'],
  ['before the clocks go forward', 'America/Denver', '2026-03-08T08:59:59Z', '2026-03-08T01:59:59'],
  ['when they have', 'America/Denver', '2026-03-08T09:00:00Z', '2026-03-08T03:00:00'],
  ['in the hour that comes twice, first', 'America/Denver', '2026-11-01T07:30:00Z', '2026-11-01T01:30:00'],
  ['and again', 'America/Denver', '2026-11-01T08:30:00Z', '2026-11-01T01:30:00'],
  ['behind it', 'America/Denver', '2026-11-01T09:00:00Z', '2026-11-01T02:00:00'],
  ['where half an hour is changed', 'Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05T01:30:00'],
  ['on the other half of the world', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T02:30:00'],
])('the time %s', (_, zone, moment, shown) => {
  expect(timesOf({ submitted: at(moment), started: at(moment), ended: at(moment) }, zone)).toEqual([
    shown,
    shown,
    shown,
  ]);
});

test('over the hour that daylight saving skips a job seems an hour longer, and its hours are right', () => {
  const job = jobOf({
    submitted: at('2026-03-08T08:00:00Z'),
    started: at('2026-03-08T08:30:00Z'),
    ended: at('2026-03-08T09:30:00Z'),
    elapsed: 3600,
    cpus: 1,
  });
  expect(recordOf(job, 'America/Denver')).toMatchObject({
    Start: '2026-03-08T01:30:00',
    End: '2026-03-08T03:30:00',
    CPUHours: 1,
  });
});

test('in the hour that occurs twice no job ends before it starts', () => {
  // 01:50, then 01:10 of the second time.
  const job = {
    submitted: at('2026-11-01T07:40:00Z'),
    started: at('2026-11-01T07:50:00Z'),
    ended: at('2026-11-01T08:10:00Z'),
  };
  expect(timesOf(job, 'America/Denver')).toEqual(['2026-11-01T01:40:00', '2026-11-01T01:50:00', '2026-11-01T01:50:00']);
  const pending = { submitted: at('2026-11-01T07:50:00Z'), started: null, ended: at('2026-11-01T08:10:00Z') };
  expect(timesOf(pending, 'America/Denver')).toEqual(['2026-11-01T01:50:00', null, '2026-11-01T01:50:00']);
});

test('in any time zone and at any time, submission, start and end stay in order', () => {
  const zones = fc.constantFrom('UTC', 'America/Denver', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  // Around both changes of a year.
  const moment = fc.constantFrom('2026-03-08T09:00:00Z', '2026-11-01T08:00:00Z', '2026-10-25T01:00:00Z').map(at);
  fc.assert(
    fc.property(
      zones,
      moment,
      fc.integer({ min: -9000, max: 9000 }),
      fc.nat(9000),
      fc.nat(9000),
      (zone, change, ...offsets) => {
        const [before, waited, ran] = offsets;
        const submitted = change + before;
        const times = timesOf({ submitted, started: submitted + waited, ended: submitted + waited + ran }, zone);
        expect(times).toEqual([...times].sort());
      },
    ),
  );
});

test('the captured jobs in the zone of a cluster differ by nothing but their times', async () => {
  const { jobs } = await readSacct(captured.text, captured.window);
  const without = (zone: string) => jobs.map((job) => ({ ...recordOf(job, zone), Submit: '', Start: '', End: '' }));
  expect(without('Europe/Berlin')).toEqual(without('UTC'));
  expect(recordOf(jobs[0] ?? jobOf(), 'Europe/Berlin').End).toBe('2026-11-24T09:05:03');
});
