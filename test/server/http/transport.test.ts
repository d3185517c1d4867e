import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { parseJsonObject } from '../../../src/server/http/json.ts';
import { basic, login, overEngines, password, raw, startForTest, type TestReceiver, user } from '../helper.ts';
import { leastTotals } from '../samples.ts';

overEngines((engine) => {
  const maxBodyBytes = 100_000;
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine, maxBodyBytes, idleSeconds: 1 });
  });
  afterAll(() => receiver.remove());

  const head = (length: string) =>
    `POST /api/v1/status/raw HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(user, password)}\r\n` +
    `Content-Type: application/json\r\n${length}\r\n\r\n`;

  test.each([
    ['POST', 'Derecho', 404],
    ['POST', 'derecho/', 404],
    ['POST', '', 404],
    ['POST', 'a'.repeat(33), 404],
    ['POST', '-a', 404],
    ['POST', 'a%2fb', 404],
    ['GET', 'derecho/oldest', 404],
    ['GET', 'derecho/latest/', 404],
    ['GET', 'outage/latest', 404],
    ['GET', 'outages/latest', 404],
    ['GET', 'derecho', 405],
    ['PUT', 'derecho', 405],
    ['GET', 'outage', 405],
    ['POST', 'outages', 405],
    ['POST', 'reservations', 405],
    ['POST', 'derecho/latest', 405],
    ['DELETE', 'outages', 405],
  ])('%s %s is %p', async (method, path, expected) => {
    const { status, body, headers } = await receiver.send(method, path, { headers: login });
    expect(status).toBe(expected);
    expect(typeof body.error).toBe('string');
    expect(headers.get('allow') !== null).toBe(expected === 405);
  });

  test.each([
    ['outages', 200, login],
    ['reservations', 200, login],
    ['headless/latest', 404, login],
    ['outages', 401, { Authorization: basic(user, 'wrong') }],
    ['derecho', 405, login],
    ['outage', 405, login],
  ])('HEAD %s is %p, as GET is, with the headers alone', async (path, expected, headers) => {
    const ask = (method: string) => fetch(`${receiver.url}/api/v1/status/${path}`, { method, headers });
    const [head, get] = [await ask('HEAD'), await ask('GET')];
    expect([head.status, get.status]).toEqual([expected, expected]);
    for (const name of ['content-type', 'content-length', 'cache-control', 'www-authenticate', 'allow']) {
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
    }
    expect(await head.text()).toBe('');
  });

  test('a HEAD gets no byte after the headers', async () => {
    const header = `Host: x\r\nAuthorization: ${basic(user, password)}\r\nConnection: close\r\n\r\n`;
    const received = await raw(receiver.url, `HEAD /api/v1/status/outages HTTP/1.1\r\n${header}`);
    expect(received).toMatch(/^HTTP\/1\.1 200 .*content-length: 2\r\n/is);
    expect(received).toEndWith('\r\n\r\n');
  });

  test('the methods of a path are named', async () => {
    const { headers, body } = await receiver.send('DELETE', 'outages', { headers: login });
    expect(headers.get('allow')).toBe('GET, HEAD');
    expect(body).toEqual({ error: 'Method not allowed: use GET, HEAD' });
  });

  /** A GET with one header line, from a client of HTTP/1.0. */
  const http10 = (header: string) =>
    raw(
      receiver.url,
      `GET /api/v1/status/outages HTTP/1.0\r\nAuthorization: ${basic(user, password)}\r\n${header}\r\n`,
    );

  test.each([
    ['without a Host', ''],
    ['with an empty Host', 'Host: \r\n'],
    ['with a blank in it', 'Host: a b\r\n'],
    ['with a path in it', 'Host: a/../b\r\n'],
    ['with a user in it', 'Host: user@a?x\r\n'],
    ['with half an IPv6 address', 'Host: [::1\r\n'],
    ['with two ports', 'Host: a:1:2\r\n'],
    ['with a port that does not exist', 'Host: a:99999\r\n'],
    ['with two Hosts', 'Host: a\r\nHost: b\r\n'],
  ])('a request %s is 400', async (_, header) => {
    const answer = await http10(header);
    expect(answer).toStartWith('HTTP/1.1 400');
    expect(answer).toContain('{"error":"Host header is missing or malformed"}');
    expect(receiver.lines.at(-1)).toMatch(/^400 GET .* \d+ ms: Host header is missing or malformed$/);
  });

  test.each(['localhost', '127.0.0.1:80', '[::1]:5050', 'status.example.org'])(
    'the Host %p is accepted',
    async (host) => {
      expect(await http10(`Host: ${host}\r\n`)).toStartWith('HTTP/1.1 200');
    },
  );

  test('outside of the API is 404', async () => {
    for (const path of ['/', '/api/v1/status', '/health']) {
      expect((await fetch(receiver.url + path, { headers: login })).status).toBe(404);
    }
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/vnd.x+json'])(
    'the content type %p is taken',
    async (type) => {
      expect((await receiver.post('types', leastTotals, { 'Content-Type': type })).status).toBe(201);
    },
  );

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'the content type %p is 415',
    async (type) => {
      const { status, body } = await receiver.post('types', leastTotals, { 'Content-Type': type });
      expect(status).toBe(415);
      expect(body).toEqual({ error: 'Content-Type must be application/json' });
    },
  );

  test.each([
    ['nothing', '', 'JSON body required'],
    ['blanks', '  \n', 'JSON body required'],
    ['{}', '{}', 'JSON body required'],
    ['[]', '[]', 'JSON body required'],
    ['null', 'null', 'JSON body required'],
    ['a list', '[1]', 'JSON body must be an object'],
    ['a text', '"x"', 'JSON body must be an object'],
    ['a number', '5', 'JSON body must be an object'],
    ['half a body', '{"a": ', 'Request body is not valid JSON'],
    ['NaN', '{"a": NaN}', 'Request body is not valid JSON'],
    ['what is not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'Request body is not UTF-8'],
    [
      'a deep nest',
      `{"a": ${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
      'JSON body is nested more than 64 levels deep',
    ],
    ['a deep nest that never ends', '['.repeat(90_000), 'JSON body is nested more than 64 levels deep'],
  ])('%s is 400', async (_, body, error) => {
    const answer = await receiver.post('bodies', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error });
  });

  test('brackets and quotes inside a text are text', async () => {
    const note = '[{'.repeat(100) + String.raw`\" \\`;
    expect((await receiver.post('brackets', { ...leastTotals, note, 'a"[': 1 })).status).toBe(201);
    expect((await receiver.get('brackets/latest')).body.note).toBe(note);
  });

  describe('a body that would take seconds to parse is refused at once', () => {
    const members = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',');
    test.each([
      ['an object with many members', `{${members(10_001)}}`, 'JSON body has an object of over 10000 members'],
      ['an object within', `{"a":[{${members(10_001)}}]}`, 'JSON body has an object of over 10000 members'],
      ['a list of numbers', `{"a":[${'1,'.repeat(500_000)}1]}`, 'JSON body has more than 500000 values'],
      ['a list of objects', `{"a":[${'{},'.repeat(250_001)}1]}`, 'JSON body has more than 500000 values'],
    ])('%s', (_, text, error) => {
      expect(() => parseJsonObject(Buffer.from(text))).toThrow(error);
    });

    test.each([
      ['10,000 members in an object', `{${members(10_000)}}`],
      ['a list of 10,001 entries', `{"a":[${'1,'.repeat(10_000)}1]}`],
      ['commas in a text', `{"a":"${',{'.repeat(600_000)}"}`],
    ])('but not %s', (_, text) => {
      expect(parseJsonObject(Buffer.from(text))).toBeObject();
    });
  });

  test('a byte order mark is taken', async () => {
    expect((await receiver.post('bom', `\ufeff${JSON.stringify(leastTotals)}`)).status).toBe(201);
  });

  test.each(['gzip', 'br', 'x-unknown'])('the content encoding %p is refused', async (encoding) => {
    const { status, body } = await receiver.post('encoded', leastTotals, { 'Content-Encoding': encoding });
    expect(status).toBe(400);
    expect(body.error).toStartWith('Content-Encoding is not supported');
  });

  describe('a body over the limit is 413', () => {
    const padded = (bytes: number) => {
      const text = JSON.stringify({ ...leastTotals, pad: '' });
      return JSON.stringify({ ...leastTotals, pad: 'x'.repeat(bytes - text.length) });
    };

    test('but not one at the limit', async () => {
      expect((await receiver.post('limit', padded(maxBodyBytes))).status).toBe(201);
      const { status, body } = await receiver.post('limit', padded(maxBodyBytes + 1));
      expect(status).toBe(413);
      expect(body).toEqual({ error: 'Request body is over 100000 bytes' });
    });

    test('by its announced length, before a byte of it came', async () => {
      const answer = await raw(receiver.url, head('Content-Length: 100001'));
      expect(answer).toStartWith('HTTP/1.1 413');
      expect(answer).toContain('{"error":"Request body is over 100000 bytes"}');
    });

    test('while it arrives, if it has no Content-Length', async () => {
      let sent = 0;
      const endless = new ReadableStream<Uint8Array>({
        async pull(controller) {
          sent += 50_000;
          if (sent > 100_000_000) controller.close();
          else controller.enqueue(new Uint8Array(50_000).fill(0x20));
          await Bun.sleep(0);
        },
      });
      const { status } = await receiver.send('POST', 'limit', {
        headers: { ...login, 'Content-Type': 'application/json' },
        body: endless,
      });
      expect(status).toBe(413);
      expect(sent).toBeLessThan(100_000_000);
    });
  });

  test('a chunked body is taken', async () => {
    const text = JSON.stringify(leastTotals);
    const chunk = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const answer = await raw(receiver.url, head('Transfer-Encoding: chunked') + chunk, (got) =>
      got.includes('status_id'),
    );
    expect(answer).toStartWith('HTTP/1.1 201');
  });

  test('a body that does not go on is given up', async () => {
    const rows = await receiver.rows('snapshots');
    const answer = await raw(receiver.url, `${head('Content-Length: 500')}{"cpu`);
    expect(answer).toStartWith('HTTP/1.1 408');
    expect(answer).toContain('{"error":"Request body took too long"}');
    expect(await receiver.rows('snapshots')).toBe(rows);
  });

  test('a client that hangs up half-way is not an error of ours', async () => {
    const rows = await receiver.rows('snapshots');
    const { promise, resolve } = Promise.withResolvers<void>();
    const { connect } = await import('node:net');
    const { port, hostname } = new URL(receiver.url);
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head('Content-Length: 500')}{"cpu`, () => socket.end());
    });
    socket.on('data', () => {});
    socket.on('close', () => resolve());
    await promise;
    expect((await receiver.get('outages')).status).toBe(200);
    expect(await receiver.rows('snapshots')).toBe(rows);
    expect(receiver.lines.filter((line) => line.startsWith('500'))).toEqual([]);
  });

  test('headers over 16 KiB are refused', async () => {
    const response = await fetch(`${receiver.url}/api/v1/status/outages`, {
      headers: { ...login, 'X-Long': 'x'.repeat(20_000) },
    });
    expect(response.status).toBe(431);
  });

  test('each request is one line of the log, without control characters', async () => {
    await receiver.send('GET', 'outages?secret=1%1b[2J', { headers: login });
    expect(receiver.lines.at(-1)).toMatch(/^200 GET \/api\/v1\/status\/outages \d+ ms$/);
    await receiver.post('logged', leastTotals);
    expect(receiver.lines.at(-1)).toMatch(/^201 POST \/api\/v1\/status\/logged \d+ ms: collector, \d+ bytes$/);
    expect(receiver.lines.join()).not.toContain(password);
  });
});
