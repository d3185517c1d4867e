/** What a hub's snapshot says, and what it leaves out. */

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { collect } from '../../src/collect/collect.ts';
import type { HubSystem } from '../../src/config/hub.ts';
import { httpExits } from '../../src/exec/http.ts';
import { moment } from '../support/collected.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { hubUser } from '../support/hub-users.ts';
import { memoryLog } from '../support/memory-log.ts';
import { unstopped } from '../support/probing.ts';
import { hubOf } from '../support/systems.ts';

const table = `----- -----
n1 free          2 2 0 194gb/354gb 2/34 0/0 1/2 1,2
n2 job-busy      1 1 0 0gb/354gb   0/34 0/0 0/2 3
n3 down,offline  0 0 0 354gb/354gb 34/34 0/0 2/2 --
`;
const withNodes = { nodes_command: ['jhlnodes'] };
const refusal = (status: number): Answer => ({ ending: exited(httpExits.status, `HTTP ${status}`) });
const users = (...list: object[]): Answer => ({ stdout: JSON.stringify(list) });

/** The snapshot of a hub whose users are answered so; `known` is what an earlier one had. */
async function collected(system: HubSystem, hub: Answer, { nodes = table, known = null as object | null } = {}) {
  const { log, lines } = memoryLog();
  const executor = answering(({ argv }) => (argv[0] === 'GET' ? hub : { stdout: nodes }));
  const found = await collect(system, unstopped(executor), () => known as Record<string, unknown> | null, log);
  if (found.kind === 'nothing') return { nothing: found.reason, lines };
  const validated = found.at(moment);
  return { ...validated, failedProbes: found.failedProbes, lines };
}

test('users with a running server, and running servers; those that start or stop do not count', async () => {
  const hub = users(
    hubUser('ada', { '': {}, second: {}, third: { ready: false, pending: 'spawn' } }),
    hubUser('bob', { '': { ready: false, pending: 'stop' } }),
    hubUser('eve', { only: {} }),
    hubUser('dan', {}),
  );
  expect(await collected(hubOf(), hub)).toMatchObject({
    kind: 'valid',
    failedProbes: [],
    payload: { timestamp: '2026-11-21T08:00:00.123657', available: true, active_users: 2, active_sessions: 3 },
  });
});

test('the payload has only the configured parts', async () => {
  const { payload } = (await collected(hubOf(), users())) as { payload: object };
  expect(Object.keys(payload)).toEqual(['timestamp', 'available', 'active_users', 'active_sessions']);
});

test('the first matching rule gives a session its class', async () => {
  const system = hubOf({
    session_rules: [
      { when: { state: { 'child_state.job_id': null, resource: '??-batch' } }, class: 'jobs_suspended' },
      { when: { options: { profile: 'login*' } }, class: 'casper_login_jobs' },
      { when: { name: 'derecho-*' }, class: 'derecho_batch_jobs' },
      { when: { state: { 'child_state.job_id': 7 } }, class: 'casper_batch_jobs' },
    ],
  });
  const state = { resource: 'cr-batch', child_state: { job_id: 7 } };
  const hub = users(
    hubUser('ada', {
      a: { state: { resource: 'cr-batch', child_state: {} } },
      b: { state: null, user_options: { profile: ['LOGIN-2'] } },
      'derecho-1': { state },
      c: { state },
      d: { state: {} },
    }),
  );
  expect(await collected(system, hub)).toMatchObject({
    payload: {
      active_sessions: 5,
      jobs_suspended: 1,
      casper_login_jobs: 1,
      derecho_batch_jobs: 1,
      casper_batch_jobs: 1,
    },
  });
});

test("the shipped example's rules count a broken session beside its class", async () => {
  const yaml = readFileSync(join(import.meta.dir, '../../config/jupyterhub.yaml'), 'utf8');
  const [example = ''] = /^# session_rules:[\s\S]*?(?=^#\n# nodes_host)/m.exec(yaml) ?? [];
  const { session_rules } = z
    .object({ session_rules: z.array(z.unknown()) })
    .parse(parse(example.replace(/^# /gm, '')));
  expect(session_rules).toHaveLength(8);
  const hub = users(
    hubUser('ada', {
      a: { state: {} },
      b: { state: { resource: 'cr-login', child_state: { job_id: '1' } } },
      c: { state: { resource: 'cr-login', child_state: {} } },
      d: { state: { resource: 'cr-batch' } },
      e: { state: { resource: 'de-batch', child_state: { job_id: null } } },
      f: { state: { resource: 'k8s', child_state: { remote_ip: '10.1.2.3', pid: 7 } } },
      g: { state: { resource: 'k8s', child_state: { remote_ip: '10.1.2.3' } } },
      h: { state: { resource: 'k8s', child_state: { pid: 7 } } },
    }),
  );
  expect(await collected(hubOf({ session_rules }), hub)).toMatchObject({
    failedProbes: [],
    payload: {
      active_sessions: 8,
      jobs_suspended: 6,
      casper_login_jobs: 2,
      casper_batch_jobs: 1,
      derecho_batch_jobs: 1,
    },
  });
});

test('if the hub does not show the state that rules need, the classes are left out with a warning', async () => {
  const system = hubOf({ session_rules: [{ when: { state: { resource: null } }, class: 'jobs_suspended' }] });
  const found = await collected(system, users(hubUser('ada', { '': { state: undefined } })));
  expect(found).toMatchObject({ failedProbes: ['session_classes'], payload: { active_sessions: 1 } });
  expect(found).not.toHaveProperty('payload.jobs_suspended');
  expect(found.lines.join('\n')).toContain('give the token the scope admin:server_state');
});

test('nodes that are down count in the totals, and not as free', async () => {
  const found = await collected(hubOf(withNodes), users());
  expect(found.lines).toContain('INFO   Nodes: 3, 1 down');
  expect(found).toMatchObject({
    payload: {
      nodes_total: 3,
      nodes_free: 1,
      nodes_busy: 1,
      nodes_down: 1,
      cpus_total: 102,
      cpus_free: 2,
      cpus_used: 66,
      cpu_utilization_percent: 64.71,
      gpus_total: 6,
      gpus_free: 1,
      gpus_used: 3,
      memory_total_gb: 1062,
      memory_free_gb: 194,
      memory_used_gb: 514,
      jobs_running: 3,
    },
  });
});

test('a failed node table leaves out only its own fields', async () => {
  const found = await collected(hubOf(withNodes), users(), { nodes: 'no' });
  expect(found).toMatchObject({ kind: 'valid', failedProbes: ['nodes'], payload: { available: true } });
  expect(found).not.toHaveProperty('payload.nodes_total');
});

test('failed metrics are a failed probe of that name, and leave out only their own field', async () => {
  const system = hubOf({ metrics: { cpu_utilization_percent: 'x' } });
  const { log, lines } = memoryLog();
  const executor = answering(({ argv }) => (argv.at(-1)?.endsWith('/hub/metrics') ? refusal(404) : users()));
  const found = await collect(system, unstopped(executor), () => null, log);
  expect(found).toMatchObject({ kind: 'collected', failedProbes: ['metrics'] });
  expect(lines).toContainEqual(expect.stringMatching(/^ERROR metrics: .*HTTP 404/));
  if (found.kind === 'nothing') throw new Error(found.reason);
  expect(found.at(moment)).toMatchObject({ kind: 'valid', payload: { available: true, active_users: 0 } });
  expect(found.at(moment)).not.toHaveProperty('payload.cpu_utilization_percent');
});

test('a hub that is down has no users and no failed probe', async () => {
  expect(await collected(hubOf(withNodes), refusal(503))).toMatchObject({
    failedProbes: [],
    payload: { available: false, active_users: 0, active_sessions: 0, nodes_total: 3 },
  });
});

test.each([
  ['last-known', { available: true, active_users: 7, active_sessions: 9 }],
  ['zero', { available: true, active_users: 0, active_sessions: 0 }],
])('with on_failed_probe %s a refused token is no hub that is down', async (policy, payload) => {
  const known = { available: false, active_users: 7, active_sessions: 9 };
  const found = await collected(hubOf({ ...withNodes, on_failed_probe: policy }), refusal(403), { known });
  expect(found).toMatchObject({ failedProbes: ['hub'], payload });
});

test('with on_failed_probe skip, a failed probe leads to no snapshot', async () => {
  expect(await collected(hubOf({ ...withNodes, on_failed_probe: 'skip' }), refusal(403))).toMatchObject({
    nothing: 'hub failed and on_failed_probe is skip',
  });
});

test('if it is unknown whether the hub answers, the snapshot leaves the field out', async () => {
  const hub: Answer = { ending: exited(httpExits.certificate, 'self signed certificate') };
  const found = await collected(hubOf(withNodes), hub);
  expect(found).toMatchObject({ kind: 'valid', failedProbes: ['hub'], payload: { active_users: 0 } });
  expect(found).not.toHaveProperty('payload.available');
});

test('if every probe failed, there is no snapshot', async () => {
  expect(await collected(hubOf(withNodes), refusal(401), { nodes: 'no' })).toMatchObject({
    nothing: 'every probe failed',
  });
});

test('an impossible percentage is dropped', async () => {
  const system = hubOf({ metrics: { cpu_utilization_percent: 'x' } });
  const { log } = memoryLog();
  const executor = answering(({ argv }) => (argv.at(-1)?.endsWith('/hub/metrics') ? { stdout: 'x 250\n' } : users()));
  const found = await collect(system, unstopped(executor), () => null, log);
  if (found.kind === 'nothing') throw new Error(found.reason);
  expect(found.at(moment)).toMatchObject({
    kind: 'valid',
    dropped: [expect.stringContaining('cpu_utilization_percent (250)')],
  });
});
