/** Small outputs of PBS that were read wrongly once (`fixtures/cases`), replayed by the binary. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { caseFile, pbsRecording } from '../support/pbs-recording.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';

const mini = 'scheduler_host: mini\ntimezone: America/Denver\nqueues: [htc]\n';

let site: Site;
let count = 0;
beforeAll(() => {
  site = newSite();
  site.configure('mini.yaml', mini);
});
afterAll(() => site.remove());

/** The snapshot that the binary prints for these outputs of PBS, and what it logs. */
async function snapshot(outputs: Readonly<Record<string, string>>) {
  count += 1;
  const recording = pbsRecording(join(site.directory, `recording-${count}`), 'mini', outputs);
  const { exit, stdout, stderr } = await site.run('collect', 'mini', '--replay', recording, '--json-only');
  expect(exit).toBe(0);
  return { payload: JSON.parse(stdout) as Record<string, unknown>, stderr };
}

describe('hosts with several vnodes', () => {
  const down = { 'pbsnodes -aj -F json': caseFile('multi-vnode-host-down.pbsnodes-aj.json') };
  const mixed = { 'pbsnodes -aj -F json': caseFile('various.pbsnodes-aj.json') };

  test('are down if all their vnodes are, and have no idle cores', async () => {
    const { payload, stderr } = await snapshot({
      ...down,
      'pbsnodes -avj -F json': caseFile('multi-vnode-host-down.pbsnodes-avj.json'),
    });
    expect(stderr).not.toMatch(/ERROR|could not be read/);
    expect(payload).toMatchObject({
      cpu_nodes_total: 3,
      cpu_nodes_available: 1,
      cpu_nodes_down: 2,
      gpu_nodes_total: 2,
      gpu_nodes_down: 1,
      cpu_cores_total: 62 + 36 + 128 + 64 + 64,
      cpu_cores_allocated: 62 + 108 + 44,
      cpu_cores_idle: 36 + 64,
    });
  });

  test('are available with one free core; cores and GPUs add up, and rules match any vnode', async () => {
    site.configure(
      'mini.yaml',
      `${mini}node_rules:
  - { when: { resources: { gpu_type: h100, ngpus: { at_least: 4 } } }, class: gpu, type: gpu-h100 }
  - { when: { resources: { Qlist: inter } }, class: cpu, type: inter }
  - { class: viz, type: other }
`,
    );
    const { payload } = await snapshot({
      ...mixed,
      'pbsnodes -avj -F json': caseFile('various.pbsnodes-avj.json'),
    });
    expect(payload).toMatchObject({
      cpu_nodes_total: 1,
      cpu_nodes_available: 1,
      gpu_nodes_total: 1,
      gpu_nodes_available: 1,
      viz_nodes_total: 0,
      cpu_cores_total: 376 + 128,
      cpu_cores_allocated: 188,
      cpu_cores_idle: 188 + 64,
      gpu_count_total: 4,
      gpu_count_idle: 4,
      node_types: [
        { node_type: 'gpu-h100', nodes_total: 1, nodes_available: 1 },
        { node_type: 'inter', nodes_total: 1, nodes_available: 1 },
      ],
    });
    site.configure('mini.yaml', mini);
  });

  test('are a failed probe if their vnodes cannot be read', async () => {
    const { stderr } = await snapshot(mixed);
    expect(stderr).toContain('nodes: pbsnodes -avj -F json on mini is not recorded (the vnodes of 2 hosts differ');
  });
});

describe('jobs of other users that PBS hides', () => {
  const hidden = {
    'qstat -f -F json': caseFile('other-jobs-hidden.qstat-f.json'),
    'qstat -Q -f -F json': caseFile('other-jobs-hidden.qstat-Q-f.json'),
  };
  const server = caseFile('other-jobs-hidden.qstat-B-f.json');

  test('are a failed probe that says which right is missing', async () => {
    const { payload, stderr } = await snapshot({ ...hidden, 'qstat -B -f -F json': server });
    expect(stderr).toContain(
      'ERROR [mini] jobs: qstat lists 2 jobs of one user but the queues hold 267: query_other_jobs of the PBS server is False: set it to True, or make this user an operator of PBS',
    );
    expect(payload).toMatchObject({ pending_jobs: 0, queues: [], user_project_queues: [] });
  });

  test('are a failed probe, too, if the server does not report the setting', async () => {
    const { stderr } = await snapshot(hidden);
    expect(stderr).toContain("the queues hold 267: may this user see other users' jobs (query_other_jobs");
  });

  test('are not suspected of a server that shows them', async () => {
    const { payload, stderr } = await snapshot({
      ...hidden,
      'qstat -B -f -F json': server.replace('"query_other_jobs":\t"False"', '"query_other_jobs":\t"True"'),
    });
    expect(stderr).not.toContain('jobs:');
    expect(payload).toMatchObject({ pending_jobs: 2, active_users: 1 });
  });

  test('are detected from the jobs of the nodes if the queues cannot be read', async () => {
    const { stderr } = await snapshot({
      'pbsnodes -aj -F json': readFileSync(join(fixtures, 'nasty/pbsnodes-aj.json'), 'latin1'),
      'qstat -Q -f -F json': '',
      'qstat -B -f -F json': server,
    });
    expect(stderr).toContain('qstat lists no jobs but the nodes have 44: query_other_jobs');
  });
});

test('a node in maintenance is reserved, one over its load is in the total only, and neither has idle cores', async () => {
  const { payload } = await snapshot({ 'pbsnodes -aj -F json': caseFile('maintenance-node.pbsnodes-aj.json') });
  expect(payload).toMatchObject({
    cpu_nodes_total: 2,
    cpu_nodes_reserved: 1,
    cpu_nodes_available: 0,
    cpu_nodes_down: 0,
    cpu_cores_total: 72,
    cpu_cores_allocated: 8,
    cpu_cores_idle: 0,
  });
});

test('a job without Resource_List is counted', async () => {
  const { payload, stderr } = await snapshot({
    'qstat -f -F json': caseFile('job-without-resource-list.qstat-f.json'),
  });
  expect(stderr).not.toContain('could not be read');
  expect(payload).toMatchObject({
    pending_jobs: 2,
    queues: [{ queue_name: 'htc', pending_jobs: 2, cores_pending: 1 }],
  });
});

test.each(['directory-users.qstat-f.json', 'directory-users.old-encoder.qstat-f.json'])(
  'users of a directory service keep the @ and the backslash in their names: %s',
  async (file) => {
    const { payload } = await snapshot({ 'qstat -f -F json': caseFile(file) });
    expect(payload.user_project_queues).toMatchObject([
      { username: 'LAB\\nina', project_code: 'LAB\\research' },
      { username: 'nina@lab.example.org', project_code: 'a"b' },
    ]);
  },
);

test('reservations keep their length on the day the clocks go back', async () => {
  const { payload } = await snapshot({ 'pbs_rstat -f': caseFile('dst-fallback.pbs_rstat-f.txt') });
  // Without the fraction of a second.
  const times = z.array(z.looseObject({ start_time: z.string(), end_time: z.string() })).parse(payload.reservations);
  expect(times.map((row) => [row.start_time.slice(0, 19), row.end_time.slice(0, 19)])).toEqual([
    ['2027-11-07T07:45:00', '2027-11-07T08:15:00'],
    ['2027-11-07T08:30:00', '2027-11-07T09:30:00'],
  ]);
});

test('a reservation without nodect has the hosts of resv_nodes, and one that is not confirmed is not sent', async () => {
  const text = caseFile('without-nodect.pbs_rstat-f.txt');
  const unconfirmed = text.replaceAll('M123456', 'R7').replace('RESV_CONFIRMED', 'RESV_UNCONFIRMED');
  const { payload } = await snapshot({ 'pbs_rstat -f': `${text}\n${unconfirmed}` });
  expect(payload.reservations).toMatchObject([{ reservation_name: 'M123456', node_count: 3 }]);
});

test('a configured queue that does not exist is not sent, and is a warning', async () => {
  const queues = caseFile('other-jobs-hidden.qstat-Q-f.json').replace(/("total_jobs":\t)\d+/g, '$10');
  site.configure('mini.yaml', mini.replace('[htc]', '[htc, gone, vis]'));
  const { payload, stderr } = await snapshot({ 'qstat -Q -f -F json': queues });
  site.configure('mini.yaml', mini);
  expect(payload.queues).toMatchObject([{ queue_name: 'htc' }, { queue_name: 'vis' }]);
  expect(stderr).toContain(
    'WARNING [mini] queues: gone not found in the scheduler and not sent: correct queues in mini.yaml',
  );
});

test("a node type's hardware is that of most of its nodes, unless YAML has it", async () => {
  site.configure('mini.yaml', `${mini}node_rules: [{ class: cpu, type: plain }]\n`);
  const nodes = { 'pbsnodes -aj -F json': caseFile('maintenance-node.pbsnodes-aj.json') };
  const derived = await snapshot(nodes);
  site.configure(
    'mini.yaml',
    `${mini}node_rules: [{ class: cpu, type: plain }]\nnode_types: { plain: { cores_per_node: 40 } }\n`,
  );
  const described = await snapshot(nodes);
  site.configure('mini.yaml', mini);
  const row = { node_type: 'plain', nodes_total: 2, nodes_available: 0, nodes_down: 0, nodes_allocated: 0 };
  const use = { utilization_percent: 11.11, memory_utilization_percent: 0 };
  expect(derived.payload.node_types).toEqual([{ ...row, cores_per_node: 36, memory_gb_per_node: 354, ...use }]);
  expect(described.payload.node_types).toEqual([{ ...row, cores_per_node: 40, ...use }]);
});

describe('the preset sam-dashboard', () => {
  let dashboard: Site;
  beforeAll(() => {
    dashboard = newSite();
  });
  afterAll(() => dashboard.remove());

  test('is written by config init and shown by config show', async () => {
    const written = await dashboard.run('config', 'init', 'casper', 'derecho', '--preset', 'sam-dashboard');
    expect(written.exit).toBe(0);
    const { stdout } = await dashboard.run('config', 'show', '--json');
    const shown = new Map(
      stdout
        .trim()
        .split('\n')
        .map((line) => z.object({ setting: z.string(), value: z.unknown(), from: z.string() }).parse(JSON.parse(line)))
        .map(({ setting, ...of }) => [setting, of]),
    );
    expect(shown.get('preset')).toMatchObject({
      value: 'sam-dashboard',
      from: expect.stringMatching(/collector\.yaml:\d+$/),
    });
    expect(shown.get('derecho.load_as')).toEqual({ value: 'percent', from: 'the preset sam-dashboard:2' });
    expect(shown.get('casper.timezone')?.from).toContain('the built-in casper.yaml');
  });

  test('has the names of its pages', async () => {
    const recording = join(fixtures, 'casper');
    const { stdout } = await dashboard.run('collect', 'casper', '--replay', recording, '--json-only');
    const payload = z
      .object({
        filesystems: z.array(z.object({ filesystem_name: z.string() })),
        node_types: z.array(z.looseObject({ node_type: z.string() })),
      })
      .parse(JSON.parse(stdout));
    expect(payload.filesystems.map((row) => row.filesystem_name)).toContain('/glade/u/home');
    expect(payload.node_types.map((row) => row.node_type)).toEqual([
      'gpu-mi300a-4way',
      'gpu-h100-4way',
      'gpu-a100-4way',
      'gpu-v100-1way',
      'gpu-v100-4way',
      'gpu-v100-8way',
      'viz-l40-2way',
      'viz-gp100-1way',
      'largemem-62core',
      'largemem-64core',
      'jhublogin-36core',
      'jhublogin-62core',
      'htc-62core',
    ]);
    expect(payload.node_types[0]).toMatchObject({ cores_per_node: 96, gpus_per_node: 4, gpu_model: 'mi300a' });
  });
});

describe('output that ends too early, though the exit status is 0,', () => {
  const whole = (file: string) => readFileSync(join(fixtures, 'nasty', file), 'latin1');
  const jobs = whole('qstat-f.json');
  const nodes = whole('pbsnodes-aj.json');
  const reservations = whole('pbs_rstat-f.txt');

  test.each([
    ['jobs', 'qstat -f -F json', jobs.slice(0, jobs.indexOf('"20.nasty-pbs"') + 300)],
    ['jobs', 'qstat -f -F json', jobs.slice(0, jobs.indexOf('\n\t\t"20.nasty-pbs"'))],
    ['nodes', 'pbsnodes -aj -F json', nodes.slice(0, nodes.indexOf('"1e5"'))],
    ['reservations', 'pbs_rstat -f', reservations.slice(0, reservations.lastIndexOf('reserve_end') + 20)],
  ])('is a failed probe %s: %s', async (probe, command, text) => {
    const { stderr } = await snapshot({ [command]: text });
    expect(stderr).toContain(`ERROR [mini] ${probe}: ${command} on mini printed incomplete output: it ends too early`);
  });
});
