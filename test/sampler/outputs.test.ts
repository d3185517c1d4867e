/** Where the data of a job go, and how each output writes them. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as http from '../../src/lib/http.ts';
import { type FileOutputSettings, fileOutput, spoolOutput } from '../../src/sampler/outputs/file.ts';
import { type HttpOutputSettings, httpOutput } from '../../src/sampler/outputs/http.ts';
import { outputJson } from '../../src/sampler/outputs/output.ts';
import { prometheusListener, prometheusOutput } from '../../src/sampler/outputs/prometheus.ts';
import { expand, hashOf } from '../../src/sampler/patterns.ts';
import { temporaryDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';

let directory: string;
let remove: () => void;
let umask: number;
beforeEach(() => {
  ({ path: directory, remove } = temporaryDirectory());
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  remove();
});

const data = { 'sams.sampler.Core': { node: 'n1', jobid: 12 }, b: { z: 1, a: [{ d: null, c: true }, 'x'] }, a: {} };
const json = '{"a":{},"b":{"a":[{"c":true,"d":null},"x"],"z":1},"sams.sampler.Core":{"jobid":12,"node":"n1"}}';
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
/** The files below the directory, without directories. */
const files = () => readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));

test('the JSON has sorted names at every depth, without the excluded samplers', () => {
  expect(outputJson(data, [])).toBe(json);
  expect(outputJson(data, ['sams.sampler.Core', 'a'])).toBe('{"b":{"a":[{"c":true,"d":null},"x"],"z":1}}');
});

describe('a pattern', () => {
  test.each([
    [12_345, 1000, '12345|12345|n1|n1|12|12|%|%s'],
    [999, 1000, '999|999|n1|n1|0|0|%|%s'],
    ['12345[7]', 100, '12345[7]|12345[7]|n1|n1|123|123|%|%s'],
    ['x', 100, 'x|x|n1|n1|||%|%s'],
    [12, null, '12|12|n1|n1|||%|%s'],
  ])('of the job %p with the hash size %p', (job, hashSize, text) => {
    const pattern = '%(jobid)s|%(jobid)s|%(node)s|%(node)s|%(jobid_hash)d|%(jobid_hash)d|%%|%%s';
    expect(expand(pattern, { job, node: 'n1', hashSize })).toBe(text);
    expect(hashOf(job, hashSize)).toBe(text.split('|')[4] === '' ? null : Number(text.split('|')[4]));
  });
});

describe('files', () => {
  const settings = (more: Partial<FileOutputSettings> = {}): FileOutputSettings => ({
    base_path: join(directory, 'data'),
    file_pattern: '%(jobid)s.%(node)s.%(jobid_hash)d.json',
    jobid_hash_size: null,
    exclude: [],
    retry_count: 5,
    retry_sleep: 7,
    ...more,
  });

  test.each([
    [{}, 12_345, 'data/12345.n1..json'],
    [{ jobid_hash_size: 1000 }, 12_345, 'data/12/12345.n1.12.json'],
    [{ jobid_hash_size: 1000 }, 'x', 'data/x.n1..json'],
    [{ file_pattern: '../../%(jobid)s.json' }, 7, 'data/7.json'],
  ])('with the settings %p of the job %p', async (more, job, file) => {
    await fileOutput(settings(more), job, 'n1').write(data);
    expect(files()).toEqual([file]);
    expect(readFileSync(join(directory, file), 'utf8')).toBe(json);
    expect(modeOf(join(directory, file))).toBe('644');
  });

  test('leave out the excluded samplers, and have the configured retries', async () => {
    const output = fileOutput(settings({ exclude: ['a', 'b'] }), 12, 'n1');
    expect(output).toMatchObject({ id: 'output.File', retries: 5, pauseSeconds: 7 });
    await output.write(data);
    expect(readFileSync(join(directory, 'data/12.n1..json'), 'utf8')).toBe(
      '{"sams.sampler.Core":{"jobid":12,"node":"n1"}}',
    );
  });

  test('for a login host have the job and the node in their name', async () => {
    const path = join(directory, 'spool');
    const output = spoolOutput({ path, exclude: ['a', 'b'], retry_count: 4, retry_sleep: 6 }, 12_345, 'n1');
    expect(output).toMatchObject({ id: 'output.Spool', retries: 4, pauseSeconds: 6 });
    await output.write(data);
    expect(files()).toEqual(['spool/12345.n1.json']);
    expect(readFileSync(join(path, '12345.n1.json'), 'utf8')).toBe('{"sams.sampler.Core":{"jobid":12,"node":"n1"}}');
  });
});

describe('HTTP', () => {
  const settings = {
    uri: 'http://sams.example.org:8080/%(jobid_hash)d/%(jobid)s.%(node)s.json',
    jobid_hash_size: 10,
    exclude: [],
    retry_count: 5,
    retry_sleep: 7,
  };
  const answer = {
    kind: 'answer',
    body: '',
    unread: null,
    location: null,
    retryAfter: null,
    date: null,
    snapshotOrder: null,
  } as const;

  /** Writes the data. Returns the request. */
  async function write(more: Partial<HttpOutputSettings>, reply: http.HttpReply = { ...answer, status: 200 }) {
    const send = spyOn(http, 'send').mockResolvedValue(reply);
    try {
      await httpOutput({ ...settings, ...more }, 123, 'n1').write(data);
      return send.mock.calls[0]?.[0];
    } finally {
      send.mockRestore();
    }
  }
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const request = {
    url: 'http://sams.example.org:8080/12/123.n1.json',
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: json,
    timeoutSeconds: 30,
    ca: null,
    identity: undefined,
    proxy: null,
  };

  test('posts the data, and has the configured retries', async () => {
    expect(httpOutput(settings, 123, 'n1')).toMatchObject({ id: 'output.Http', retries: 5, pauseSeconds: 7 });
    expect(await write({})).toEqual(request as http.HttpRequest);
    expect((await write({ exclude: ['a', 'b'] }))?.body).toBe('{"sams.sampler.Core":{"jobid":12,"node":"n1"}}');
  });

  test.each([
    [{ username: 'u', password: 'p' }, { Authorization: `Basic ${btoa('u:p')}` }],
    [{ username: 'u' }, { Authorization: `Basic ${btoa('u:')}` }],
    [{ password: 'p' }, {}],
  ])('with %p logs in', async (login, headers) => {
    expect((await write(login))?.headers).toEqual({ ...request.headers, ...headers });
  });

  test.each([
    [' key \n', { 'X-API-Key': 'key' }],
    ['\n', {}],
  ])('with a file %p sends the API key', async (text, headers) => {
    expect((await write({ api_key_file: file('key', text) }))?.headers).toEqual({ ...request.headers, ...headers });
  });

  test('needs no file of an API key, but one that nobody else can read', async () => {
    expect((await write({ api_key_file: join(directory, 'gone') }))?.headers).toEqual(request.headers);
    writeFileSync(join(directory, 'open'), 'key', { mode: 0o644 });
    const open = join(directory, 'open');
    await expect(write({ api_key_file: open })).rejects.toThrow(
      `${open} can be read by others (mode 644) and holds an API key: chmod 600 ${open}`,
    );
  });

  test('identifies itself with a certificate and its key, and trusts the configured authority', async () => {
    const [ca_file, cert_file, key_file] = [file('ca', 'CA'), file('cert', 'CERT'), file('key', 'KEY')];
    expect(await write({ ca_file, cert_file, key_file })).toMatchObject({
      ca: 'CA',
      identity: { cert: 'CERT', key: 'KEY' },
    });
    expect(await write({ cert_file })).toMatchObject({ identity: undefined });
    expect(await write({ key_file })).toMatchObject({ identity: undefined });
  });

  test.each([200, 204, 299])('is done if the server answers %p', async (status) => {
    expect(await write({}, { ...answer, status })).toBeDefined();
  });

  test.each([199, 300, 404, 503])('fails if the server answers %p', async (status) => {
    await expect(write({}, { ...answer, status })).rejects.toThrow(`sams.example.org:8080 answers ${status}`);
  });

  test('fails with the reason if there is no answer', async () => {
    const reply = { kind: 'none', reason: 'the connection was refused', failure: 'refused', neverSent: true } as const;
    await expect(write({}, reply)).rejects.toThrow('sams.example.org:8080: the connection was refused');
  });
});

describe('Prometheus', () => {
  const rules = { static_map: {}, map: {}, metrics: { 'sams.sampler.Core/jobid': 'job{node="n"}' } };
  const text = '# HELP job Job Usage Metrics\n# TYPE job gauge\njob{node="n"} 12\n';

  test('has the current values in a file that is removed at the end', async () => {
    const settings = { ...rules, path: join(directory, '%(jobid)s.%(node)s.prom'), retry_count: 5, retry_sleep: 7 };
    const { log, lines } = memoryLog();
    const output = prometheusOutput(settings, { job: 12, node: 'n1' }, log);
    expect(output).toMatchObject({ id: 'output.Prometheus', retries: 5, pauseSeconds: 7 });
    await output.write(data);
    output.sampled?.(data);
    const file = join(directory, '12.n1.prom');
    expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual([text, '644']);
    await output.write(data);
    expect([files(), lines]).toEqual([[], []]);
  });

  test('has an error in the log if the file cannot be written', () => {
    const { log, lines } = memoryLog();
    const settings = { ...rules, path: join(directory, 'gone/%(jobid)s.prom'), retry_count: 5, retry_sleep: 7 };
    prometheusOutput(settings, { job: 12, node: 'n1' }, log).sampled?.(data);
    expect(lines).toEqual([expect.stringMatching(/^ERROR cannot write \S+\/gone\/12\.prom: .*no such file/)]);
  });

  test('gives the current values to each client of a socket, which is removed at the end', () => {
    const socketdir = join(directory, 'a/sockets');
    const file = join(socketdir, 'sams.listener.Prometheus_12.socket');
    mkdirSync(socketdir, { recursive: true });
    writeFileSync(file, 'of a sampler that was killed');
    const stopped: unknown[] = [];
    const listen = spyOn(Bun, 'listen').mockReturnValue({ stop: (now: boolean) => stopped.push(now) } as never);
    try {
      const listener = prometheusListener({ ...rules, socketdir }, { job: 12, node: 'n1' });
      expect(existsSync(file)).toBe(false);
      writeFileSync(file, '');
      const [options] = (listen.mock.calls[0] ?? []) as unknown as [
        { unix: string; socket: { open(client: { end(text: string): void }): void } },
      ];
      expect(options.unix).toBe(file);
      const given: string[] = [];
      const connect = () => options.socket.open({ end: (all) => void given.push(all) });
      connect();
      listener.update(data);
      connect();
      connect();
      expect(given).toEqual(['', text, text]);
      listener.close();
      expect([stopped, existsSync(file)]).toEqual([[true], false]);
    } finally {
      listen.mockRestore();
    }
  });

  test('makes the directory of the socket, which all users can read', () => {
    const listen = spyOn(Bun, 'listen').mockReturnValue({ stop() {} } as never);
    try {
      prometheusListener({ ...rules, socketdir: join(directory, 'a/b') }, { job: 12, node: 'n1' }).close();
      expect(modeOf(join(directory, 'a/b'))).toBe('755');
    } finally {
      listen.mockRestore();
    }
  });
});
