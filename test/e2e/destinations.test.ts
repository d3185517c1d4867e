/** Destinations by name: a site feeds SAM and its own receiver, and neither notices that the other is down. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { startForwardProxy } from '../support/proxy.ts';
import { accept, type Posted, refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { credentials, newSite, type Site } from '../support/site.ts';

const secret = 'the-password-of-ours';

let site: Site;
let sam: SamApi;
let ours: SamApi;
beforeEach(() => {
  site = newSite();
  sam = startSamApi();
  ours = startSamApi();
  site.localSystem('derecho', { recording: 'empty-without-jobs', yaml: 'deliver_to: [sam, ours]' });
  site.localSystem('gust', { recording: 'empty-without-jobs', yaml: 'deliver_to: [ours]' });
  configure(sam.url, ours.url);
});
afterEach(async () => {
  await site.remove();
  await Promise.all([sam.stop(), ours.stop()]);
});

function configure(samUrl: string, oursUrl: string): void {
  site.configure('collector.yaml', `destinations: { ours: { kind: sam, url: '${oursUrl}' } }\n`);
  site.configure(
    'env',
    `STATUS_API_URL=${samUrl}\nSTATUS_API_USER=${credentials.user}\nSTATUS_API_PASSWORD=${credentials.password}\nOURS_API_USER=me\nOURS_API_PASSWORD=${secret}\n`,
  );
}

const pathsOf = ({ posted }: SamApi) => posted.map(({ path }) => path.replace('/api/v1/status/', ''));

/** Starts it again on its port, with other answers. */
async function restarted(api: SamApi, answer?: Parameters<typeof startSamApi>[0]): Promise<SamApi> {
  await api.stop();
  return startSamApi(answer, Number(new URL(api.url).port));
}

/** The answer of the SAM API to an outage: the id of the row that was changed or made. */
function asSam({ body }: Posted): Response {
  return Response.json({ success: true, outage_id: body.outage_id ?? 1 }, { status: 201 });
}

/** The answer of a receiver to an outage: it keeps one row for each key. */
function asReceiver(posted: Posted, count: number): Response {
  const { outage_key } = posted.body;
  return outage_key === undefined
    ? accept(posted, count)
    : Response.json({ success: true, outage_id: 7, outage_key }, { status: 201 });
}

test('a snapshot goes to each destination of its system, with one timestamp, body and login each', async () => {
  const { exit, stderr } = await site.run('run', 'derecho', 'gust');
  expect({ exit, stderr }).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining('Drain: 3 delivered, 0 rejected'),
  });
  expect(stderr).toMatch(/✓ Stored derecho as \S+ \(sam\), \S+ \(ours\) after/);
  expect(stderr).toContain('✓ Posted derecho status: status_id=1');
  expect(stderr).toContain('✓ Posted derecho status to ours: status_id=');
  expect([pathsOf(sam), pathsOf(ours).sort()]).toEqual([['derecho'], ['derecho', 'gust']]);
  const own = ours.posted.find(({ path }) => path.endsWith('derecho'));
  expect(own?.body).toEqual(sam.posted[0]?.body ?? {});
  expect([sam.posted[0], own].map((one) => one?.headers.get('authorization'))).toEqual([
    `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`,
    `Basic ${btoa(`me:${secret}`)}`,
  ]);
  const entries = await site.entries();
  expect(entries.map(({ stream }) => stream).sort()).toEqual(['ours/derecho', 'ours/gust', 'sam/derecho']);
  const ofDerecho = entries.filter(({ stream }) => stream.endsWith('derecho'));
  expect(new Set(ofDerecho.map(({ collected_at }) => collected_at)).size).toBe(1);
  expect(new Set(ofDerecho.map(({ id }) => id)).size).toBe(2);
  expect(site.everything().split(secret)).toHaveLength(2);
});

test('an unavailable destination stops only its own streams, and is named', async () => {
  await ours.stop();
  await site.run('collect', 'derecho', 'gust');
  // No time for retries.
  const broken = await site.run('drain', '--max-seconds', '0.7');
  expect(broken).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining(`derecho status to ours waits: ours at ${ours.url}`),
  });
  expect(pathsOf(sam)).toEqual(['derecho']);
  // The next run delivers to SAM although the other destination rests.
  expect(await site.run('run', 'derecho', 'gust')).toMatchObject({ exit: 0 });
  expect(pathsOf(sam)).toEqual(['derecho', 'derecho']);
  expect((await site.entries('pending')).map(({ stream }) => stream).sort()).toEqual([
    'ours/derecho',
    'ours/derecho',
    'ours/gust',
    'ours/gust',
  ]);
  ours = await restarted(ours);
  expect(await site.run('drain', '--now', '--stream', 'ours/derecho')).toMatchObject({ exit: 0 });
  expect(ours.posted.map(({ body }) => body)).toEqual(sam.posted.map(({ body }) => body));
  expect(await site.run('drain', '--now')).toMatchObject({ exit: 0 });
  expect(await site.entries('pending')).toEqual([]);
});

test('health has the last delivery to each destination', async () => {
  site.configure('collector.yaml', `systems: [derecho]\ndestinations: { ours: { kind: sam, url: '${ours.url}' } }\n`);
  await site.run('run');
  const { systems } = JSON.parse((await site.run('health', '--json')).stdout);
  const at = (await site.entries())[0]?.collected_at;
  expect(systems).toMatchObject([{ system: 'derecho', delivered_at: at, delivered_to: { sam: at, ours: at } }]);
});

test('a run without an outbox posts to each destination, and keeps the snapshot for a failed one', async () => {
  await ours.stop();
  const environment = { ...site.env, XDG_STATE_HOME: '/proc/nowhere' };
  const fallback = `${site.directory}/fallback`;
  site.configure(
    'collector.yaml',
    `fallback_directory: ${fallback}\ndestinations: { ours: { kind: sam, url: '${ours.url}' } }\nlog: { file: ${site.directory}/log }\n`,
  );
  const { exit, stderr } = await site.start(['run', 'derecho', '-v'], { env: environment }).ended;
  expect(exit).toBe(1);
  expect(stderr).toContain('the snapshot was posted directly to the SAM API at');
  expect(stderr).toContain(`posting it directly to ours at ${ours.url} failed`);
  expect(stderr).toContain(`the snapshot is kept in ${fallback}/`);
  expect(pathsOf(sam)).toEqual(['derecho']);
});

test('an outage is sent to the destinations of its system, and its row at each is changed', async () => {
  sam = await restarted(sam, asSam);
  ours = await restarted(ours, asReceiver);
  const report = ['outage', 'report', 'derecho', '--title', 'Login nodes', '--severity', 'minor'];
  const key = (await site.run(...report)).stdout.trim();
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  const resolved = await site.run('outage', 'resolve', key);
  expect(resolved.stderr).toContain('ours: It changes the row with outage_id 7');
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(ours.posted.map(({ body }) => [body.outage_key, body.status, body.outage_id])).toEqual([
    [key, 'investigating', undefined],
    [key, 'resolved', undefined],
  ]);
  expect(sam.posted.map(({ body }) => [body.outage_key, body.status, body.outage_id])).toEqual([
    [key, 'investigating', undefined],
    [key, 'resolved', 1],
  ]);
  const listed = JSON.parse((await site.run('outage', 'ls', '--all', '--json')).stdout);
  expect(listed).toMatchObject({ key, delivery: 'delivered', answers: { ours: [7], sam: [1] } });
});

test('an outage of a system that is sent only to the receiver is not sent to SAM', async () => {
  await site.run('outage', 'report', 'gust', '--title', 'Down', '--severity', 'major');
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect([pathsOf(sam), pathsOf(ours)]).toEqual([[], ['outage']]);
});

test('the entries of a removed destination stay pending, and are deleted by a person', async () => {
  await site.run('collect', 'derecho', 'gust');
  site.configure('collector.yaml', 'systems: []\n');
  const { exit, stderr } = await site.run('drain');
  expect(exit).toBe(2);
  expect(stderr).toContain('there are pending entries for the destination ours, which is not configured: add ours to');
  expect(pathsOf(sam)).toEqual(['derecho']);
  expect(await site.run('outbox', 'drop', '--stream', 'ours/derecho', '--yes')).toMatchObject({ exit: 0 });
  expect(await site.run('outbox', 'drop', '--stream', 'ours/gust', '--yes')).toMatchObject({ exit: 0 });
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
});

test('an entry that one destination rejected can be sent to it again', async () => {
  ours = await restarted(ours, refuse(400, 'no such system'));
  expect(await site.run('run', 'derecho')).toMatchObject({ exit: 1 });
  expect(await site.entries('rejected')).toMatchObject([{ stream: 'ours/derecho' }]);
  ours = await restarted(ours);
  expect(await site.run('outbox', 'retry', '--stream', 'ours/derecho', '--state', 'rejected')).toMatchObject({
    exit: 0,
  });
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect([sam.posted.length, ours.posted.length]).toEqual([1, 1]);
});

test('doctor checks each destination with its own systems, and the shell completes their streams', async () => {
  sam = await restarted(sam, refuse(400, 'JSON body required'));
  ours = await restarted(ours, refuse(400, 'JSON body required'));
  site.configure(
    'collector.yaml',
    `systems: [derecho, gust]\ndestinations: { ours: { kind: sam, url: '${ours.url}' } }\n`,
  );
  const { stdout } = await site.run('doctor', '--json');
  const findings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const named = findings.map(({ name }) => String(name)).filter((name) => / API|^API/.test(name));
  expect(named).toEqual(['API', 'API derecho', 'ours API', 'ours API derecho', 'ours API gust']);
  expect(findings.find(({ name }) => name === 'credentials')).toMatchObject({
    result: 'pass',
    message: `user ${credentials.user}, for ${sam.url}; user me, for ${ours.url}`,
  });
  const script = (await site.run('completion', 'bash')).stdout;
  for (const stream of ['sam/derecho', 'ours/derecho', 'ours/gust']) expect(script).toContain(stream);
  expect(script).not.toContain('sam/gust');
  const unknown = await site.run('drain', '--stream', 'ours/derehco');
  expect(unknown).toMatchObject({ exit: 2, stderr: expect.stringContaining("did you mean 'ours/derecho'?") });
});

test('each destination has its own proxy, whose password appears nowhere', async () => {
  const proxy = startForwardProxy(ours.url);
  configure(sam.url, 'http://ours.invalid');
  site.configure(
    'collector.yaml',
    `destinations: { ours: { kind: sam, url: 'http://ours.invalid', allow_insecure_http: true } }\n`,
  );
  const environment = { ...site.env, OURS_API_PROXY: `http://me:radium-226@${proxy.host}` };
  const { exit, stderr } = await site.start(['run', 'derecho', '-v'], { env: environment }).ended;
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(proxy.seen).toEqual([
    { url: 'http://ours.invalid/api/v1/status/derecho', authorization: `Basic ${btoa('me:radium-226')}` },
  ]);
  expect([sam.posted.length, ours.posted.length]).toEqual([1, 1]);
  const shown = await site.start(['config', 'show'], { env: environment }).ended;
  expect(shown.stdout).toMatch(/destinations\.ours\.proxy +\S*\*{8}\S* +environment OURS_API_PROXY/);
  expect(stderr + shown.stdout + site.everything()).not.toContain('radium-226');
  await proxy.stop();
});

test('an unattended drain reports a failed destination once, and its recovery when all are well', async () => {
  await ours.stop();
  await site.run('collect', 'derecho');
  const drain = async (...flags: string[]) =>
    (await site.runUnwatched('drain', '--max-seconds', '0.7', ...flags)).stderr;
  expect(await drain()).toContain(`derecho status to ours waits: ours at ${ours.url}`);
  // SAM gets the next snapshot, while the other destination rests: that is no recovery.
  await site.run('collect', 'derecho');
  expect(await drain()).toBe('');
  expect(sam.posted).toHaveLength(2);
  ours = await restarted(ours);
  expect(await drain('--now')).toContain('✓ Delivered again');
});
