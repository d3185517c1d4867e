import { describe, expect, test } from 'bun:test';
import type { Ending } from '../../src/exec/command.ts';
import { httpExits } from '../../src/exec/http.ts';
import { probeHubNodes, probeMetrics, probeUsers } from '../../src/jupyterhub/probes.ts';
import { recordingOf } from '../support/collected.ts';
import { answering, exited, overlaid } from '../support/executors.ts';
import { answeringUsers, hubUser } from '../support/hub-users.ts';
import { hubOf } from '../support/systems.ts';

const system = hubOf({ url: 'https://hub.example.org/stable/hub/' });
const usersOf = async (answer: Parameters<typeof answeringUsers>[0]) => {
  const executor = answeringUsers(answer);
  return { ...(await probeUsers(system, executor)), asked: executor.asked };
};
const reasonOf = ({ probed }: Awaited<ReturnType<typeof usersOf>>) =>
  probed.kind === 'failed' ? probed.reason : 'is no failure';

test('each request and the command have the configured time, and a limit of output', async () => {
  const seen: unknown[] = [];
  const executor = answering(({ host, timeoutSeconds, maxOutputBytes }) => {
    seen.push([host, timeoutSeconds, maxOutputBytes]);
    return { stdout: '[]' };
  });
  const timeouts = { request: 7, command: 8 };
  const limited = hubOf({ timeouts, max_output_mib: { host: 3 }, nodes_host: 'login1' });
  await probeUsers(limited, executor);
  await probeMetrics(limited, executor);
  await probeHubNodes(limited, ['jhlnodes'], executor);
  const mebibyte = 1_048_576;
  expect(seen).toEqual([
    [null, 7, 256 * mebibyte],
    [null, 7, 256 * mebibyte],
    ['login1', 8, 3 * mebibyte],
  ]);
});

describe('users', () => {
  /** The hub whose 5,000 users were recorded. */
  const recorded = hubOf({ url: 'http://127.0.0.1:8000' });
  const pageAt = (offset: number) =>
    `GET -H Accept: application/jupyterhub-pagination+json http://127.0.0.1:8000/hub/api/users?state=active&offset=${offset}&limit=200`;

  test('5,000 of them come page by page, each once, though the hub lists some on two pages', async () => {
    const { answers, probed } = await probeUsers(recorded, recordingOf('jupyterhub'));
    expect(answers).toBe(true);
    if (probed.kind !== 'done' || !Array.isArray(probed.value)) throw new Error('they did not come');
    expect(new Set(probed.value.map(({ name }) => name)).size).toBe(5000);
    expect(probed.value).toHaveLength(5000);
    const servers = probed.value.flatMap((user) => user.servers);
    expect(servers).toHaveLength(5480);
    expect(servers.filter(({ running }) => running)).toHaveLength(5384);
  });

  test.each([
    [200, 2],
    [400, 3],
  ])('a hub that fails at the user %d, after pages that answered, is not down', async (offset, page) => {
    const failing = overlaid(recordingOf('jupyterhub'), {
      [pageAt(offset)]: { ending: exited(httpExits.status, 'HTTP 503') },
    });
    expect(await probeUsers(recorded, failing)).toEqual({
      answers: true,
      probed: { kind: 'failed', reason: `http://127.0.0.1:8000: HTTP 503 (page ${page})` },
    });
  });

  test('a page has the time of one request, and less if the list has less left', async () => {
    const seconds: number[] = [];
    const slow = hubOf({ url: 'http://127.0.0.1:8000', timeouts: { request: 0.2 } });
    const found = await probeUsers(
      slow,
      answering(({ timeoutSeconds }) => {
        seconds.push(timeoutSeconds);
        Bun.sleepSync(20);
        return { stdout: JSON.stringify({ items: [], _pagination: { next: { offset: seconds.length } } }) };
      }),
    );
    expect(found.probed).toMatchObject({ kind: 'failed', reason: expect.stringContaining('does not end') });
    expect(seconds[0]).toBe(0.2);
    expect(Math.max(...seconds)).toBe(0.2);
    expect(seconds.at(-1)).toBeLessThan(0.2);
    // The list ends when no time is left.
    expect(Math.min(...seconds)).toBeGreaterThan(0);
  });

  test('the error about an aborted list has its users, pages and bytes', async () => {
    const page = (offset: number) => ({ items: [], _pagination: { next: { offset: offset + 1 } } });
    const bytes = Array.from({ length: 500 }, (_, offset) => JSON.stringify(page(offset)).length);
    const total = bytes.reduce((sum, one) => sum + one, 0);
    expect(reasonOf(await usersOf(page))).toContain(`does not end: 0 users in 500 pages, ${total} bytes`);
  });

  const list = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => hubUser(`user${from + index}`, { '': {} }));

  test('the page after a shorter one than asked for is where the hub says', async () => {
    const { probed, asked } = await usersOf((offset) => ({
      items: list(offset, offset + 3),
      _pagination: { next: offset < 6 ? { offset: offset + 3 } : null },
    }));
    expect(asked).toEqual([0, 3, 6].map((offset) => `/stable/hub/api/users?state=active&offset=${offset}&limit=200`));
    expect(probed).toMatchObject({ value: { length: 9 } });
  });

  test.each([
    ['all at once', () => list(0, 450), 450, 1],
    ['by offset and limit', (offset: number, limit: number) => list(offset, Math.min(450, offset + limit)), 450, 3],
    ['all at once, and just as many as a page has', () => list(0, 200), 200, 2],
    ['none', () => [], 0, 1],
  ])('of a hub before 2.0, as a plain list: %s', async (_, answer, users, requests) => {
    const { probed, asked } = await usersOf(answer);
    expect(probed).toMatchObject({ kind: 'done', value: { length: users } });
    expect(asked).toHaveLength(requests);
  });

  test('an unreadable user record is skipped alone', async () => {
    const { probed } = await usersOf(() => [hubUser('ada', { '': {} }), { name: 'bob', servers: [] }, 7]);
    expect(probed).toMatchObject({ kind: 'done', value: [{ name: 'ada' }], damaged: { count: 2 } });
  });

  test.each([
    ['a page of HTML', '<html>Sign in</html>', 'is not a list of users'],
    ['another JSON', { error: 'no' }, 'is not a list of users'],
    ['users without servers', [{ name: 'ada', kind: 'user' }], 'read:servers'],
    ['nothing but what cannot be read', [7, 8], 'none of 2 users could be read'],
    ['401', 401, 'check JUPYTERHUB_ADMIN_TOKEN'],
    ['403', 403, 'list:users'],
    ['404', 404, 'check url'],
    ['302', 302, 'check url'],
    ['429', 429, 'fewer requests'],
  ])('%s is a failed probe of a hub that answers', async (_, answer, words) => {
    const found = await usersOf(() => answer);
    expect(reasonOf(found)).toContain(words);
    expect(found.answers).toBe(true);
  });

  test.each([
    ['that goes back', (offset: number) => ({ items: [], _pagination: { next: { offset: offset === 0 ? 9 : 9 } } })],
    ['that does not end', (offset: number) => ({ items: [], _pagination: { next: { offset: offset + 1 } } })],
  ])('a list %s is given up', async (words, answer) => {
    const found = await usersOf(answer);
    expect(reasonOf(found)).toContain(words.includes('back') ? 'goes back from 9 to 9' : 'does not end');
    expect(found.asked.length).toBeLessThanOrEqual(500);
    expect(found.answers).toBe(true);
  });
});

describe('a hub that does not answer', () => {
  const endedWith = (ending: Ending) =>
    probeUsers(
      system,
      answering(() => ({ ending })),
    );

  test.each([
    ['refused', exited(httpExits.refused, 'connection refused'), 'connection refused'],
    ['lost', exited(httpExits.lost, 'the connection was lost'), 'the connection was lost'],
    ['late', { kind: 'timed-out', seconds: 30 } as const, 'no answer within 30 s'],
    ['500', exited(httpExits.status, 'HTTP 500: oops'), 'HTTP 500: oops'],
    ['502', exited(httpExits.status, 'HTTP 502'), 'HTTP 502'],
  ])('%s is down', async (_, ending, words) => {
    expect(await endedWith(ending)).toMatchObject({
      answers: false,
      probed: { kind: 'done', value: { unavailable: `https://hub.example.org/stable: ${words}` } },
    });
  });

  test.each([
    ['whose certificate is not trusted', exited(httpExits.certificate, 'self signed certificate'), 'ca_file'],
    ['whose name is not known', exited(httpExits.unknownHost, 'unknown host name'), 'unknown host name'],
    ['that is not recorded', { kind: 'not-recorded' } as const, 'is not recorded'],
    ['whose answer has no status', exited(httpExits.status, 'strange'), 'strange'],
    [
      'whose answer cannot be read',
      exited(httpExits.other, 'HTTP 500 is said elsewhere'),
      'HTTP 500 is said elsewhere',
    ],
  ])('%s may be up or down', async (_, ending, words) => {
    const found = await endedWith(ending);
    expect(found).toMatchObject({ answers: null, probed: { kind: 'failed', reason: expect.stringContaining(words) } });
  });
});

describe('metrics', () => {
  const text = `# HELP busy is a gauge
# TYPE busy gauge
busy{host="a",note="}\\" 7"} 20.0
busy{host="b"} 4 1700000000000
all 96
percent_used 4.2e+1
broken NaN
`;
  const metricsOf = (metrics: object, stdout = text) =>
    probeMetrics(
      hubOf({ metrics }),
      answering(() => ({ stdout })),
    );

  test('that are cut off within a line are a failed probe', async () => {
    expect(await metricsOf({ cpu_utilization_percent: 'percent_used' }, text.slice(0, -8))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('printed incomplete output'),
    });
  });

  test('are a percentage, or a part of a total, over all series', async () => {
    expect(
      await metricsOf({
        cpu_utilization_percent: { used: 'busy', total: 'all' },
        memory_utilization_percent: 'percent_used',
      }),
    ).toMatchObject({ value: { cpu_utilization_percent: 25, memory_utilization_percent: 42 } });
  });

  test.each([
    ['nothing of a whole', 'busy 0\nall 96\n', { value: { cpu_utilization_percent: 0 } }],
    ['one of one', 'busy 1\nall 1\n', { value: { cpu_utilization_percent: 100 } }],
    ['nothing of nothing', 'busy 0\nall 0\n', { kind: 'failed', reason: expect.stringMatching(/no all .*0$/) }],
    ['a part of an unknown whole', 'busy 1\n', { kind: 'failed', reason: "the hub's metrics have no all" }],
    ['an unknown part', 'all 1\n', { kind: 'failed', reason: "the hub's metrics have no busy" }],
  ])('of %s', async (_, found, expected) => {
    expect(await metricsOf({ cpu_utilization_percent: { used: 'busy', total: 'all' } }, found)).toMatchObject(expected);
  });

  test('that lack two of the fields name both', async () => {
    const metrics = { cpu_utilization_percent: 'one', memory_utilization_percent: { used: 'busy', total: 'two' } };
    expect(await metricsOf(metrics)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/ one and .* two$/),
    });
  });

  test.each(['gone', 'broken'])('that are not there (%s) are a failed probe that names them', async (name) => {
    expect(await metricsOf({ cpu_utilization_percent: name })).toMatchObject({
      kind: 'failed',
      reason: `the hub's metrics have no ${name}`,
    });
  });
});

describe('the table of nodes', () => {
  const heading = `                                                        mem       ncpus   nmics   ngpus
vnode           state           njobs   run   susp      f/t        f/t     f/t     f/t   jobs
--------------- --------------- ------ ----- ------ ------------ ------- ------- ------- -------
`;
  const nodesOf = (stdout: string, argv: readonly [string, ...string[]] = ['jhlnodes']) =>
    probeHubNodes(
      system,
      argv,
      answering(() => ({ stdout })),
    );

  test('is read as pbsnodes -aSj prints it', async () => {
    const row =
      'crhtc50         free                16    16      0  194gb/354gb    2/34     0/0     1/2 662075,662076\n';
    expect(await nodesOf(heading + row)).toMatchObject({
      kind: 'done',
      value: [
        {
          name: 'crhtc50',
          state: 'available',
          stateText: 'free',
          jobs: 16,
          jobsRunning: 16,
          jobsSuspended: 0,
          memoryFreeGib: 194,
          memoryGib: 354,
          coresFree: 2,
          cores: 34,
          gpusFree: 1,
          gpus: 2,
          jobIds: '662075,662076',
        },
      ],
    });
  });

  test('a cut-off line is skipped alone', async () => {
    const row = 'crhtc51         down,offline         0     0      0  354gb/354gb   36/36     0/0     0/0 --\n';
    expect(await nodesOf(`${heading}crhtc50         free                16    1\n${row}`)).toMatchObject({
      kind: 'done',
      value: [{ name: 'crhtc51', state: 'down', jobIds: '' }],
      damaged: { count: 1, first: [{ record: 'crhtc50' }] },
    });
  });

  test('that ends within a line is a failed probe', async () => {
    const row = 'crhtc51         down,offline         0     0      0  354gb/354gb   36/36     0/0     0/0 --\n';
    expect(await nodesOf(heading + row + row.slice(0, -3))).toMatchObject({
      kind: 'failed',
      reason: 'jhlnodes printed incomplete output: it ends too early',
    });
  });

  test('anything else is a failed probe', async () => {
    expect(await nodesOf('bash: warning\n')).toMatchObject({
      kind: 'failed',
      reason: 'jhlnodes printed no table of nodes',
    });
    expect(await nodesOf(`${heading}x\n`, ['jhlnodes', '-a'])).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^jhlnodes -a: no line could be read: (?!undefined)./),
    });
    expect(await nodesOf('x\n', ['jhlnodes', '-a'])).toMatchObject({ reason: 'jhlnodes -a printed no table of nodes' });
  });

  test('without rows is a table without nodes', async () => {
    expect(await nodesOf(heading)).toMatchObject({ kind: 'done', value: [], damaged: { count: 0 } });
  });
});
