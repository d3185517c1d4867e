/** `outage report | update | resolve | ls | detect`, and what `run` does with `detect_outages`. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { hostname } from 'node:os';
import { needs } from '../support/needs.ts';
import { accept, type Posted, type SamApi, startSamApi } from '../support/sam-api.ts';
import { credentials, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

let site: Site;
let api: SamApi | null;
beforeEach(() => {
  site = newSite();
  api = null;
});
afterEach(async () => {
  await site.remove();
  await api?.stop();
});

type Listed = Readonly<Record<string, unknown>> & { readonly key: string };

async function outages(...flags: string[]): Promise<Listed[]> {
  const { stdout } = await site.run('outage', 'ls', '--json', ...flags);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Listed);
}

type Row = Record<string, unknown>;

/** As the SAM API does: a new row for a report without the id of one, or what `answer` says to one with an id. */
function outageTable(answer?: (rows: Map<unknown, Row>, body: Row) => Response) {
  const rows = new Map<unknown, Row>();
  const take = (body: Row, id: number): Response => {
    rows.set(id, { ...rows.get(id), ...body });
    const { system_name, severity } = body;
    return Response.json(
      { success: true, message: 'Outage reported successfully', outage_id: id, system_name, severity },
      { status: 201 },
    );
  };
  const accepts = (posted: Posted, count: number): Response => {
    if (posted.path !== '/api/v1/status/outage') return accept(posted, count);
    const { outage_id } = posted.body;
    if (outage_id === undefined) return take(posted.body, 40 + count);
    return answer === undefined ? take(posted.body, Number(outage_id)) : answer(rows, posted.body);
  };
  return { rows, accepts, take };
}

const acceptOutage = (posted: Posted, count: number) => outageTable().accepts(posted, count);

const report = ['outage', 'report', 'Derecho', '--title', 'Login nodes do not answer', '--severity', 'minor'];

test('against the SAM API: update and resolve change the row of the report', async () => {
  const { rows, accepts } = outageTable();
  api = startSamApi(accepts);
  site.api(api.url);
  const reported = await site.run(...report, '--component', 'Login nodes', '--start', '2025-11-25T08:15');
  expect(reported.exit).toBe(0);
  expect(reported.stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(reported.stderr).toContain('hpc-collector drain --stream sam/outage');
  const key = reported.stdout.trim();
  expect(await outages()).toMatchObject([{ key, system: 'derecho', delivery: 'pending', outage_ids: [] }]);

  expect((await site.run('drain')).stderr).toContain('✓ Posted outage status: outage_id=41');
  const updated = await site.run('outage', 'update', key.slice(0, 23), '--status', 'identified');
  expect(updated).toMatchObject({ exit: 0, stderr: expect.stringContaining('It changes the row with outage_id 41') });
  await site.run('drain');
  await site.run('outage', 'resolve', key);
  await site.run('drain');

  expect(api.posted.map(({ body }) => [body.outage_id, body.status, body.start_time, typeof body.end_time])).toEqual([
    [undefined, 'investigating', '2025-11-25T08:15:00.000', 'undefined'],
    [41, 'identified', '2025-11-25T08:15:00.000', 'undefined'],
    [41, 'resolved', '2025-11-25T08:15:00.000', 'string'],
  ]);
  expect([...rows.values()]).toMatchObject([{ system_name: 'derecho', status: 'resolved' }]);
  expect(await outages()).toEqual([]);
  expect(await outages('--all')).toMatchObject([{ key, status: 'resolved', outage_ids: [41] }]);
});

test('a report and its end in one drain make one row; another outage makes another row', async () => {
  const { rows, accepts } = outageTable();
  api = startSamApi(accepts);
  site.api(api.url);
  const key = (await site.run(...report)).stdout.trim();
  await site.run(...report, '--component', 'Network');
  await site.run('outage', 'resolve', key);
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect([...rows.values()].map(({ status, component }) => [status, component])).toEqual([
    ['resolved', undefined],
    ['investigating', 'Network'],
  ]);
});

describe('an id that the SAM API refuses: the report becomes a new row, and the log reports it', () => {
  test.each<[string, (rows: Map<unknown, Row>, body: Row) => Response]>([
    ['400', () => Response.json({ error: 'Unknown field: outage_id' }, { status: 400 })],
    ['403', () => Response.json({ error: 'Forbidden - insufficient permissions' }, { status: 403 })],
    ['404', () => Response.json({ error: 'Not found' }, { status: 404 })],
    ['500', () => Response.json({ error: "Database error: {'outage_id': ['Unknown field.']}" }, { status: 500 })],
  ])('%s', async (_, answer) => {
    const { rows, accepts } = outageTable(answer);
    api = startSamApi(accepts);
    site.api(api.url);
    const key = (await site.run(...report)).stdout.trim();
    await site.run('outage', 'resolve', key);
    const drained = await site.run('drain');
    expect(drained).toMatchObject({ exit: 0 });
    expect(drained.stderr).toContain('the staff of the API must close the row with outage_id 41');
    expect([...rows.values()].map(({ status }) => status)).toEqual(['investigating', 'resolved']);
    expect(api.posted.map(({ body }) => body.outage_id)).toEqual([undefined, 41, undefined]);
  });

  test('an answer with another id', async () => {
    const table = outageTable((_, { outage_id, ...body }) => table.take(body, 77));
    api = startSamApi(table.accepts);
    site.api(api.url);
    const key = (await site.run(...report)).stdout.trim();
    await site.run('outage', 'resolve', key);
    expect((await site.run('drain')).stderr).toContain(
      'outage_id=77, a row of its own: the staff of the API must close the row with outage_id 41',
    );
  });
});

test('it starts at the time of its report, however late that is delivered', async () => {
  const before = new Date().toISOString();
  await site.run(...report);
  const after = new Date().toISOString();
  const [outage] = await outages();
  api = startSamApi(acceptOutage);
  site.api(api.url);
  await site.run('drain');
  const start = `${api.posted[0]?.body.start_time}Z`;
  expect(start >= before && start <= after).toBe(true);
  expect(outage?.start_time).toBe(start);
});

test('against the receiver: one row, that is changed and closed', async () => {
  const { url } = await site.serve();
  site.api(url);
  const key = (await site.run(...report)).stdout.trim();
  await site.run('drain');
  const updated = await site.run('outage', 'update', key, '--severity', 'major');
  expect(updated.stderr).toContain('It changes the row with outage_id 1');
  await site.run('outage', 'resolve', key, '--description', 'A switch was replaced');
  await site.run('drain');
  const listed = await fetch(`${url}/api/v1/status/outages?include_resolved=true`, {
    headers: { Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}` },
  });
  expect(await listed.json()).toMatchObject([
    {
      outage_id: 1,
      severity: 'major',
      status: 'resolved',
      description: 'A switch was replaced',
      end_time: expect.any(String),
    },
  ]);
});

describe('what is wrong', () => {
  const newOutage = ['report', 'derecho', '--title', 'x', '--severity', 'minor'];
  test.each([
    [
      ['report', 'derecho', '--title', 'x', '--severity', 'bad'],
      '--severity must be one of critical, major, minor, maintenance',
    ],
    [['report', 'derecho', '--title', 'x'], 'hpc-collector outage report needs --severity: see'],
    [['report', '--title', 'x', '--severity', 'minor'], 'needs SYSTEM'],
    [
      ['report', 'derecho', '--title', 'x', '--severity', 'minor', '--status', 'resolved'],
      'hpc-collector outage resolve',
    ],
    [[...newOutage, '--status', 'open'], '--status open: give investigating'],
    [['report', 'derecho', '--title', 'x'.repeat(256), '--severity', 'minor'], '--title'],
    [[...newOutage, '--component', 'x'.repeat(129)], '--component'],
    [[...newOutage, '--start', 'yesterday'], '--start'],
    [[...newOutage, '--start', '2025-11-25T08:00', '--eta', '2025-11-25T07:00'], '--eta'],
    [['update', '019a', '--severity', 'minor'], 'there is no outage 019a'],
    [['update', '019a'], 'no change is given'],
    [['resolve', '019a'], 'there is no outage 019a'],
    [['detect', 'casper'], 'detect_outages: true'],
  ])('outage %p: exit code 2, and nothing is stored', async (words, message) => {
    const { exit, stdout, stderr } = await site.run('outage', ...words);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(await site.entries()).toEqual([]);
  });

  test('a system that is not configured is reported, with a warning', async () => {
    const { exit, stderr } = await site.run('outage', 'report', 'derehco', '--title', 'x', '--severity', 'minor');
    expect({ exit, stderr }).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("'derehco' is not a system of this"),
    });
  });
});

test('ls prints a line for each outage, and a sentence if there is none', async () => {
  expect(await site.run('outage', 'ls')).toMatchObject({ exit: 0, stdout: 'No outage is known.\n' });
  expect(await site.run('outage', 'ls', '--json')).toMatchObject({ exit: 0, stdout: '' });
  await site.run(...report, '--component', 'Login nodes');
  expect((await site.run('outage', 'ls')).stdout).toMatch(
    /^KEY .*\n[0-9a-f-]{36} {2}derecho {2}minor +investigating .*\n {4}Login nodes: Login nodes do not answer\n {4}report pending\n$/,
  );
});

test('ls lists several outages, the earliest start first, each with its own values; resolved ones with --all', async () => {
  const [one = '', two = '', three = ''] = await Promise.all(
    [
      ['derecho', 'two', 'minor', '2025-11-25T08:20'],
      ['casper', 'one', 'critical', '2025-11-25T08:10'],
      ['derecho', 'three', 'major', '2025-11-25T08:30'],
    ].map(async ([system = '', title = '', severity = '', start = '']) => {
      const words = ['--title', title, '--severity', severity, '--start', start, '--component', `of ${title}`];
      return (await site.run('outage', 'report', system, ...words)).stdout.trim();
    }),
  ).then(([second = '', first = '', third = '']) => [first, second, third]);
  await site.run('outage', 'resolve', two);
  const at = (minute: number) => `2025-11-25T08:${minute}:00.000Z`;
  const first = { key: one, system: 'casper', title: 'one', severity: 'critical', start_time: at(10), end_time: null };
  const third = {
    key: three,
    system: 'derecho',
    title: 'three',
    severity: 'major',
    start_time: at(30),
    end_time: null,
  };
  expect(await outages()).toMatchObject([first, third]);
  expect(await outages('--all')).toMatchObject([
    { ...first, component: 'of one', status: 'investigating', delivery: 'pending', outage_ids: [] },
    { key: two, title: 'two', severity: 'minor', status: 'resolved', start_time: at(20), end_time: expect.any(String) },
    { ...third, component: 'of three' },
  ]);
  const table = (await site.run('outage', 'ls', '--all')).stdout.trimEnd().split('\n').slice(1);
  expect(table.map((line) => line.split(' ')[0] || line.trim())).toEqual([
    ...[one, 'of one: one', 'report pending', two, 'of two: two'],
    expect.stringMatching(/^until \S+ \S+, report pending$/),
    ...[three, 'of three: three', 'report pending'],
  ]);
});

test('the help of every command describes it in a line, and the topic describes SAM and the receiver', async () => {
  for (const verb of ['report', 'update', 'resolve', 'ls', 'detect']) {
    const { exit, stdout } = await site.run('outage', verb, '--help');
    expect({ exit, stdout }).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^(Report|List|Detect) .*outage.*\n/),
    });
  }
  const topic = await site.run('help', 'outages');
  expect(topic.stdout).toContain('The SAM API and the receiver keep one row for each outage.');
});

describe('detection', () => {
  const oneDown = `login_nodes: [{ name: here, host: '${hostname()}' }, { name: gone, host: 192.0.2.1 }]
timeouts: { connect: 1, command: 5 }
`;
  const collect = () => site.run('collect', 'casper');

  needs('ssh')('is off unless it is configured; a dry run shows what it would report', async () => {
    site.localSystem('casper');
    makeNodeGo('');
    for (let count = 0; count < 2; count++) await collect();
    expect(await outages('--all')).toEqual([]);
    const { exit, stdout } = await site.run('outage', 'detect', 'casper', '--dry-run');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^\[DRY RUN\] casper: outage: Login nodes unavailable: gone \(minor, .*\)\n$/);
    expect(await site.entries()).toHaveLength(2);
  });

  needs('ssh')('begins and ends with the collections, and is posted by the run', async () => {
    api = startSamApi(acceptOutage);
    site.api(api.url);
    site.localSystem('casper');
    makeNodeGo('detect_outages: true\n');
    expect((await site.run('run', 'casper')).stderr).not.toContain('outage');
    const second = await site.run('run', 'casper');
    expect(second.stderr).toContain('WARNING [casper] outage: Login nodes unavailable: gone (minor');
    expect(second.stderr).toContain('✓ Posted outage status');
    await site.run('run', 'casper');
    expect(await outages()).toMatchObject([{ rule: 'login_nodes', affected: ['gone'], delivery: 'delivered' }]);

    site.localSystem('casper', { yaml: 'detect_outages: true\n' });
    for (let count = 0; count < 3; count++) await site.run('run', 'casper');
    expect(await outages()).toEqual([]);
    const posted = api.posted.filter(({ path }) => path.endsWith('/outage'));
    expect(posted.map(({ body }) => body.status)).toEqual(['investigating', 'resolved']);
    const [first] = api.posted.filter(({ path }) => path.endsWith('/casper'));
    expect(String(first?.body.timestamp)).toStartWith(String(posted[0]?.body.start_time));
  });

  needs('ssh')('a run that is killed while it posts does not report twice', async () => {
    const never = Promise.withResolvers<Response>();
    let isHanging = true;
    api = startSamApi((posted, count) =>
      posted.path.endsWith('/outage') && isHanging ? never.promise : acceptOutage(posted, count),
    );
    site.api(api.url);
    site.localSystem('casper');
    makeNodeGo('detect_outages: true\n');
    await collect();
    const running = site.start(['run', 'casper']);
    await until(() => api?.posted.some(({ path }) => path.endsWith('/outage')) === true, 'it is being posted', 20);
    running.kill('SIGKILL');
    await running.ended;
    isHanging = false;

    for (let count = 0; count < 2; count++) await site.run('run', 'casper');
    expect((await site.entries()).filter(({ stream }) => stream === 'sam/outage')).toMatchObject([
      { state: 'delivered' },
    ]);
    const keys = api.posted
      .filter(({ path }) => path.endsWith('/outage'))
      .map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(await outages('--all')).toHaveLength(1);
  });

  test('rules that contradict each other are refused with the configuration', async () => {
    site.localSystem('casper', { yaml: 'outage_rules: { snapshots: 3, bad: 1, good: 1 }\n' });
    const { exit, stderr } = await collect();
    expect({ exit, stderr }).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('outage_rules: bad and good together must be more than snapshots'),
    });
  });

  /** Of two login nodes one does not answer. */
  function makeNodeGo(yaml: string): void {
    const programs = site.localSystem('casper');
    site.configure(
      'casper.yaml',
      `pbs_host: null
login_nodes_via: direct
mounts: { campaign: /glade/campaign }
filesystems: [campaign]
search_path: ['${programs}', /usr/bin, /bin]
${oneDown}${yaml}`,
    );
  }
});
