/** What a probe makes of how PBS's commands end, on recordings of real ones: the exit code counts first. */

import { describe, expect, test } from 'bun:test';
import type { Ending, Executor } from '../../src/exec/command.ts';
import { probeQueues, probeReservations } from '../../src/pbs/probes.ts';
import { recordingOf } from '../support/collected.ts';
import { answering, exited } from '../support/executors.ts';
import { jobsFrom, nodesFrom } from '../support/pbs.ts';
import { plainSystem } from '../support/systems.ts';

const nasty = plainSystem('nasty', { timezone: 'America/Denver' });
const empty = plainSystem('empty');

const failureModes = (name: string) => recordingOf(`failure-modes/${name}`);
/** What is printed, and how it ends. */
const printing = (stdout: string, ending: Ending = exited(0)): Executor => answering(() => ({ stdout, ending }));

const header = '{\n\t"timestamp":\t1,\n\t"pbs_version":\t"23.06.06",\n\t"pbs_server":\t"s"\n}\n';

describe('jobs', () => {
  test.each([
    [
      'of a server that is down, though its JSON is valid',
      failureModes('server-down'),
      'qstat -f -F json on nasty exited with 255: qstat: cannot connect to server nasty-pbs (errno=15010)',
    ],
    ['of a server that is down, with the old encoder', failureModes('server-down-old-encoder'), 'exited with 255'],
    ['of an unknown server', failureModes('unknown-server'), 'cannot connect to server nosuchhost'],
    ['without a configuration of PBS', failureModes('missing-configuration'), 'exited with 255'],
    ['of a server that hangs', failureModes('hung-server'), 'qstat -f -F json on nasty did not end within 20 s'],
    ['printed on a full device, with exit code 0', failureModes('full-device'), 'printed no PBS JSON'],
    ['of a program that is not there', answering(() => null), 'there is no qstat in PATH or search_path'],
    [
      'that were cut off for their size',
      printing(header, { kind: 'output-too-large', limitBytes: 9 }),
      'more than 9 bytes',
    ],
    ['that are an error in HTML', printing('<html>\n<body>down</body>\n</html>\n'), 'printed no PBS JSON'],
    [
      'complained of with exit code 0',
      printing('', exited(0, 'qstat: not today\n')),
      'printed nothing but an error: qstat: not today',
    ],
  ])('%s are a failed probe', async (_, executor, reason) => {
    const { given, probed } = await jobsFrom(executor);
    expect(probed).toEqual({ kind: 'failed', reason: expect.stringContaining(reason) });
    expect(given).toEqual([]);
  });

  test.each([
    ['without a Jobs key', header],
    ['with an empty one', header.replace('"s"\n', '"s",\n\t"Jobs":\t{\n\t}\n')],
    ['with an empty one on one line', header.replace('"s"\n', '"s",\n\t"Jobs":\t{}\n')],
    ['with null for one', header.replace('"s"\n', '"s",\n\t"Jobs":\tnull\n')],
    ['on one line', '{"timestamp":1,"pbs_version":"23.06.06","Jobs":{}}'],
  ])('%s and with exit code 0 are an idle system', async (_, stdout) => {
    const { given, probed } = await jobsFrom(printing(stdout));
    expect(probed).toMatchObject({ kind: 'done' });
    expect(probed.kind === 'done' && probed.damaged.count).toBe(0);
    expect(given).toEqual([]);
  });
});

describe('nodes', () => {
  test('of a server without nodes are an empty list, although pbsnodes exits with 1', async () => {
    const { given, probed } = await nodesFrom({
      start: (command) => recordingOf('empty-without-nodes').start({ ...command, host: 'empty' }),
    });
    expect(probed.kind).toBe('done');
    expect(given).toEqual([]);
  });

  test.each([
    [
      'of a server that is down',
      failureModes('server-down'),
      'pbsnodes: cannot connect to server nasty-pbs, error=15010',
    ],
    ['of a server that is down, with the old encoder', failureModes('server-down-old-encoder'), 'error=15010'],
    ['of a server that hangs', failureModes('hung-server'), 'did not end within 20 s'],
    ['printed on a full device', failureModes('full-device'), 'printed no PBS JSON'],
    [
      'that PBS does not know, with exit code 0',
      printing(header.replace('"s"\n', '"s",\n\t"nodes":\t{\n\t\t"x":\t{\n\t\t\t"x":\t"Unknown node "\n\t\t}\n\t}\n')),
      'none of 1 records could be read: has no state',
    ],
  ])('%s are a failed probe', async (_, executor, reason) => {
    const { given, probed } = await nodesFrom(executor);
    expect(probed).toEqual({ kind: 'failed', reason: expect.stringContaining(reason) });
    expect(given).toEqual([]);
  });
});

describe('records on one line, as other programs print them', () => {
  const job = { Job_Owner: 'a@b', job_state: 'R', queue: 'q', Resource_List: { ncpus: 2 }, exec_host: 'n1/0+n2/0' };

  test('are read', async () => {
    const text = JSON.stringify({ pbs_version: '1', Jobs: { '1.s': job, '2.s': { ...job, Account_Name: 'µé' } } });
    const { given } = await jobsFrom(printing(text));
    expect(given.map(({ id, project, cores, hosts }) => [id, project, cores, hosts])).toEqual([
      ['1.s', null, 2, ['n1', 'n2']],
      ['2.s', 'µé', 2, ['n1', 'n2']],
    ]);
  });

  test('with a job in an unknown state do not count it', async () => {
    const text = JSON.stringify({ pbs_version: '1', Jobs: { '1.s': { ...job, job_state: 'constructor' } } });
    expect((await jobsFrom(printing(text))).given).toMatchObject([{ running: 0, pending: 0, held: 0 }]);
  });

  test('are all lost when one is broken, and the probe failed', async () => {
    const { probed } = await jobsFrom(printing('{"pbs_version":"1","Jobs":{"1.s":{"a":01}}}'));
    expect(probed.kind).toBe('failed');
  });
});

describe('nodes whose vnodes differ', () => {
  const nodes = (list: object) => JSON.stringify({ pbs_version: '1', nodes: list });
  const host = (name: string) => ({ resources_available: { host: name, ncpus: 4 }, state: 'free' });
  const differing = (name: string) => ({ ...host(name), state: '<various>' });

  test('are read from their vnodes, and without any they are damaged records', async () => {
    const executor = answering(({ argv }) => ({
      stdout: argv.includes('-avj')
        ? nodes({ 'n1[0]': host('n1'), 'n1[1]': host('n1'), 'n4[0]': host('n4') })
        : nodes({ n1: differing('n1'), n2: differing('n2'), n3: { ...host('n3'), jobs: ['1.s', '2.s'] } }),
    }));
    const { given, probed } = await nodesFrom(executor);
    expect(given.map(({ name, cores, jobs }) => [name, cores, jobs])).toEqual([
      ['n3', 4, ['1.s', '2.s']],
      ['n1', 8, []],
    ]);
    expect(probed).toMatchObject({
      damaged: { count: 1, first: [{ record: 'n2', byte: 0, problem: 'has no readable vnodes' }] },
    });
  });

  test('are a failed probe if the vnodes cannot be asked', async () => {
    const executor = answering(({ argv }) =>
      argv.includes('-avj')
        ? { ending: exited(1, 'pbsnodes: no') }
        : { stdout: nodes({ n1: differing('n1'), n2: differing('n2'), n3: host('n3') }) },
    );
    expect((await nodesFrom(executor)).probed).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/exited with 1: pbsnodes: no \(the vnodes of 2 hosts differ: n1, …\)$/),
    });
  });
});

describe('queues', () => {
  test('come with their type and state', async () => {
    const probed = await probeQueues(plainSystem('derecho'), recordingOf('derecho'));
    if (probed.kind === 'failed') throw new Error(probed.reason);
    const named = (name: string) => probed.value.find((queue) => queue.name === name);
    expect(probed.value).toHaveLength(20);
    expect(named('main')).toEqual({ name: 'main', type: 'Route', enabled: true, started: true, jobs: 11 });
    expect(named('stopped')).toEqual({ name: 'stopped', type: 'Execution', enabled: true, started: false, jobs: 1 });
    expect(named('repair')).toEqual({ name: 'repair', type: 'Execution', enabled: false, started: false, jobs: 0 });
  });

  const table = `Max out the walltime only if you must. Queue: 5 yes no
Server comment: machine will be down on Tuesday
Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type
---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----
cpu                  0   198 yes yes   142    53     3     0     0     0 Exe*
main                 0    11  no yes     0     0     6     5     0     0 Rou*
`;
  const fromTable = [
    { name: 'cpu', type: 'Execution', enabled: true, started: true, jobs: 198 },
    { name: 'main', type: 'Route', enabled: false, started: true, jobs: 11 },
  ];
  const asked = (json: string, text: string, ending = exited(0)) =>
    probeQueues(
      empty,
      answering(({ argv }) => ({ stdout: argv.includes('json') ? json : text, ending })),
    );

  test('are read from the table if their JSON is broken, also after a server comment', async () => {
    expect(await asked('Segmentation fault\n', table)).toMatchObject({ kind: 'done', value: fromTable });
  });

  test('whose record is broken are taken from the table, and the probe is partial', async () => {
    const json = header.replace('"s"\n', '"s",\n\t"Queue":\t{\n\t\t"cpu":\t{\n\t\t\t"total_jobs":\t01x\n\t\t}\n\t}\n');
    // The only record is broken, so the JSON has failed as a whole.
    expect(await asked(json, table)).toMatchObject({ kind: 'done', value: fromTable });
    const twoQueues = header.replace(
      '"s"\n',
      '"s",\n\t"Queue":\t{\n\t\t"cpu":\t{\n\t\t\t"total_jobs":\t"x"\n\t\t},\n\t\t"main":\t{\n\t\t\t"queue_type":\t"Route"\n\t\t}\n\t}\n',
    );
    const probed = await asked(twoQueues, table);
    expect(probed.kind === 'done' && probed.damaged.count).toBe(1);
    expect(probed.kind === 'done' && probed.value.map(({ name }) => name).sort()).toEqual(['cpu', 'main']);
  });

  test('of a server that is down are a failed probe', async () => {
    expect((await probeQueues(nasty, failureModes('server-down'))).kind).toBe('failed');
    expect((await asked(header, table, exited(255))).kind).toBe('failed');
  });

  test('with a key twice are read', async () => {
    const probed = await probeQueues(plainSystem('derecho'), recordingOf('derecho'));
    const old = await probeQueues(plainSystem('derecho'), recordingOf('derecho-old-encoder'));
    expect(old.kind === 'done' && old.value).toEqual(probed.kind === 'done' && probed.value);
  });
});

describe('reservations', () => {
  const named = async (recording: string, system = nasty) => {
    const probed = await probeReservations(system, recordingOf(recording));
    return probed.kind === 'failed' ? probed.reason : probed.value.map(({ id, name }) => [id, name]);
  };

  test('without a name (NULL) go by their queue; one is really called null', async () => {
    expect(await named('nasty')).toEqual([
      ['R46.nasty-pbs', '1e5'],
      ['R47.nasty-pbs', '0123'],
      ['R48.nasty-pbs', 'null'],
      ['R49.nasty-pbs', 'R49'],
    ]);
  });

  test('have their times from the time zone of their system', async () => {
    const probed = await probeReservations(nasty, recordingOf('nasty'));
    expect(probed.kind === 'done' && probed.value[0]).toEqual({
      id: 'R46.nasty-pbs',
      name: '1e5',
      start: new Date('2026-11-21T09:52:00Z'),
      end: new Date('2026-11-21T10:22:00Z'),
      nodes: 1,
      partition: 'pbs-default',
    });
  });

  test('of a system without reservations are an empty list', async () => {
    expect(await named('empty-without-jobs', empty)).toEqual([]);
  });

  test.each(['server-down', 'unknown-server', 'hung-server'])('are a failed probe: %s', async (mode) => {
    expect((await probeReservations(nasty, failureModes(mode))).kind).toBe('failed');
  });

  test('are a failed probe if pbs_rstat prints only an error, although it exits with 0', async () => {
    expect(await probeReservations(nasty, failureModes('missing-configuration'))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('pbs_rstat: cannot connect to server (errno=0)'),
    });
  });

  const block = (id: string, lines: string) => `Resv ID: ${id}\n${lines}\n\n`;
  const times = 'reserve_start = Sat Nov 21 02:52:00 2026\nreserve_end = Sat Nov 21 03:22:00 2026';
  const read = async (text: string) => probeReservations(nasty, printing(text));

  test('are skipped alone if their times are invalid', async () => {
    const probed = await read(
      block('R1.s', times) + block('R2.s', 'reserve_start = soon') + block('R3.s', `${times}\nqueue = R3`),
    );
    expect(probed.kind === 'done' && probed.value.map(({ name, nodes }) => [name, nodes])).toEqual([
      ['R1.s', null],
      ['R3', null],
    ]);
    expect(probed.kind === 'done' && probed.damaged.first).toEqual([
      { record: 'R2.s', byte: expect.any(Number), problem: 'reserve_start or reserve_end is not a time' },
    ]);
  });

  test('that end before they start are skipped', async () => {
    const probed = await read(block('R1.s', times.replace('21 03:22', ' 7 03:22')));
    expect(probed.kind === 'done' && probed.damaged.first[0]?.problem).toBe('reserve_end is before reserve_start');
  });

  test.each([
    ['(dec1:ncpus=2)+(dec2:ncpus=2)', 2],
    ['(dec1[0]:ncpus=2+dec1[1]:ncpus=2)+(dec2:ncpus=2:ngpus=1)', 2],
    ['', null],
  ])('without nodect count the hosts of resv_nodes = %s', async (nodes, expected) => {
    const probed = await read(block('R1.s', `${times}\nresv_nodes = ${nodes}`));
    expect(probed.kind === 'done' && probed.value[0]?.nodes).toBe(expected);
  });

  test.each([
    ['RESV_UNCONFIRMED', 0],
    ['RESV_DELETED', 0],
    ['RESV_CONFIRMED', 1],
    ['RESV_RUNNING', 1],
    ['RESV_DEGRADED', 1],
  ])('in the state %s are reported: %d', async (state, expected) => {
    const probed = await read(block('R1.s', `reserve_state = ${state}\n${times}`));
    expect(probed.kind === 'done' && probed.value).toHaveLength(expected);
  });

  test.each([
    ['of a quarter of an hour', 'reserve_duration = 900\n', '07:30', '07:45'],
    ['of five quarters', 'reserve_duration = 4500\n', '07:30', '08:45'],
    ['of a length that is not printed', '', '07:30', '07:45'],
  ])('within the hour that the clocks show twice are those %s', async (_, duration, start, end) => {
    const twice = 'reserve_start = Sun Nov  1 01:30:00 2026\nreserve_end = Sun Nov  1 01:45:00 2026';
    const probed = await read(block('R1.s', `${duration}${twice}`));
    expect(
      probed.kind === 'done' && probed.value.map((one) => [one.start.toISOString(), one.end.toISOString()]),
    ).toEqual([[`2026-11-01T${start}:00.000Z`, `2026-11-01T${end}:00.000Z`]]);
  });

  test('have values that go on over several lines', async () => {
    const probed = await read(block('R1.s', `Reserve_Name = long\n\tname\n${times}`));
    expect(probed.kind === 'done' && probed.value[0]?.name).toBe('longname');
  });
});

test('every command is an argument vector for the host of PBS, with its deadline and its limit', async () => {
  const asked: string[] = [];
  const executor = answering(({ argv, host, via, timeoutSeconds, maxOutputBytes }) => {
    asked.push([...argv, host, via, timeoutSeconds, maxOutputBytes / 2 ** 20].join(' '));
    return { stdout: header };
  });
  const system = plainSystem('gust', { timeouts: { command: 7 }, max_output_mib: { scheduler: 64 } });
  await probeQueues(system, executor);
  await probeReservations(system, executor);
  expect(asked).toEqual(['qstat -Q -f -F json gust  7 64', 'qstat -Qa gust  7 64', 'pbs_rstat -f gust  7 64']);
});
