/** Sums that exceed the API's integers (32 bits), of a PBS server that is replayed. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { pbsRecording } from '../support/pbs-recording.ts';
import { newSite, type Site } from '../support/site.ts';

/** The largest count that the collector takes from one record. */
const most = 2 ** 31 - 1;
const tooMany = 'is more than the API can store (2147483647)';
const yaml = 'scheduler_host: mini\ntimezone: America/Denver\nqueues: [htc]\n';

let site: Site;
beforeEach(() => {
  site = newSite();
  site.configure('mini.yaml', yaml);
});
afterEach(() => site.remove());

const answer = (members: object) =>
  JSON.stringify({ timestamp: 1, pbs_version: '23.06.06', pbs_server: 's', ...members });

const job = (queue: string, user: string, fields: object) => ({
  Job_Owner: `${user}@login1`,
  job_state: 'Q',
  queue,
  Account_Name: 'ABCD0001',
  ...fields,
});

/** Two jobs of `htc` that fit the API alone, but not together, and one of another queue. */
const jobsWith = (fields: object) =>
  answer({
    Jobs: {
      '1.s': job('htc', 'ada', fields),
      '2.s': job('htc', 'ada', fields),
      '3.s': job('main', 'ben', { Resource_List: { ncpus: 4, nodect: 1 } }),
    },
  });

const nodesWith = (cores: number) =>
  answer({
    nodes: Object.fromEntries(
      ['n1', 'n2'].map((host) => [
        host,
        { state: 'free', resources_available: { host, ncpus: cores, mem: '1048576kb' }, resources_assigned: {} },
      ]),
    ),
  });

const nodes = { 'pbsnodes -aj -F json': nodesWith(8) };

const recordingOf = (outputs: Readonly<Record<string, string>>) =>
  pbsRecording(join(site.directory, 'recording'), 'mini', { ...nodes, ...outputs });

/** The exit code, the payload and the log of a collection that is printed. */
async function collected(outputs: Readonly<Record<string, string>>) {
  const { exit, stdout, stderr } = await site.run('collect', 'mini', '--replay', recordingOf(outputs), '--json-only');
  return { exit, stderr, payload: stdout === '' ? null : (JSON.parse(stdout) as Record<string, unknown>) };
}

test('of a queue or a user drop its row, with a warning', async () => {
  const jobs = jobsWith({ Resource_List: { ncpus: most, nodect: 1 } });
  const { exit, payload, stderr } = await collected({ 'qstat -f -F json': jobs });
  expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.not.stringContaining('ERROR') });
  expect(payload).toMatchObject({
    pending_jobs: 3,
    cpu_cores_total: 16,
    queues: [{ queue_name: 'main', cores_pending: 4 }],
    user_project_queues: [{ username: 'ben', cores_pending: 4 }],
  });
  for (const list of ['queues', 'user_project_queues'])
    expect(stderr).toMatch(
      new RegExp(`WARNING \\[mini\\] dropped ${list}\\.0 \\(.*${tooMany.replace(/[()]/g, '\\$&')}`),
    );
});

describe('of a count that the API requires make its probe fail', () => {
  const manyCores = { 'pbsnodes -aj -F json': nodesWith(most) };
  const words = `ERROR [mini] nodes: cpu_cores_total (4294967294): ${tooMany}`;

  test('and the rest of the snapshot is sent', async () => {
    const jobs = jobsWith({ Resource_List: { ncpus: 1, nodect: 1 } });
    const { exit, payload, stderr } = await collected({ ...manyCores, 'qstat -f -F json': jobs });
    expect({ exit, stderr }).toMatchObject({ exit: 0, stderr: expect.stringContaining(words) });
    expect(payload).toMatchObject({ cpu_cores_total: 0, cpu_nodes_total: 0, pending_jobs: 3 });
    expect(payload?.queues).toHaveLength(2);
  });

  test('so does the number of pending jobs', async () => {
    const fields = {
      array: 'True',
      job_state: 'B',
      array_state_count: `Queued:${most} Running:0 Exiting:0 Expired:0 `,
    };
    const { exit, payload, stderr } = await collected({ 'qstat -f -F json': jobsWith(fields) });
    expect({ exit, stderr }).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining(`ERROR [mini] jobs: pending_jobs (4294967295): ${tooMany}`),
    });
    expect(payload).toMatchObject({ cpu_cores_total: 16, pending_jobs: 0, user_project_queues: [] });
  });

  test('and the last known values are repeated', async () => {
    expect(await site.run('collect', 'mini', '--replay', recordingOf({}))).toMatchObject({ exit: 0 });
    const { exit, stderr } = await site.run('collect', 'mini', '--replay', recordingOf(manyCores));
    expect({ exit, stderr }).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('repeating the last known values'),
    });
    const entries = await site.entries();
    expect(entries).toMatchObject([{ state: 'pending' }, { state: 'pending', failed_probes: ['nodes'] }]);
    const { stdout } = await site.run('outbox', 'show', entries[1]?.id ?? '', '--json');
    expect(JSON.parse(stdout).body).toMatchObject({ cpu_cores_total: 16, cpu_nodes_total: 2 });
  });

  test('and nothing is stored if on_failed_probe is skip', async () => {
    site.configure('mini.yaml', `${yaml}on_failed_probe: skip\n`);
    const { exit, payload, stderr } = await collected(manyCores);
    expect({ exit, payload, stderr }).toMatchObject({ exit: 1, payload: null, stderr: expect.stringContaining(words) });
  });
});
