import { describe, expect, test } from 'bun:test';
import { bytesOf, isForm, readBody, readForm, receiveBody } from '../../../src/server/http/body.ts';

const limits = { maxBytes: 20, idleSeconds: 30, totalSeconds: 30 };
const json = { 'Content-Type': 'application/json' };

function request(body: RequestInit['body'], headers: Record<string, string> = json): Request {
  return new Request('http://127.0.0.1/', { method: 'POST', headers, body });
}

/** A body of pieces, without a length. */
function streamOf(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}

const text = async (...parameters: Parameters<typeof readBody>) =>
  Buffer.from(await readBody(...parameters)).toString();
const tooLarge = { status: 413, message: 'Request body is over 20 bytes', headers: { Connection: 'close' } };

test('a body that arrives too slowly is aborted, even if it never pauses', async () => {
  const trickle = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      controller.enqueue(new Uint8Array([0x20]));
    },
  });
  const reading = readBody(request(trickle), { maxBytes: 1e9, idleSeconds: 30, totalSeconds: 0.05 });
  expect(reading).rejects.toMatchObject({
    ...{ status: 408, message: 'Request body took too long', headers: { Connection: 'close' } },
  });
});

test('a body that pauses too long is aborted, and its sender is told', async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const silent = new ReadableStream<Uint8Array>({ cancel: () => resolve() });
  const reading = readBody(request(silent), { ...limits, idleSeconds: 0.02 });
  expect(reading).rejects.toMatchObject({ status: 408, message: 'Request body took too long' });
  await cancelled;
});

test('a body that breaks off is refused', async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('reset')) });
  await expect(readBody(request(broken), limits)).rejects.toMatchObject({
    ...{ status: 400, message: 'Request body was cut off', headers: { Connection: 'close' } },
  });
});

describe('the size of a body', () => {
  test('is at most the limit, announced or not', async () => {
    expect(await text(request('x'.repeat(20)), limits)).toBe('x'.repeat(20));
    expect(await text(request(streamOf('x'.repeat(12), 'y'.repeat(8))), limits)).toBe('x'.repeat(12) + 'y'.repeat(8));
    await expect(readBody(request(streamOf('x'.repeat(12), 'y'.repeat(9))), limits)).rejects.toMatchObject(tooLarge);
    const announced = request(streamOf('x'), { ...json, 'Content-Length': '21' });
    await expect(readBody(announced, limits)).rejects.toMatchObject(tooLarge);
  });

  test('of a request without a body is 0', async () => {
    expect(await receiveBody(request(null), limits)).toEqual({ pieces: [], length: 0, isGzip: false });
    expect(await text(request(null), limits)).toBe('');
  });
});

describe('a compressed body', () => {
  const zipped = (content: string) => request(Bun.gzipSync(content), { ...json, 'Content-Encoding': ' GZIP ' });
  const roomy = { ...limits, maxBytes: 100 };

  test('is decompressed where it is taken', async () => {
    expect(await text(zipped('x'.repeat(100)), roomy, 'taken')).toBe('x'.repeat(100));
    expect(await text(request('x', { ...json, 'Content-Encoding': 'identity' }), limits)).toBe('x');
    const { isGzip, length, pieces } = await receiveBody(zipped('abc'), roomy, 'taken');
    expect([isGzip, length]).toEqual([true, Bun.gzipSync('abc').length]);
    expect(Buffer.from(await bytesOf({ isGzip, length, pieces }, 100)).toString()).toBe('abc');
  });

  test('is refused if it becomes too large, or is not gzip', async () => {
    await expect(readBody(zipped('x'.repeat(101)), roomy, 'taken')).rejects.toMatchObject({
      ...{ status: 413, message: 'Request body is over 100 bytes' },
    });
    const spoilt = request('no gzip', { ...json, 'Content-Encoding': 'gzip' });
    await expect(readBody(spoilt, limits, 'taken')).rejects.toMatchObject({
      ...{ status: 400, message: 'Request body is not gzip, or was cut off' },
    });
  });

  test('is refused where it is not taken, with what to do', async () => {
    const message = 'Content-Encoding is not supported: ';
    await expect(readBody(zipped('x'), roomy)).rejects.toThrow(`${message}send the body uncompressed`);
    const brotli = request('x', { ...json, 'Content-Encoding': 'br' });
    await expect(readBody(brotli, limits, 'taken')).rejects.toThrow(`${message}send gzip, or the body uncompressed`);
  });
});

test.each([
  ['application/json', true],
  ['Application/JSON ; charset=utf-8', true],
  ['application/vnd.x+json', true],
  ['application/json+x', false],
  ['text/json', false],
  ['', false],
])('the Content-Type %p is JSON: %p', async (type, isJson) => {
  const reading = readBody(request('{}', { 'Content-Type': type }), limits);
  if (isJson) expect(Buffer.from(await reading).toString()).toBe('{}');
  else await expect(reading).rejects.toMatchObject({ status: 415, message: 'Content-Type must be application/json' });
});

test('the form of a page is read', async () => {
  const form = { 'Content-Type': 'Application/x-www-form-urlencoded; charset=utf-8' };
  expect([isForm(new Headers(form)), isForm(new Headers(json)), isForm(new Headers())]).toEqual([true, false, false]);
  expect([...(await readForm(request('a=b%20c&d=e', form), limits))]).toEqual([
    ['a', 'b c'],
    ['d', 'e'],
  ]);
  await expect(readForm(request('a'.repeat(21), form), limits)).rejects.toMatchObject(tooLarge);
  const announced = request(streamOf('x'), { ...form, 'Content-Length': '21' });
  await expect(readForm(announced, limits)).rejects.toMatchObject(tooLarge);
});
