import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { overEngines, raw } from '../helper.ts';
import { leastTotals } from '../samples.ts';
import { type IngestReceiver, jobRecord, startIngest } from './helper.ts';

overEngines((engine) => {
  const maxBodyBytes = 200_000;
  let receiver: IngestReceiver;
  beforeAll(async () => {
    receiver = await startIngest({ engine, maxBodyBytes: 1000, idleSeconds: 1, ingest: { maxBodyBytes } });
  });
  afterAll(() => receiver.remove());

  const gzip = { 'Content-Encoding': 'gzip' };
  const tooLarge = { detail: 'Request body is over 200000 bytes' };

  /** A batch of a cluster that has so many bytes. */
  function padded(hostname: string, bytes: number): string {
    const text = (pad: string) => JSON.stringify({ hostname, jobs: [jobRecord()], pad });
    return text('x'.repeat(bytes - text('').length));
  }

  test('a body may have the size limit of the usage API, which differs from that of the status API', async () => {
    expect((await receiver.ingest(padded('limit', maxBodyBytes))).status).toBe(200);
    const { status, body } = await receiver.ingest(padded('limit', maxBodyBytes + 1));
    expect({ status, body }).toEqual({ status: 413, body: tooLarge });
    expect((await receiver.post('limit', { ...leastTotals, pad: 'x'.repeat(1000) })).status).toBe(413);
  });

  test('a request whose Content-Length is above the limit is refused before its body is read', async () => {
    const head =
      `POST /api/data/ingest HTTP/1.1\r\nHost: x\r\nX-API-Key: ${receiver.key}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${maxBodyBytes + 1}\r\n\r\n`;
    const answer = await raw(receiver.url, head);
    expect(answer).toStartWith('HTTP/1.1 413');
    expect(answer).toContain(JSON.stringify(tooLarge));
  });

  describe('gzip', () => {
    test('is taken', async () => {
      const { status } = await receiver.ingest(Bun.gzipSync(padded('gzip', maxBodyBytes)), gzip);
      expect(status).toBe(200);
      expect(await receiver.jobs('gzip')).toHaveLength(1);
    });

    test('counts with its decompressed size', async () => {
      const { status, body } = await receiver.ingest(Bun.gzipSync(padded('gzip', maxBodyBytes + 1)), gzip);
      expect({ status, body }).toEqual({ status: 413, body: tooLarge });
    });

    test.each<[string, Uint8Array]>([
      ['is none', Buffer.from('{}')],
      ['is cut off', Bun.gzipSync('{"hostname":"h","jobs":[]}').subarray(0, 30)],
      ['has something behind it', Buffer.concat([Bun.gzipSync('{"hostname":"h","jobs":[]}'), Buffer.from('xx')])],
      ['is empty', new Uint8Array()],
    ])('that %s is 400', async (_, bytes) => {
      const { status, body } = await receiver.ingest(bytes, gzip);
      expect({ status, body }).toEqual({ status: 400, body: { detail: 'Request body is not gzip, or was cut off' } });
    });

    test('is the only encoding, and the status API has none', async () => {
      const { status, body } = await receiver.ingest('{}', { 'Content-Encoding': 'br' });
      expect(status).toBe(400);
      expect(body.detail).toBe('Content-Encoding is not supported: send gzip, or the body uncompressed');
      const other = await receiver.post('encoded', Bun.gzipSync('{}'), gzip);
      expect(other.status).toBe(400);
      expect(other.body.error).toBe('Content-Encoding is not supported: send the body uncompressed');
    });
  });

  test('a body at the size limit is accepted if its jobs have only the required fields', async () => {
    const least = { JobID: '1', User: 'a', Account: 'a', Partition: 'p', State: 'F', Submit: 0 };
    const text = (jobs: unknown[]) => JSON.stringify({ hostname: 'many', jobs });
    const count = Math.floor((maxBodyBytes - text([]).length) / (JSON.stringify(least).length + 1));
    const { status, body } = await receiver.ingest(text(new Array(count).fill(least)));
    expect(status).toBe(200);
    expect(body.jobs_processed).toBe(count);
  });

  test('a body with more lists and objects than its jobs can have is refused before it is parsed', async () => {
    const { status, body } = await receiver.ingest(`{"hostname":"h","jobs":[${'{},'.repeat(60_000)}{}]}`);
    expect(status).toBe(422);
    expect(body.detail).toMatchObject([{ type: 'json_invalid', ctx: { error: expect.stringContaining('more than') } }]);
  });

  test('a body of another content type is 415, and a body that stops arriving is 408, as in the status API', async () => {
    const plain = await receiver.ingest('{}', { 'Content-Type': 'text/plain' });
    expect(plain).toMatchObject({ status: 415, body: { detail: 'Content-Type must be application/json' } });
    const head =
      `POST /api/data/ingest HTTP/1.1\r\nHost: x\r\nX-API-Key: ${receiver.key}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"host';
    const answer = await raw(receiver.url, head);
    expect(answer).toStartWith('HTTP/1.1 408');
    expect(answer).toContain('{"detail":"Request body took too long"}');
  });

  test.each([
    ['GET', '/api/data/ingest', 405],
    ['POST', '/api/data/ingest/', 404],
    ['POST', '/api/data/reload', 404],
    ['GET', '/api/dashboard/', 404],
    ['GET', '/api/dashboard/health/', 404],
    ['GET', '/api/dashboard/stats/', 404],
    ['GET', '/api/dashboard/stats/a%2fb', 404],
    ['PUT', '/api/data/ingest', 405],
    ['DELETE', '/api/data/ingest', 405],
    ['POST', '/api/dashboard/health', 405],
    ['DELETE', '/api/dashboard/stats/a', 405],
  ])('%s %s is %p, in the words of this API', async (method, path, expected) => {
    const { status, body, headers } = await receiver.send(path, { method, headers: { 'X-API-Key': receiver.key } });
    expect({ status, body }).toEqual({
      status: expected,
      body: { detail: expected === 404 ? 'Not found' : 'Method Not Allowed' },
    });
    const allowed = path === '/api/data/ingest' ? 'POST' : 'GET, HEAD';
    expect(headers.get('allow')).toBe(expected === 405 ? allowed : null);
  });

  test.each([
    ['/api/dashboard/health', {}, 200],
    ['/api/dashboard/stats/head', { 'X-API-Key': 'wrong' }, 401],
    ['/api/dashboard/stats/unknown', null, 404],
    ['/api/data/ingest', null, 405],
  ])('HEAD %s is answered like GET, without a body', async (path, headers, expected) => {
    const ask = (method: string) =>
      fetch(receiver.url + path, { method, headers: headers ?? { 'X-API-Key': receiver.key } });
    const [head, get] = [await ask('HEAD'), await ask('GET')];
    expect([head.status, get.status]).toEqual([expected, expected]);
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  test('two clients that send at the same time both get all jobs stored', async () => {
    const batch = (client: string, part: number) => ({
      hostname: 'both',
      jobs: Array.from({ length: 50 }, (_, job) => jobRecord({ JobID: `${client}-${part}-${job}` })),
    });
    const client = async (name: string) => {
      for (let part = 0; part < 10; part++) {
        expect((await receiver.ingest(batch(name, part))).status).toBe(200);
      }
    };
    await Promise.all([client('a'), client('b')]);
    expect(await receiver.jobs('both')).toHaveLength(1000);
  });
});
