/** When the jobs that qstat lists seem to be only those of the user who asks. */

import { expect, test } from 'bun:test';
import type { QueueRecord } from '../../src/lib/records.ts';
import { pbsProbes } from '../../src/pbs/probes.ts';
import { answering, exited } from '../support/executors.ts';
import { plainSystem } from '../support/systems.ts';

const system = plainSystem('gust');
const queue = (name: string, jobs: number | null): QueueRecord => ({
  ...{ name, type: 'Execution', enabled: true, started: true, jobs },
});
const job = { Job_Owner: 'a@b', job_state: 'R', queue: 'q' };

/** An executor of a server with these jobs on its two nodes, and with an array of which `running` subjobs run. */
function serverWith(setting: string | null, onNodes: readonly string[], running: number, asked: string[]) {
  const array = { ...job, job_state: 'B', array_state_count: `Queued:5 Running:${running} Exiting:0 Expired:0` };
  const node = { state: 'free', jobs: onNodes };
  const sections: Record<string, object> = {
    pbsnodes: { nodes: { n1: node, n2: node } },
    'qstat -f': { Jobs: { '1.s': job, '2[].s': array } },
    'qstat -B': { Server: { s: setting === null ? {} : { query_other_jobs: setting } } },
  };
  return answering(({ argv }) => {
    asked.push(argv.join(' '));
    const section = sections[argv[0] === 'pbsnodes' ? 'pbsnodes' : argv.slice(0, 2).join(' ')];
    if (setting === 'fails' && argv[1] === '-B') return { ending: exited(1) };
    return { stdout: JSON.stringify({ pbs_version: '1', ...section }) };
  });
}

type Case = {
  readonly listed?: number;
  readonly users?: number;
  readonly queues?: readonly QueueRecord[] | null;
  readonly onNodes?: readonly string[];
  readonly running?: number;
  readonly setting?: string | null;
};

async function doubtOf(given: Case) {
  const { listed = 2, users = 1, queues = null, onNodes = [], running = 0, setting = null } = given;
  const asked: string[] = [];
  const probes = pbsProbes(system, serverWith(setting, onNodes, running, asked));
  const taken: string[] = [];
  await probes.nodes((node) => taken.push(node.name));
  await probes.jobs((one) => taken.push(one.id));
  expect(taken).toEqual(['n1', 'n2', '1.s', '2[].s']);
  const found = { nodes: null, jobs: { listed, users, cores: 0 }, queues, reservations: null };
  const doubt = await probes.doubt(found);
  expect(doubt.reservations).toBeNull();
  return { doubt: doubt.jobs, isAsked: asked.includes('qstat -B -f -F json') };
}

const three = ['1.s', '2.s', '3.s'];
const mayNot =
  'query_other_jobs of the PBS server is False: set it to True, or make this user an operator of PBS' as const;
const perhaps = "may this user see other users' jobs (query_other_jobs of the PBS server)?" as const;
const queueing = (...counts: (number | null)[]) => counts.map((count, index) => queue(`q${index}`, count));

test.each<[string, Case, string | null]>([
  ['as many as the queues hold', { queues: queueing(1, 1), setting: 'False' }, null],
  ['fewer, of two users', { queues: queueing(3), users: 2, setting: 'False' }, null],
  ['fewer than on the nodes, but not than in the queues', { queues: queueing(2), onNodes: three }, null],
  ['fewer than the queues hold with the running subjobs', { queues: queueing(4), running: 2 }, null],
])('%s: no doubt, and the server is not asked', async (_, given, doubt) => {
  expect(await doubtOf(given)).toEqual({ doubt, isAsked: false });
});

test.each<[string, Case, string | null]>([
  [
    'one less than the queues hold, and the server forbids it',
    { queues: queueing(1, null, 2), setting: 'False' },
    `qstat lists 2 jobs of one user but the queues hold 3: ${mayNot}`,
  ],
  [
    'one less than on the nodes',
    { onNodes: three, setting: 'false' },
    `qstat lists 2 jobs of one user but the nodes have 3: ${mayNot}`,
  ],
  ['one less than the queues hold', { queues: queueing(3) }, null],
  ['half of those in the queues', { queues: queueing(4) }, null],
  [
    'less than half of those in the queues',
    { queues: queueing(5) },
    `qstat lists 2 jobs of one user but the queues hold 5: ${perhaps}`,
  ],
  [
    'less than half, and the server does not answer',
    { listed: 1, queues: queueing(3), setting: 'fails' },
    `qstat lists 1 job of one user but the queues hold 3: ${perhaps}`,
  ],
  ['one of three, but the server allows it', { listed: 1, queues: queueing(3), setting: 'True' }, null],
  ['less than half, but the server allows it', { queues: queueing(50), setting: 'True' }, null],
  [
    'none, though the server allows it',
    { listed: 0, users: 0, queues: queueing(1), setting: 'True' },
    `qstat lists no jobs but the queues hold 1: ${perhaps}`,
  ],
  [
    'none, and one job is on two nodes',
    { listed: 0, users: 0, onNodes: ['7.s'], setting: null },
    `qstat lists no jobs but the nodes have 1: ${perhaps}`,
  ],
  [
    'fewer, with the running subjobs of an array',
    { queues: queueing(5), running: 2, setting: 'False' },
    `qstat lists 4 jobs of one user but the queues hold 5: ${mayNot}`,
  ],
])('%s: the server is asked', async (_, given, doubt) => {
  expect(await doubtOf(given)).toEqual({ doubt, isAsked: true });
});

test('without a list of jobs there is no doubt', async () => {
  const probes = pbsProbes(system, serverWith('False', [], 0, []));
  const found = { nodes: null, jobs: null, queues: queueing(3), reservations: null };
  expect(await probes.doubt(found)).toEqual({ jobs: null, reservations: null });
  expect(await probes.version()).toBeNull();
});
