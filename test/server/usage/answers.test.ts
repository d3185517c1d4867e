/** The answers of the usage API have the forms that its OpenAPI document describes. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { z } from 'zod';
import { openApiDocument } from '../../../src/server/openapi/document.ts';
import * as sampled from '../../../src/server/sampled/answers.ts';
import * as answers from '../../../src/server/usage/answers.ts';
import { expectForm, login, overEngines } from '../helper.ts';
import { leastTotals } from '../samples.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

const everyMeasure = Object.keys(answers.valuesSchema.shape).map((measure) => `measure=${measure}`);
const document = openApiDocument();

overEngines((engine) => {
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine });
    const started = jobRecord({ JobID: '1' });
    const never = jobRecord({ JobID: '2', User: 'bob', State: 'CANCELLED', QOS: null, Start: null, NodeList: null });
    await receiver.ingest({ hostname: 'hpc1', jobs: [started, never] });
    await receiver.post('hpc1', { ...leastTotals, timestamp: '' });
    const outage = { system_name: 'hpc1', title: 'x', severity: 'major', start_time: '2026-11-20T10:30:00' };
    await receiver.post('outage', outage);
    const sample = {
      'sams.sampler.Core': { jobid: 1, node: 'c001' },
      'sams.sampler.SlurmInfo': { username: 'alice' },
      'sams.sampler.NvidiaSMI': { '0': { utilization_gpu_average: 61.5 } },
      'sams.sampler.Software': {
        ...{ execs: { '/bin/a': { user: 10, system: 1 } }, untracked: { user: 1, system: 0 } },
        ...{
          start_time: Date.parse('2026-11-20T10:05:00Z') / 1000,
          end_time: Date.parse('2026-11-20T11:00:00Z') / 1000,
        },
      },
    };
    const headers = {
      'X-API-Key': await receiver.addKey('samples', 'write:hpc1'),
      'Content-Type': 'application/json',
    };
    const body = JSON.stringify(sample);
    expect((await fetch(`${receiver.url}/1/1.c001.json`, { method: 'POST', headers, body })).status).toBe(200);
  });
  afterAll(() => receiver.remove());

  const window = 'from=2026-11-20&to=2026-11-21';
  const questions = `${everyMeasure.join('&')}&by=qos&period=day&top=1&compare=true`;
  test.each<[path: string, example: string, schema: z.ZodType]>([
    ['/usage/query', '/usage/query?axis=ended', answers.usageSchema],
    ['/usage/query', `/usage/query?axis=ended&${questions}`, answers.usageSchema],
    ['/usage/page', `/usage/page?${questions}`, answers.usagePageSchema],
    ['/usage/page', '/usage/page?user=nobody', answers.usagePageSchema],
    ['/usage/jobs', '/usage/jobs?limit=1', answers.jobListSchema],
    ['/usage/utilisation', `/usage/utilisation?cluster=hpc1&period=day&${window}`, answers.utilisationSchema],
    ['/usage/outages', `/usage/outages?cluster=hpc1&${window}`, answers.outageCostsSchema],
    ['/usage/expected-wait', '/usage/expected-wait?cluster=hpc1&partition=compute', answers.expectedWaitSchema],
    ['/usage/report', '/usage/report?cluster=hpc1&period=2026-11', answers.reportSchema],
    ['/jobs/{cluster}/{id}', '/jobs/hpc1/1', sampled.jobSchema],
    ['/jobs/{cluster}/{id}', '/jobs/hpc1/2', sampled.jobSchema],
    ['/jobs/{cluster}/{job}/software', '/jobs/hpc1/1/software', sampled.jobSoftwareSchema],
  ])('GET %s answers as it is described: %s', async (path, example, schema) => {
    expect(document.paths[`/api/v1${path}`]).toHaveProperty('get');
    const { status, body } = await receiver.send(`/api/v1${example}`, { headers: login });
    expect({ status, body }).toMatchObject({ status: 200 });
    expectForm(schema, body);
  });

  test('the example has every part of an answer', async () => {
    const { body } = await receiver.send(`/api/v1/usage/query?axis=ended&${questions}`, { headers: login });
    const { total, others, previous } = answers.usageSchema.parse(body);
    expect(Object.values(total)).not.toContain(null);
    expect([others?.groups, previous?.total.jobs]).toEqual([1, 0]);
  });
});

test('the document names the parameters of a list of jobs, and the members of a job', () => {
  const list = JSON.stringify(document.paths['/api/v1/usage/jobs']);
  for (const name of ['"user"', '"limit"', '"after"', '"wait_hours"', '"next"']) expect(list).toContain(name);
});
