import { join } from 'node:path';
import { parseSnapshot, withReservationsFrom } from '../../src/commands/demo/made-history.ts';
import { madeJobs } from '../../src/commands/demo/made-jobs.ts';
import { credentials, fixtures, type Site } from './site.ts';

type Body = Record<string, unknown>;

const minute = 60_000;
/** The text that a page must show as text, in every field of the snapshots that has a name. */
export const script = '<script>alert(1)</script>';

/** Returns the snapshot of a recorded system, as `collect` makes it. */
export async function recordedSnapshot(site: Site, system: string): Promise<Body> {
  const { stdout, stderr } = await site.run('collect', system, '--replay', join(fixtures, system), '--json-only');
  if (stdout === '') throw new Error(`collect ${system}: ${stderr}`);
  return JSON.parse(stdout);
}

/** What happened on a day, as positions among its snapshots of ten minutes each. */
export const dayOfDerecho = { snapshots: 144, gap: [60, 70], failedProbe: [90, 95] } as const;

/** Sends to a receiver what the pages show: a day of derecho, casper and a hub now, outages, and a year of jobs. */
export async function sendRecordedDay(site: Site, url: string): Promise<void> {
  const now = Date.now();
  const post = async (path: string, body: Body, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/api/v1/status/${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`,
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const hour = 60 * minute;
  const naive = (ms: number) => new Date(ms).toISOString().slice(0, -1);

  const recorded = JSON.stringify(await recordedSnapshot(site, 'derecho'));
  const derecho = withReservationsFrom(parseSnapshot(recorded), now + 75 * hour);
  for (let index = 0; index < dayOfDerecho.snapshots; index++) {
    if (isIn(index, dayOfDerecho.gap)) continue;
    const isLast = index === dayOfDerecho.snapshots - 1;
    const headers = isIn(index, dayOfDerecho.failedProbe) ? { 'X-Collection-Failed': 'filesystems' } : {};
    const timestamp = naive(now - (dayOfDerecho.snapshots - 1 - index) * 10 * minute);
    // Only the newest snapshot has the long lists, to send the day in little time.
    const lists = isLast ? {} : { user_project_queues: [], reservations: [] };
    await post('derecho', { ...derecho, ...lists, timestamp, running_jobs: 100 + index }, headers);
  }
  await post('casper', { ...(await recordedSnapshot(site, 'casper')), timestamp: naive(now) });
  await post('jupyterhub', {
    timestamp: naive(now),
    available: true,
    active_users: 412,
    active_sessions: 530,
    nodes_total: 20,
    nodes_free: 4,
    nodes_busy: 15,
    nodes_down: 1,
    casper_login_jobs: 401,
    casper_batch_jobs: 120,
    derecho_batch_jobs: 9,
  });

  const { stdout: key } = await site.run(
    'serve',
    'key',
    'add',
    'jobs',
    '--all',
    '--database',
    `${site.directory}/receiver.db`,
  );
  const answer = await fetch(`${url}/api/data/ingest`, {
    method: 'POST',
    headers: { 'X-API-Key': key.trim(), 'Content-Type': 'application/json' },
    body: JSON.stringify({
      hostname: 'derecho',
      jobs: [...madeJobs(now), { ...madeJobs(now)[0], JobID: '1', Account: script }],
    }),
  });
  if (!answer.ok) throw new Error(`ingest: ${answer.status} ${await answer.text()}`);
  await sendSample(site, url);

  await post('outage', {
    system_name: 'casper',
    title: `GPU nodes are slow ${script}`,
    description: script,
    component: script,
    severity: 'major',
    status: 'identified',
    start_time: naive(now - 5 * hour),
    estimated_resolution: naive(now + 3 * hour),
  });
  await post('outage', {
    system_name: 'derecho',
    title: 'Scratch did not answer',
    severity: 'critical',
    component: '/glade/derecho/scratch',
    status: 'resolved',
    start_time: naive(now - 14 * hour),
    end_time: naive(now - 12 * hour),
  });
  await post('outage', {
    system_name: 'derecho',
    title: 'Cooling work',
    severity: 'maintenance',
    start_time: naive(now + 70 * hour),
    estimated_resolution: naive(now + 82 * hour),
  });
}

/** Sends what a sampler measured of job 1. */
async function sendSample(site: Site, url: string): Promise<void> {
  const database = `${site.directory}/receiver.db`;
  const { stdout: key } = await site.run(
    'serve',
    'key',
    'add',
    'n1',
    '--scope',
    'write:derecho',
    '--database',
    database,
  );
  const execs = {
    '/usr/bin/python3.11': { user: 3100.5, system: 41.2 },
    [`/home/user01/${script}`]: { user: 420, system: 3 },
    '/usr/bin/bash': { user: 0.4, system: 0.2 },
  };
  const answer = await fetch(`${url}/1/1.n1.json`, {
    method: 'POST',
    headers: { 'X-API-Key': key.trim(), 'Content-Type': 'application/json' },
    body: JSON.stringify({
      'sams.sampler.Core': { jobid: 1, node: 'n1' },
      'sams.sampler.SlurmCGroup2': {
        cpus: 4,
        memory_usage_average: 3.1e9,
        memory_max_usage: '5368709120',
        memory_limit: '8589934592',
      },
      'sams.sampler.NvidiaSMI': {
        0: { utilization_gpu_average: 71.2, utilization_memory_average: 33, power_draw_average: 212.4 },
      },
      'sams.sampler.Software': { execs, start_time: 1000, end_time: 2200, untracked: { user: 12, system: 1.5 } },
    }),
  });
  if (!answer.ok) throw new Error(`sample: ${answer.status} ${await answer.text()}`);
}

function isIn(index: number, [first, end]: readonly [number, number]): boolean {
  return index >= first && index < end;
}
