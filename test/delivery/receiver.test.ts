import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startForTest, type TestReceiver, password as theirPassword, user as theirUser } from '../server/helper.ts';
import { derechoSample } from '../server/samples.ts';
import { answer, drainTo, openOutbox, startScripted } from './helper.ts';

let receiver: TestReceiver;
beforeAll(async () => {
  receiver = await startForTest();
});
afterAll(() => receiver.remove());

const settings = { credentials: { user: theirUser, password: theirPassword } };
const payload = (minute: number) =>
  JSON.stringify({ ...derechoSample, timestamp: `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000` });

/** Something in front of the receiver that passes every request on and loses the answers to some. */
function startLossy(loses: (before: number) => boolean) {
  return startScripted((request, before) => async (socket) => {
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const passed = await fetch(receiver.url + request.path, { method: 'POST', headers, body: request.body });
    const text = await passed.text();
    if (loses(before)) socket.destroy();
    else socket.write(answer(passed.status, JSON.parse(text)));
  });
}

test('answers that are lost make no duplicate rows', async () => {
  const server = await startLossy((before) => before % 3 !== 2);
  const box = openOutbox();
  const ids = [1, 2, 3, 4].map((minute) => box.add('derecho', { body: payload(minute) }));
  const rows = await receiver.rows('snapshots');
  expect(await drainTo(box, server.url, { settings })).toMatchObject({ delivered: 4, rejected: 0, left: 0 });
  expect(server.seen.length).toBe(12);
  expect(await receiver.rows('snapshots')).toBe(rows + 4);
  expect(ids.map((id) => box.entry(id).attempts)).toEqual([3, 3, 3, 3]);
  expect(new Set(ids.map((id) => box.entry(id).answer)).size).toBe(4);
  server.stop();
  box.close();
});

test('an entry whose answers are lost in several drains is delivered by a later drain', async () => {
  const server = await startLossy((before) => before < 6);
  const box = openOutbox();
  const id = box.add('derecho', { body: payload(30) });
  const rows = await receiver.rows('snapshots');
  expect(await drainTo(box, server.url, { settings })).toMatchObject({ delivered: 0, left: 1 });
  expect(box.entry(id)).toMatchObject({ state: 'pending', firstSentAt: expect.any(Date) });
  expect(await drainTo(box, server.url, { settings, ignoreRest: true })).toMatchObject({ delivered: 1, left: 0 });
  expect(await receiver.rows('snapshots')).toBe(rows + 1);
  server.stop();
  box.close();
});

test('20 rounds with the API down, then up: every snapshot arrives once, in order', async () => {
  let isUp = false;
  const server = await startScripted((request) => async (socket) => {
    if (!isUp) return socket.destroy();
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const passed = await fetch(receiver.url + request.path, { method: 'POST', headers, body: request.body });
    return socket.write(answer(passed.status, (await passed.json()) as object));
  });
  const box = openOutbox();
  for (let round = 0; round < 20; round++) {
    box.add('once', { body: payload(round) });
    box.add('twice', { body: payload(round) });
    await drainTo(box, server.url, { settings });
    expect(box.outbox.list(null).length).toBe(2 * (round + 1));
  }
  isUp = true;
  const sent = server.seen.length;
  expect(await drainTo(box, server.url, { settings, ignoreRest: true })).toMatchObject({ delivered: 40, left: 0 });
  const minutes = (path: string) =>
    server.seen
      .slice(sent)
      .filter((request) => request.path === path)
      .map((request) => JSON.parse(request.body).timestamp.slice(14, 16));
  const inOrder = Array.from({ length: 20 }, (_, minute) => String(minute).padStart(2, '0'));
  expect(minutes('/api/v1/status/once')).toEqual(inOrder);
  expect(minutes('/api/v1/status/twice')).toEqual(inOrder);
  server.stop();
  box.close();
});

test('an entry that the receiver refuses is rejected with its error', async () => {
  const box = openOutbox();
  const id = box.add('derecho', { body: JSON.stringify({ timestamp: 'soon', cpu_nodes_total: -1 }) });
  expect(await drainTo(box, receiver.url, { settings })).toMatchObject({ rejected: 1, left: 0 });
  expect(box.entry(id).lastError).toMatch(
    /^HTTP 400: Missing required fields: cpu_nodes_available, .*; timestamp: is not an ISO 8601 time/,
  );
  box.close();
});

test('a wrong password keeps all entries pending, and the error names the settings', async () => {
  const box = openOutbox();
  const id = box.add('derecho', { body: payload(50) });
  expect(await drainTo(box, receiver.url)).toMatchObject({ rejected: 0, left: 1, stopped: ['sam/derecho'] });
  expect(box.entry(id)).toMatchObject({ state: 'pending', attempts: 0 });
  expect(box.entry(id).lastError).toEndWith('check STATUS_API_USER and STATUS_API_PASSWORD');
  box.close();
});
