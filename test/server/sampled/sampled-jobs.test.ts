/** What samplers measured of jobs, sent to the receiver as to the original post receiver. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { overEngines } from '../helper.ts';
import { type IngestReceiver, startIngest } from '../usage/helper.ts';

const measured = (job: number, node: string, execs: object, more: object = {}) => ({
  'sams.sampler.Core': { jobid: job, node },
  'sams.sampler.SlurmInfo': { account: 'physics', username: 'alice' },
  'sams.sampler.Software': { execs, start_time: 1, end_time: 2, ...more },
});
const bash = { '/usr/bin/bash': { user: 1, system: 0.5 } };

overEngines((engine) => {
  let receiver: IngestReceiver;
  let key: string;
  beforeEach(async () => {
    receiver = await startIngest({ engine });
    key = await receiver.addKey('nodes', 'write:hpc1');
  });
  afterEach(() => receiver.remove());

  async function post(path: string, body: unknown, headers: Record<string, string> = { 'X-API-Key': key }) {
    const response = await fetch(receiver.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }
  const software = async (job: number) =>
    (await receiver.send(`/api/v1/jobs/hpc1/${job}/software`, { headers: { 'X-API-Key': key } })) as {
      status: number;
      body: Record<string, unknown>;
    };

  test('are answered with OK, and added up over the nodes of the job', async () => {
    const untracked = { untracked: { user: 0.25, system: 0 } };
    const python = { '/usr/bin/python3.11': { user: 10, system: 1 } };
    expect(await post('/12/12.c001.json', measured(12, 'c001', bash, untracked))).toEqual({ status: 200, text: 'OK' });
    expect(await post('/12/12.c002.json', measured(12, 'c002', { ...bash, ...python }))).toEqual({
      status: 200,
      text: 'OK',
    });
    expect(await software(12)).toMatchObject({
      status: 200,
      body: {
        cluster: 'hpc1',
        job_id: '12',
        nodes: [{ node: 'c001' }, { node: 'c002' }],
        software: [
          { path: '/usr/bin/python3.11', user_seconds: 10, system_seconds: 1 },
          { path: '/usr/bin/bash', user_seconds: 2, system_seconds: 1 },
        ],
        untracked: { user_seconds: 0.25, system_seconds: 0 },
      },
    });
  });

  test('sent again take the place of the first', async () => {
    for (const user of [1, 5]) await post('/12/12.c001.json', measured(12, 'c001', { '/bin/a': { user, system: 0 } }));
    expect((await software(12)).body.software).toEqual([{ path: '/bin/a', user_seconds: 5, system_seconds: 0 }]);
    expect(await receiver.rows('sampled_jobs')).toBe(1);
  });

  test('show no names of people', async () => {
    await post('/12/12.c001.json', measured(12, 'c001', bash));
    expect(JSON.stringify((await software(12)).body)).not.toContain('alice');
  });

  describe('are refused', () => {
    test.each<[string, string, unknown, number]>([
      ['of another job than the path', '/13/13.c001.json', measured(12, 'c001', bash), 400],
      ['without Core', '/12/12.c001.json', { 'sams.sampler.Software': {} }, 400],
      ['with a negative time', '/12/12.c001.json', measured(12, 'c001', { '/bin/a': { user: -1, system: 0 } }), 400],
      ['with a list', '/12/12.c001.json', [1], 400],
    ])('%s', async (_, path, body, status) => {
      expect((await post(path, body)).status).toBe(status);
      expect(await receiver.rows('sampled_jobs')).toBe(0);
    });

    test('without a key, and with one for several clusters', async () => {
      const body = measured(12, 'c001', bash);
      expect((await post('/12/12.c001.json', body, {})).status).toBe(401);
      const both = await receiver.addKey('both', 'write:hpc1', 'write:hpc2');
      expect(await post('/12/12.c001.json', body, { 'X-API-Key': both })).toMatchObject({
        status: 403,
        text: expect.stringContaining('not for exactly one cluster'),
      });
    });
  });

  test('of a job that was not sampled are 404', async () => {
    expect((await software(99)).status).toBe(404);
  });
});
