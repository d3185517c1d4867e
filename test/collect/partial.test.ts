/** What a snapshot and the log say when records cannot be read, or a probe fails. */

import { describe, expect, test } from 'bun:test';
import { collect } from '../../src/collect/collect.ts';
import type { Executor } from '../../src/exec/command.ts';
import { bytesOf, captureOf, recordOf } from '../support/captures.ts';
import { moment, recordingOf, snapshotOf } from '../support/collected.ts';
import { answering, exited, overlaid } from '../support/executors.ts';
import { memoryLog } from '../support/memory-log.ts';
import { unstopped } from '../support/probing.ts';
import { plainSystem } from '../support/systems.ts';

const nasty = plainSystem('nasty', { timezone: 'America/Denver', queues: ['workq', 'idle'] });
const capture = captureOf('nasty', 'qstat-f.json');
const nodeCapture = captureOf('nasty', 'pbsnodes-aj.json');
const qstat = 'qstat -f -F json';
const pbsnodes = 'pbsnodes -aj -F json';

const nastyWith = (answers: Parameters<typeof overlaid>[1]) =>
  snapshotOf(nasty, overlaid(recordingOf('nasty'), answers));
/** The capture with one record changed. */
const changed = (from: typeof capture, id: string, change: (record: string) => string) =>
  bytesOf(
    from,
    from.records.map(({ id: other, text }) => (other === id ? change(text) : text)),
  );

describe('one broken job', () => {
  const id = '31.nasty-pbs';
  const value = (field: string, text: string) => (record: string) =>
    record.replace(new RegExp(`("${field}":\t)[^\n]*?(,?)\n`), (_, name, comma) => `${name}${text}${comma}\n`);
  const resource = (text: string) => (record: string) =>
    record.replace(/("Resource_List":\t\{\n\t*"ncpus":\t)1/, `$1${text}`);

  test.each([
    ['a number with a zero in front', value('Priority', '007')],
    ['a count with a zero in front', resource('01')],
    ['a raw control character', value('comment', '"a\u0001b"')],
    ['a raw line break', value('comment', '"a\nb"')],
    ['a bad escape', value('comment', '"a\\qb"')],
    ['a raw quote', value('comment', '"a"b"')],
    ['a bare word', value('comment', 'nan')],
    ['invalid UTF-8', value('comment', '"\xff\xfe"')],
  ])('with %s costs nothing', async (_, change) => {
    const whole = await nastyWith({});
    const { payload, failedProbes } = await nastyWith({ [qstat]: { stdout: changed(capture, id, change) } });
    expect(change(recordOf(capture, id))).not.toBe(recordOf(capture, id));
    expect(payload).toEqual(whole.payload);
    expect(failedProbes).toEqual([]);
  });

  test.each([
    ['ncpus "abc"', resource('"abc"'), 'Resource_List.ncpus is not a count'],
    ['ncpus -1', resource('-1'), 'Resource_List.ncpus is not a count'],
    ['ncpus null', resource('null'), 'Resource_List.ncpus is not a count'],
    ['ncpus over 2^31', resource('2147483648'), 'Resource_List.ncpus is not a count'],
    [
      'a list for Resource_List',
      (record: string) => record.replace(/"Resource_List":\t\{[^}]*\}/, '"Resource_List":\t[]'),
      'Resource_List is not an object',
    ],
    ['no owner', value('Job_Owner', 'null'), 'has no Job_Owner'],
    ['no state', value('job_state', '""'), 'has no job_state'],
    ['null for all of it', () => `\n\t\t"${id}":\tnull,`, 'is not an object'],
    ['a list for all of it', () => `\n\t\t"${id}":\t[],`, 'is not an object'],
    ['no end', (record: string) => record.replace(/\n\t\t\},$/, ','), 'does not end'],
  ])('with %s costs itself, and is counted and logged with its id and byte', async (_, change, problem) => {
    const whole = await nastyWith({});
    const bytes = changed(capture, id, change);
    const { payload, failedProbes, lines } = await nastyWith({ [qstat]: { stdout: bytes } });
    expect(payload.running_jobs).toBe(whole.payload.running_jobs - 1);
    expect({ ...payload, running_jobs: 0, queues: [], user_project_queues: [] }).toEqual({
      ...whole.payload,
      running_jobs: 0,
      queues: [],
      user_project_queues: [],
    });
    expect(failedProbes).toEqual(['jobs (partial)']);
    const byte = bytes.indexOf(`\t\t"${id}"`);
    expect(lines).toContain(`WARN jobs: 1 record could not be read: ${id} at byte ${byte} ${problem}`);
  });
});

test('a banner before the JSON is ignored', async () => {
  const banner = 'NOTICE: "authorised" users {only}\r\n*** \u0007 ***\n';
  const bytes = Buffer.concat([
    Buffer.from(banner),
    bytesOf(
      capture,
      capture.records.map(({ text }) => text),
    ),
  ]);
  const { payload, failedProbes } = await nastyWith({ [qstat]: { stdout: bytes } });
  expect(payload).toEqual((await nastyWith({})).payload);
  expect(failedProbes).toEqual([]);
});

test('many broken jobs are all counted, and the first ten are logged', async () => {
  const records = capture.records.map(({ text, id }) =>
    Number.parseInt(id, 10) < 20 ? text.replace(/"queue":\t"workq"/, '"queue":\t""') : text,
  );
  const { lines } = await nastyWith({ [qstat]: { stdout: bytesOf(capture, records) } });
  const [line = ''] = lines.filter((text) => text.startsWith('WARN jobs: '));
  expect(line).toContain('20 records could not be read');
  expect(line.match(/has no queue/g)).toHaveLength(10);
});

test.each([
  ['a null state', 'n1', /"state":\t"[^"]*"/, '"state":\tnull', 'has no state'],
  ['ncpus "many"', 'n2', /"ncpus":\t16/, '"ncpus":\t"many"', 'ncpus is not a count'],
])('one node with %s costs itself', async (_, id, what, by, problem) => {
  const bytes = changed(nodeCapture, id, (record) => record.replace(what, by));
  const { payload, failedProbes, lines } = await nastyWith({ [pbsnodes]: { stdout: bytes } });
  expect(payload.cpu_nodes_total).toBe(2);
  expect(failedProbes).toEqual(['nodes (partial)']);
  const byte = bytes.indexOf(`\t\t"${id}"`);
  expect(lines).toContain(`WARN nodes: 1 record could not be read: ${id} at byte ${byte} ${problem}`);
});

test('a memory value that is a list is dropped, and its node is kept', async () => {
  const bytes = changed(nodeCapture, '1e5', (record) => record.replace(/"mem":\t"[^"]*"/, '"mem":\t[1]'));
  const whole = await nastyWith({});
  const { payload, failedProbes, lines } = await nastyWith({ [pbsnodes]: { stdout: bytes } });
  expect(payload).toMatchObject({
    cpu_nodes_total: whole.payload.cpu_nodes_total,
    cpu_cores_total: whole.payload.cpu_cores_total,
  });
  expect(payload.memory_total_gb).toBeLessThan(whole.payload.memory_total_gb);
  expect(failedProbes).toEqual(['nodes (partial)']);
  const byte = bytes.indexOf('\t\t"1e5"');
  expect(lines).toContain(
    `WARN nodes: 1 record could not be read: 1e5 at byte ${byte} mem is not a size, so its memory is not counted`,
  );
});

describe('jobs that PBS hides from this user', () => {
  test.each([
    ['without a Jobs key', recordingOf('failure-modes/other-users-hidden')],
    [
      'with null for one',
      overlaid(recordingOf('nasty'), { [qstat]: { stdout: `{\n\t"pbs_version":\t"1",\n\t"Jobs":\tnull\n}\n` } }),
    ],
  ])('are a failed probe where the queues hold some: %s', async (_, executor) => {
    const { failedProbes, payload, lines } = await snapshotOf(nasty, executor);
    expect(failedProbes).toContain('jobs');
    expect(lines).toContain(
      "ERROR jobs: qstat lists no jobs but the queues hold 50: may this user see other users' jobs (query_other_jobs of the PBS server)?",
    );
    expect(payload).toMatchObject({ running_jobs: 0, queues: [], cpu_nodes_total: 3 });
  });

  test('are not suspected if the queues count no jobs', async () => {
    const { failedProbes, payload } = await snapshotOf(
      plainSystem('empty', { queues: ['workq'] }),
      recordingOf('empty-without-jobs'),
    );
    expect(failedProbes).toEqual([]);
    expect(payload).toMatchObject({ running_jobs: 0, cpu_nodes_total: 3, cpu_nodes_down: 3, reservations: [] });
    expect(payload.queues.map(({ queue_name }) => queue_name)).toEqual(['workq']);
  });
});

test('a system without nodes has a snapshot, and nothing failed', async () => {
  const { failedProbes, payload } = await snapshotOf(plainSystem('empty'), recordingOf('empty-without-nodes'));
  expect(failedProbes).toEqual([]);
  expect(payload).toMatchObject({ cpu_nodes_total: 0, cpu_cores_total: 0, cpu_utilization_percent: null });
});

describe('a probe that failed', () => {
  const down = { ending: exited(1, 'no') };

  test('leaves out only its own part, is named, and logs one line', async () => {
    const { failedProbes, payload, lines } = await nastyWith({ 'pbs_rstat -f': down });
    expect(failedProbes).toEqual(['reservations']);
    expect(payload).not.toHaveProperty('reservations');
    expect(payload.running_jobs).toBeGreaterThan(0);
    expect(lines.filter((line) => line.startsWith('ERROR'))).toEqual([
      'ERROR reservations: pbs_rstat -f on nasty exited with 1: no',
    ]);
  });

  test('for queues leaves the roster out', async () => {
    const { failedProbes, payload } = await nastyWith({ 'qstat -Q -f -F json': down, 'qstat -Qa': down });
    expect(failedProbes).toEqual(['queues']);
    expect(payload).not.toHaveProperty('queue_definitions');
  });

  test('for one of the two queue commands loses no data', async () => {
    for (const command of ['qstat -Q -f -F json', 'qstat -Qa']) {
      const { failedProbes, payload } = await nastyWith({ [command]: down });
      expect(failedProbes).toEqual([]);
      expect(payload.queue_definitions?.map(({ queue_name }) => queue_name)).toEqual([
        'workq',
        'R46',
        'R47',
        'R48',
        'R49',
      ]);
    }
  });

  test.each([
    [pbsnodes, 'nodes', 'running_jobs'],
    [qstat, 'jobs', 'cpu_nodes_total'],
  ] as const)('%s gives zeros where there is nothing to repeat, and says so', async (command, probe, kept) => {
    const { failedProbes, payload, lines } = await nastyWith({ [command]: down });
    expect(failedProbes).toEqual([probe]);
    expect(lines).toContain(`WARN ${probe}: sending zeros`);
    expect(payload[kept]).toBeGreaterThan(0);
    expect(probe === 'nodes' ? payload.cpu_nodes_total : payload.running_jobs).toBe(0);
  });
});

describe('a host that cannot be reached', () => {
  const refused = { kind: 'unreachable', host: 'nasty', reason: 'connection refused', stderr: '' } as const;

  test('logs one line for all probes that need it, and marks each of them as failed', async () => {
    const all = { [pbsnodes]: { ending: refused }, [qstat]: { ending: refused }, 'pbs_rstat -f': { ending: refused } };
    const { failedProbes, lines } = await nastyWith(all);
    expect(lines.filter((line) => line.startsWith('ERROR'))).toEqual([
      'ERROR ssh to nasty: connection refused; failed probes: nodes, jobs, reservations',
    ]);
    expect(failedProbes).toEqual(['nodes', 'jobs', 'reservations']);
  });

  test('logs one line for each error text of ssh', async () => {
    const closedBy = (address: string) =>
      ({ ...refused, reason: 'connection lost', stderr: `Connection closed by ${address} port 22` }) as const;
    const { lines } = await nastyWith({
      [pbsnodes]: { ending: closedBy('192.0.2.1') },
      [qstat]: { ending: closedBy('192.0.2.2') },
    });
    expect(lines.filter((line) => line.startsWith('ERROR'))).toEqual([
      'ERROR ssh to nasty: connection lost: Connection closed by 192.0.2.1 port 22; failed probes: nodes, jobs',
    ]);
  });

  test('is distinguished from other failures, and from a failed probe on that host', async () => {
    const { lines } = await nastyWith({
      [pbsnodes]: { ending: refused },
      [qstat]: { ending: { ...refused, reason: 'connection lost' } },
      'pbs_rstat -f': { ending: exited(1, 'no') },
    });
    expect(lines.filter((line) => line.startsWith('ERROR'))).toEqual([
      'ERROR ssh to nasty: connection refused; failed probes: nodes',
      'ERROR ssh to nasty: connection lost; failed probes: jobs',
      'ERROR reservations: pbs_rstat -f on nasty exited with 1: no',
    ]);
  });
});

describe('with all of PBS down', () => {
  test.each(['server-down', 'server-down-old-encoder', 'hung-server'])('nothing is collected: %s', async (mode) => {
    const { log, lines } = memoryLog();
    expect(await collect(nasty, unstopped(recordingOf(`failure-modes/${mode}`)), () => null, log)).toEqual({
      kind: 'nothing',
      reason: 'every probe failed',
    });
    expect(lines.filter((line) => line.startsWith('ERROR'))).toHaveLength(4);
  });
});

describe('what is sent for a required probe that failed', () => {
  const executor = overlaid(recordingOf('nasty'), { [pbsnodes]: { ending: { kind: 'timed-out', seconds: 30 } } });
  const known = { cpu_nodes_total: 3, cpu_cores_total: 48 };

  test.each([
    ['last-known', known, { cpu_nodes_total: 3, cpu_cores_total: 48 }],
    ['last-known', null, { cpu_nodes_total: 0, cpu_cores_total: 0 }],
    ['zero', known, { cpu_nodes_total: 0, cpu_cores_total: 0 }],
  ] as const)('%s, known or not', async (policy, lastKnown, expected) => {
    const system = plainSystem('nasty', { on_failed_probe: policy });
    // Fields that the API requires are there anyway.
    const zeros = (await nastyWith({ [pbsnodes]: { ending: exited(1) } })).payload;
    const all = lastKnown === null ? null : { ...pick(zeros, /nodes|cores|gpu|memory/), ...lastKnown };
    const collected = await collect(system, unstopped(executor), () => all, memoryLog().log);
    const validated = collected.kind === 'collected' ? collected.at(moment) : null;
    expect(validated).toMatchObject({ kind: 'valid', payload: expected });
  });

  test('skip: nothing, with the reason', async () => {
    const system = plainSystem('nasty', { on_failed_probe: 'skip' });
    expect(await collect(system, unstopped(executor), () => known, memoryLog().log)).toEqual({
      kind: 'nothing',
      reason: 'nodes failed and on_failed_probe is skip',
    });
  });

  test('skip does not skip for an optional part', async () => {
    const system = plainSystem('nasty', { on_failed_probe: 'skip' });
    const noReservations = overlaid(recordingOf('nasty'), { 'pbs_rstat -f': { ending: exited(1) } });
    expect((await collect(system, unstopped(noReservations), () => null, memoryLog().log)).kind).toBe('collected');
  });
});

test('the log has the counts of each probe', async () => {
  const { lines } = await snapshotOf(nasty, recordingOf('nasty'));
  expect(lines).toEqual([
    'INFO Collecting nasty',
    'INFO   CPU nodes: 3 total, 0 available',
    'INFO   Jobs: 44 running, 2 pending, 2 held',
    'INFO   Queues: 5 tracked',
    'WARN queues: idle not found in the scheduler and not sent: correct queues in nasty.yaml',
    'INFO   Reservations: 4',
    'INFO   Login nodes: 0/0 available',
    'INFO   Filesystems: 0/0 available',
  ]);
});

test('all probes of a system are started before any has ended', async () => {
  const system = plainSystem('gust', {
    login_nodes: [{ name: 'gust1' }, { name: 'gust2' }],
    mounts: { home: '/home' },
    filesystems: ['home'],
  });
  let started = 0;
  const all = Promise.withResolvers<void>();
  const executor = answering(() => ({ stdout: '' }));
  await collect(
    system,
    unstopped({
      start(command) {
        started += 1;
        if (started === 8) all.resolve();
        const { stdout, ending } = executor.start(command);
        return { stdout, ending: all.promise.then(() => ending) };
      },
    }),
    () => null,
    memoryLog().log,
  );
  expect(started).toBe(8);
});

function pick(payload: object, pattern: RegExp): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(payload).filter(([name, value]) => pattern.test(name) && !Array.isArray(value)),
  );
}

describe('the log of a collection', () => {
  const linesOf = async (...[system, executor]: [Parameters<typeof collect>[0], Executor]) => {
    const { log, lines } = memoryLog();
    await collect(system, unstopped(executor), () => null, log);
    return lines;
  };

  test('has every count', async () => {
    expect(await linesOf(plainSystem('derecho'), recordingOf('derecho'))).toEqual([
      'INFO Collecting derecho',
      'INFO   CPU nodes: 2488 total, 14 available',
      'INFO   GPU nodes: 82 total, 30 available',
      'INFO   Jobs: 112 running, 168 pending, 9 held',
      'INFO   Queues: 20 tracked',
      'INFO   Reservations: 7',
      'INFO   Login nodes: 8/8 available',
      'INFO   Filesystems: 3/3 available',
    ]);
  });

  test('names a kind of node from the first one on', async () => {
    const nodes = { n1: { state: 'free', resources_available: { ncpus: 8, ngpus: 1, mem: '16gb' } } };
    const lines = await linesOf(
      plainSystem('tiny'),
      answering(({ argv }) => ({
        stdout: argv[0] === 'pbsnodes' ? JSON.stringify({ pbs_version: '1', nodes }) : '{"pbs_version":"1"}',
      })),
    );
    expect(lines.filter((line) => line.includes('nodes: '))).toEqual([
      'INFO   GPU nodes: 1 total, 1 available',
      'INFO   Login nodes: 0/0 available',
    ]);
  });
});
