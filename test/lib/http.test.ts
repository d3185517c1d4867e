import { expect, test } from 'bun:test';
import { send } from '../../src/lib/http.ts';
import { accepted, type Reply, startScripted } from '../delivery/helper.ts';

const request = (url: string) => ({
  url: `${url}/x`,
  method: 'POST' as const,
  headers: {},
  body: '{}',
  timeoutSeconds: 5,
  ca: null,
  proxy: null,
});

test('a request on a connection that the server closed is not repeated automatically', async () => {
  const replies: Reply[] = [accepted(), (socket) => socket.destroy(), accepted()];
  const server = await startScripted((_, before) => replies[before] ?? accepted());
  expect(await send(request(server.url))).toMatchObject({ kind: 'answer', status: 201 });
  expect(await send(request(server.url))).toMatchObject({ kind: 'none', neverSent: false });
  expect(server.seen.length).toBe(2);
  server.stop();
});

test('a huge answer uses memory only for the part that is read, and its connection is closed', async () => {
  let written = 0;
  let isClosed = false;
  const server = await startScripted(() => (socket) => {
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
    socket.on('close', () => {
      isClosed = true;
    });
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const more = () => {
      do written += chunk.length;
      while (!socket.destroyed && written < 2 ** 30 && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
  expect(await send(request(server.url))).toMatchObject({
    kind: 'answer',
    status: 200,
    body: '',
    unread: expect.any(String),
  });
  const deadline = Date.now() + 5000;
  while (!isClosed && Date.now() < deadline) await Bun.sleep(5);
  expect(isClosed).toBe(true);
  expect(written).toBeLessThan(64 * 2 ** 20);
  server.stop();
});

test('the time-out is for the whole request, however many connections and bytes it takes', async () => {
  const server = await startScripted(() => (socket) => {
    socket.write('HTTP/1.1 201 C\r\nTransfer-Encoding: chunked\r\n\r\n');
    const timer = setInterval(() => socket.write('1\r\nx\r\n'), 10);
    socket.on('close', () => clearInterval(timer));
  });
  const started = performance.now();
  expect(await send({ ...request(server.url), timeoutSeconds: 0.2 })).toEqual({
    kind: 'none',
    reason: 'no complete answer within 0.2 s',
    failure: 'timed-out',
    neverSent: false,
  });
  expect(performance.now() - started).toBeWithin(150, 5000);
  server.stop();
});
