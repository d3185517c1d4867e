/** The list of finished jobs of a user or an account, newest end first, in pages. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { z } from 'zod';
import { addUser } from '../../../src/server/auth/users.ts';
import type { jobListSchema } from '../../../src/server/usage/answers.ts';
import { changeClusterSettings } from '../../../src/server/usage/cluster-settings.ts';
import { basic, login, overEngines } from '../helper.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

type Made = {
  cluster: string;
  id: string;
  user: string;
  account: string;
  partition: string;
  end: number;
  cpus: number;
};

const day = 86_400;
const first = Date.parse('2026-10-20T00:00:00Z') / 1000;
const users = ['ada', 'bob', 'carol'];
const accounts = ['physics', 'physics-cfd', 'biology'];

/** Jobs of three weeks. Some end in the same second, and some days have none. */
const made: readonly Made[] = fc
  .sample(
    fc.record({
      cluster: fc.constantFrom('denver', 'utc1', 'utc2'),
      user: fc.constantFrom(...users),
      account: fc.constantFrom(...accounts),
      partition: fc.constantFrom('cpu', 'gpu', 'cpu,gpu'),
      end: fc
        .tuple(fc.constantFrom(0, 1, 2, 5, 12, 13, 20), fc.integer({ min: 0, max: 15 }))
        .map(([days, part]) => first + days * day + part * 5400),
      cpus: fc.constantFrom(1, 4, 64),
    }),
    { numRuns: 150, seed: 7 },
  )
  .map((job, index) => ({ ...job, id: String(1000 + ((index * 37) % 150)) }));

/** The same order as the list, decided without its code. */
const newestFirst = [...made].sort(
  (a, b) => b.end - a.end || a.cluster.localeCompare(b.cluster) || (a.id < b.id ? 1 : -1),
);
const nameOf = ({ cluster, id }: { cluster: string; id: string }) => `${cluster}/${id}`;

function textIn(zone: string, seconds: number): string {
  return new Date(seconds * 1000).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T');
}

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine, isBehindProxy: true });
    for (const cluster of ['denver', 'utc1', 'utc2']) {
      const zone = cluster === 'denver' ? 'America/Denver' : 'UTC';
      const jobs = made
        .filter((job) => job.cluster === cluster)
        .map((job) =>
          jobRecord({
            JobID: job.id,
            User: job.user,
            Account: job.account,
            Partition: job.partition,
            AllocCPUS: job.cpus,
            Submit: textIn(zone, job.end - 7200),
            Start: textIn(zone, job.end - 3600),
            End: textIn(zone, job.end),
          }),
        );
      // A job without an end is not in the list.
      const never = jobRecord({ JobID: '1', User: 'ada', Submit: '2026-11-01T00:00:00', Start: null, End: null });
      expect((await receiver.ingest({ hostname: cluster, jobs: [...jobs, never] })).status).toBe(200);
    }
    const local = { timeZone: 'America/Denver', storedTimes: 'local' } as const;
    await changeClusterSettings(receiver.database, 'denver', local, () => undefined);
    await addUser(receiver.database, 'ada', 'adas long password', ['read']);
    await addUser(receiver.database, 'dora', 'doras long password', ['read']);
  });
  afterAll(() => receiver.remove());

  async function list(query: string | URLSearchParams, headers: Record<string, string> = login) {
    const { status, body } = await receiver.send(`/api/v1/usage/jobs?${query}`, { headers });
    return { status, body, list: body as unknown as z.infer<typeof jobListSchema> };
  }

  /** All jobs of a query, page by page. */
  async function allPages(query: Record<string, string>, limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const { list: page } = await list(new URLSearchParams({ ...query, limit: String(limit), after }));
      expect(page.jobs.length).toBeLessThanOrEqual(limit);
      found.push(...page.jobs.map((job) => nameOf({ cluster: job.cluster, id: job.job_id })));
      after = page.next;
    }
    return found;
  }

  test('every job that passes is on one page, in the order of the ends, whatever the size of the pages', async () => {
    const filters = fc.record(
      {
        user: fc.constantFrom(...users),
        account: fc.constantFrom(...accounts),
        partition: fc.constantFrom('cpu', 'gpu'),
        cluster: fc.constantFrom('denver', 'utc1'),
        size: fc.constantFrom('1', '2-8', '33-128'),
      },
      { requiredKeys: [] },
    );
    const sizes: Readonly<Record<string, number>> = { '1': 1, '2-8': 4, '33-128': 64 };
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 5, max: 200 }), async (filter, limit) => {
        const wanted = newestFirst.filter(
          (job) =>
            (filter.user ?? job.user) === job.user &&
            (filter.account ?? job.account) === job.account &&
            job.partition.split(',').includes(filter.partition ?? job.partition.split(',')[0] ?? '') &&
            (filter.cluster ?? job.cluster) === job.cluster &&
            (filter.size === undefined || sizes[filter.size] === job.cpus),
        );
        const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
        expect(await allPages(query, limit)).toEqual(wanted.map(nameOf));
        expect((await list(new URLSearchParams(query))).list.total).toBe(wanted.length);
      }),
      { numRuns: 15 },
    );
  });

  test('days are those of the cluster, and both ends of the window are in it', async () => {
    const { list: page } = await list('cluster=denver&from=2026-10-25&to=2026-10-25&limit=1000');
    const ended = ({ end }: Made) => textIn('America/Denver', end).slice(0, 10) === '2026-10-25';
    const wanted = newestFirst.filter((job) => job.cluster === 'denver' && ended(job));
    expect(page.jobs.map(({ job_id }) => job_id)).toEqual(wanted.map(({ id }) => id));
    expect(page).toMatchObject({ from: '2026-10-25', to: '2026-10-25', total: wanted.length, next: null });
    expect(wanted.length).toBeGreaterThan(0);
  });

  test('a job has its times in UTC, how long it waited and ran, and its hours', async () => {
    const { list: page } = await list('cluster=denver&limit=1');
    const [job] = newestFirst.filter(({ cluster }) => cluster === 'denver');
    expect(page.jobs).toMatchObject([
      {
        ...{ cluster: 'denver', job_id: job?.id, user: job?.user, account: job?.account, cpus: job?.cpus },
        end: new Date((job?.end ?? 0) * 1000).toISOString().replace('.000Z', 'Z'),
        wait_hours: 1,
        elapsed_hours: 1,
        cpu_hours: 4,
      },
    ]);
  });

  test('a window of many years is searched from its end', async () => {
    const { list: page } = await list('user=ada&from=1990-01-01&to=2990-12-31&limit=1');
    expect(page.jobs).toMatchObject([{ job_id: newestFirst.find(({ user }) => user === 'ada')?.id }]);
  });

  describe('access', () => {
    const ada = { Authorization: basic('ada', 'adas long password') };

    test('a user without read:names gets the own jobs, also of an account', async () => {
      const { list: own } = await list('account=physics&limit=1000', ada);
      const wanted = newestFirst.filter(({ user, account }) => user === 'ada' && account === 'physics');
      expect(own.jobs.map(({ job_id }) => job_id)).toEqual(wanted.map(({ id }) => id));
      expect(own.total).toBe(wanted.length);
      expect((await list('user=bob', ada)).status).toBe(403);
    });

    test('a user who has no jobs is told so', async () => {
      const dora = { Authorization: basic('dora', 'doras long password') };
      expect(await list('', dora)).toMatchObject({ status: 422, body: { error: 'No job has the user dora' } });
    });

    test('nobody gets a job without a login, and a key that sends jobs gets none', async () => {
      expect((await list('user=ada', {})).status).toBe(401);
      const writer = { 'X-API-Key': await receiver.addKey('sender', 'write:utc1') };
      expect((await list('', writer)).status).toBe(403);
    });
  });

  test.each([
    ['by=user', 'by: is not a parameter of a list of jobs'],
    ['software=python', 'software: is not a parameter of a list of jobs'],
    ['limit=0', 'limit: give a number from 1 to 1000'],
    ['after=yesterday', 'after: give the member next of the page before'],
    ['after=2026-11-20T00:00:00 2026-11-20T00:00:00 other 1', 'after: give the member next of the page before'],
  ])('%s is refused', async (query, error) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { error } });
  });
});
