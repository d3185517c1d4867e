import { expect, test } from 'bun:test';
import { readBody } from '../../../src/server/http/body.ts';

test('a body that arrives too slowly is aborted, even if it never pauses', async () => {
  const trickle = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      controller.enqueue(new Uint8Array([0x20]));
    },
  });
  const headers = { 'Content-Type': 'application/json' };
  const request = new Request('http://127.0.0.1/', { method: 'POST', headers, body: trickle });
  const reading = readBody(request, { maxBytes: 1e9, idleSeconds: 30, totalSeconds: 0.05 });
  expect(reading).rejects.toMatchObject({ status: 408, message: 'Request body took too long' });
});
