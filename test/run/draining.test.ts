import { describe, expect, spyOn, test } from 'bun:test';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createConsola } from 'consola';
import { loadConfig } from '../../src/config/load.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import type { Log } from '../../src/lib/log.ts';
import { drainLockFile } from '../../src/outbox/files.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import type { OutboxLocation } from '../../src/outbox/open.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import { drainOutbox } from '../../src/run/draining.ts';
import { accepted, answer, password, startFixture, type TestOutbox, user } from '../delivery/helper.ts';

const silent = createConsola({ reporters: [] });

function locationOf(box: TestOutbox, log: Log): OutboxLocation {
  return { file: box.file, isNamed: false, host: hostname(), spool: new Spool(box.directory, box.file), log };
}

/** Drains as a command does; no retry has the time to be made. */
function drainAt(box: TestOutbox, url: string, environment: Record<string, string> = {}, maxSeconds = 0.5) {
  const config = loadConfig(box.directory, {
    STATUS_API_URL: url,
    STATUS_API_USER: user,
    STATUS_API_PASSWORD: password,
    ...environment,
  });
  const lines: string[] = [];
  const log = createConsola({ level: 999, reporters: [{ log: (line) => lines.push(line.args.join(' ')) }] });
  const context = { config, log, outbox: locationOf(box, log), hanging: null, changes: null };
  const code = drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds });
  return code.then((exitCode) => ({ exitCode, lines }));
}

describe('the exit code of a drain', () => {
  test.each([
    ['0 when all is delivered', accepted(), 0, 'Drain: 2 delivered, 0 rejected, 0 left'],
    ['1 for a wrong password', answer(401), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
    ['1 for a missing permission', answer(403), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
    ['1 for a wrong address', answer(404), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
    ['1 for another wrong address', answer(405), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
    ['1 for a login page', answer(302, '', { Location: '/login' }), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
    ['1 when a body is rejected', answer(400, { error: 'no' }), 1, 'Drain: 0 delivered, 2 rejected, 0 left'],
    ['1 for a page that is not the API’s', answer(400), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
    ['1 when the API is away', answer(503), 1, 'Drain: 0 delivered, 0 rejected, 2 left'],
  ])('is %s', async (_, reply, code, summary) => {
    using fixture = await startFixture(() => reply);
    fixture.box.add('x');
    fixture.box.add('x');
    const { exitCode, lines } = await drainAt(fixture.box, fixture.server.url);
    expect(exitCode).toBe(code as 0 | 1);
    expect(lines.at(-1)).toBe(summary);
  });

  test.each([
    ['is delivered', accepted(), 0, '1 delivered, 0 rejected, 0 left'],
    ['is rejected', answer(400, { error: 'no' }), 1, '0 delivered, 1 rejected, 0 left'],
    ['stays pending', answer(503), 1, '0 delivered, 0 rejected, 1 left'],
  ])('counts one entry that %s', async (_, reply, code, summary) => {
    using fixture = await startFixture(() => reply);
    fixture.box.add('x');
    const { exitCode, lines } = await drainAt(fixture.box, fixture.server.url);
    expect([exitCode, lines.at(-1)]).toEqual([code as 0 | 1, `Drain: ${summary}`]);
  });

  test('is 0 if all pending streams pause', async () => {
    using fixture = await startFixture(() => answer(503));
    fixture.box.add('x');
    await drainAt(fixture.box, fixture.server.url);
    expect(await drainAt(fixture.box, fixture.server.url)).toMatchObject({ exitCode: 0 });
  });

  test('is 0, without output, if nothing is pending', async () => {
    using fixture = await startFixture(() => accepted());
    expect(await drainAt(fixture.box, fixture.server.url)).toEqual({ exitCode: 0, lines: [] });
  });

  test('is 75 when another drain is under way, and nothing is sent', async () => {
    using fixture = await startFixture(() => accepted());
    fixture.box.add('x');
    const lock = tryLock(drainLockFile(fixture.box.file));
    expect(await drainAt(fixture.box, fixture.server.url)).toMatchObject({ exitCode: 75 });
    lock?.release();
    expect(fixture.server.seen).toEqual([]);
    expect(await drainAt(fixture.box, fixture.server.url)).toMatchObject({ exitCode: 0 });
  });

  test('is 2 without an address, before anything is touched', async () => {
    using fixture = await startFixture(() => accepted());
    fixture.box.add('x');
    const context = {
      config: loadConfig(fixture.box.directory, {}),
      log: silent,
      outbox: locationOf(fixture.box, silent),
      hanging: null,
      changes: null,
    };
    const error = await drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds: null }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(OperatorError);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('set STATUS_API_URL') });
  });
});

describe('several destinations', () => {
  const jobs = { stream: 'ingest/c1', destination: 'ingest', path: '/api/data/ingest' } as const;
  const body = JSON.stringify({ hostname: 'c1', jobs: [{ JobID: '1' }] });
  const took = answer(200, { success: true, jobs_processed: 1, hostname: 'c1' });

  test('are drained in parallel, and an unavailable one does not delay the other', async () => {
    using fixture = await startFixture(({ path }) => (path === jobs.path ? took : answer(503)));
    const { box, server } = fixture;
    const waiting = box.add('x');
    const delivered = box.add('', { ...jobs, body });
    const environment = { INGEST_API_URL: server.url, INGEST_API_KEY: 'key-of-the-draining-test' };
    const { exitCode, lines } = await drainAt(box, server.url, environment);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe('Drain: 1 delivered, 0 rejected, 1 left');
    expect([box.entry(waiting).state, box.entry(delivered).state]).toEqual(['pending', 'delivered']);
  });

  test('end with the last answer, and the one whose pace is used up is not tried again and again until then', async () => {
    const [fast, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    using fixture = await startFixture(({ path }) => {
      if (path === jobs.path) return (socket) => void slow.promise.then(() => socket.write(took));
      fast.resolve();
      return accepted();
    });
    const { box, server } = fixture;
    const ids = [box.add('x'), box.add('x')];
    const late = box.add('', { ...jobs, body });
    await Bun.write(join(box.directory, 'collector.yaml'), 'destinations: { sam: { max_per_minute: 1 } }\n');
    const environment = { INGEST_API_URL: server.url, INGEST_API_KEY: 'key-of-the-draining-test' };
    const looks = spyOn(Outbox.prototype, 'heads');
    const started = performance.now();
    const drained = drainAt(box, server.url, environment, 20);
    await fast.promise;
    setTimeout(slow.resolve, 500);
    expect(await drained).toMatchObject({ exitCode: 0 });
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(looks.mock.calls.length).toBeLessThan(30);
    looks.mockRestore();
    expect([...ids, late].map((id) => box.entry(id).state)).toEqual(['delivered', 'pending', 'delivered']);
  });

  test('of which one is not configured: the other is drained, and the exit code is 2', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    const ids = [box.add('x'), box.add('', { ...jobs, body })];
    const error: unknown = await drainAt(box, server.url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('set INGEST_API_URL') });
    expect(ids.map((id) => box.entry(id).state)).toEqual(['delivered', 'pending']);
  });

  test('of which one is not configured and has nothing pending: no error', async () => {
    using fixture = await startFixture(() => took);
    const { box, server } = fixture;
    box.add('', { ...jobs, body });
    const environment = {
      STATUS_API_URL: '',
      INGEST_API_URL: `${server.url}/api/data/ingest/`,
      INGEST_API_KEY: 'key-of-the-draining-test',
    };
    expect(await drainAt(box, server.url, environment)).toMatchObject({ exitCode: 0 });
  });
});

test('an entry for another destination than its stream is rejected, and the next of the stream is sent', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  const misplaced = [box.add('x', { destination: 'ingest' }), box.add('y', { destination: 'a\nb'.padEnd(50, 'c') })];
  const good = box.add('x');
  const { exitCode, lines } = await drainAt(box, server.url);
  expect(exitCode).toBe(1);
  expect(lines).toContain(
    `✗ entry ${misplaced[0]} rejected: its destination 'ingest' is not that of its stream 'sam/x': the entry is damaged, or a newer version stored it; show it with: hpc-collector outbox show ${misplaced[0]}`,
  );
  expect(lines.join('\n')).toContain(`its destination 'a b${'c'.repeat(37)}…' is not that of its stream 'sam/y'`);
  expect(lines.at(-1)).toBe('Drain: 1 delivered, 2 rejected, 0 left');
  expect([...misplaced, good].map((id) => box.entry(id).state)).toEqual(['rejected', 'rejected', 'delivered']);
});

test('a slow destination does not delay new entries of another', async () => {
  const jobs = { stream: 'ingest/c1', destination: 'ingest', path: '/api/data/ingest' } as const;
  const body = JSON.stringify({ hostname: 'c1', jobs: [{ JobID: '1' }] });
  const gotJobs = Promise.withResolvers<void>();
  let box: TestOutbox | null = null;
  using fixture = await startFixture(({ path }) => {
    if (path === jobs.path) {
      gotJobs.resolve();
      return answer(200, { success: true, jobs_processed: 1, hostname: 'c1' });
    }
    // As another run does, which finds this drain and leaves.
    box?.add('', { ...jobs, body });
    return (socket) => void gotJobs.promise.then(() => socket.write(accepted()));
  });
  box = fixture.box;
  box.add('x');
  const environment = { INGEST_API_URL: fixture.server.url, INGEST_API_KEY: 'key-of-the-draining-test' };
  const { exitCode, lines } = await drainAt(box, fixture.server.url, environment, 60);
  expect({ exitCode, lines }).toMatchObject({ exitCode: 0 });
  expect(lines.at(-1)).toBe('Drain: 2 delivered, 0 rejected, 0 left');
});

test('new entries of a destination are sent while another one is slow, even if one of its streams failed', async () => {
  const jobs = { stream: 'ingest/c1', destination: 'ingest', path: '/api/data/ingest' } as const;
  const took = answer(200, { success: true, jobs_processed: 1, hostname: 'c1' });
  const paths: string[] = [];
  const gotNew = Promise.withResolvers<void>();
  let box: TestOutbox | null = null;
  using fixture = await startFixture(({ path }) => {
    if (path === jobs.path) {
      setTimeout(gotNew.resolve, 10_000);
      return (socket) =>
        void gotNew.promise.then(() => {
          paths.push(path);
          socket.write(took);
        });
    }
    paths.push(path);
    if (path.endsWith('/new')) gotNew.resolve();
    // As another run does, after the drain of this destination, which finds the other one under way and leaves.
    else if (paths.length === 1) setTimeout(() => box?.add('new'), 500);
    return path.endsWith('/new') ? accepted() : answer(404);
  });
  box = fixture.box;
  box.add('failing');
  box.add('', { ...jobs, body: JSON.stringify({ hostname: 'c1', jobs: [{ JobID: '1' }] }) });
  const environment = { INGEST_API_URL: fixture.server.url, INGEST_API_KEY: 'key-of-the-draining-test' };
  expect(await drainAt(box, fixture.server.url, environment, 60)).toMatchObject({ exitCode: 1 });
  expect(paths.slice(-2)).toEqual([expect.stringMatching(/\/new$/), jobs.path]);
});

test.each([
  ['for lack of space', new OutboxUnwritable('the disk is full', 'make room', null)],
  ['for an unknown reason', new Error('no idea')],
])(
  'a destination whose answers cannot be stored %s is not tried again while another one is slow',
  async (_, failure) => {
    const jobs = { stream: 'ingest/c1', destination: 'ingest', path: '/api/data/ingest' } as const;
    const took = answer(200, { success: true, jobs_processed: 1, hostname: 'c1' });
    using fixture = await startFixture(({ path }) => {
      if (path !== jobs.path) return accepted();
      return (socket) => void setTimeout(() => socket.write(took), 3000);
    });
    const { box, server } = fixture;
    const waiting = box.add('x');
    box.add('', { ...jobs, body: JSON.stringify({ hostname: 'c1', jobs: [{ JobID: '1' }] }) });
    const original = Outbox.prototype.delivered;
    const full = spyOn(Outbox.prototype, 'delivered').mockImplementation(function (this: Outbox, ...args) {
      if (args[0].destination === 'sam') throw failure;
      original.apply(this, args);
    });
    try {
      const environment = { INGEST_API_URL: server.url, INGEST_API_KEY: 'key-of-the-draining-test' };
      const drained = drainAt(box, server.url, environment, 60);
      if (failure instanceof OutboxUnwritable) {
        const { exitCode, lines } = await drained;
        expect([exitCode, lines.at(-1)]).toEqual([1, expect.stringContaining('✗ the drain stops: the disk is full')]);
      } else {
        expect(await drained.catch((error: unknown) => error)).toBe(failure);
      }
    } finally {
      full.mockRestore();
    }
    expect(server.seen.filter(({ path }) => path !== jobs.path)).toHaveLength(1);
    expect(box.entry(waiting).state).toBe('pending');
  },
);

test('the time-out of a request is the configured one', async () => {
  using fixture = await startFixture(() => () => {});
  const id = fixture.box.add('x');
  await drainAt(fixture.box, fixture.server.url, { API_TIMEOUT: '0.2' });
  expect(fixture.box.entry(id).lastError).toBe('no complete answer within 0.2 s');
});
