/** The outputs of the sampler, on the binary. Its job has no processes, so that no scheduler is needed. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePorts } from '../support/ports.ts';
import { processesWithArgument } from '../support/processes.ts';
import { noTrouble, type SampledNode, sampledNode } from '../support/sample.ts';
import { until } from '../support/until.ts';

let node: SampledNode;
beforeEach(() => {
  node = sampledNode();
});
afterEach(() => node.remove());

/** A server that answers with the statuses in turn, and then with the last one. */
function startPostReceiver(statuses: readonly number[], port = 0) {
  const requests: { readonly path: string; readonly login: string | null; readonly body: unknown }[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    reusePort: false,
    async fetch(request) {
      const status = statuses[Math.min(requests.length, statuses.length - 1)] ?? 200;
      const { pathname } = new URL(request.url);
      requests.push({ path: pathname, login: request.headers.get('Authorization'), body: await request.json() });
      return new Response(null, { status });
    },
  });
  return { port: server.port ?? 0, requests, stop: () => server.stop(true) };
}

const sendingTo = (port: number, retries: number) => ({
  outputs: '[Http]',
  more: `output.Http: { uri: 'http://127.0.0.1:${port}/%(jobid)s/%(jobid)s.%(node)s.json', username: u, password: p, retry_count: ${retries}, retry_sleep: 0.1 }`,
});

describe('HTTP', () => {
  test('an answer that is not 2xx is tried again, and any 2xx is a success', async () => {
    const server = startPostReceiver([500, 204]);
    node.configure(sendingTo(server.port, 3));
    expect(await node.run(999_999)).toMatchObject({ exit: 0, stderr: noTrouble });
    await server.stop();
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]).toMatchObject({
      path: '/999999/999999.n1.json',
      login: `Basic ${btoa('u:p')}`,
      body: { 'sams.sampler.Core': { jobid: 999_999, node: 'n1' }, 'sams.sampler.Software': { execs: {} } },
    });
    expect(readdirSync(node.checkpoints)).toEqual([]);
  });

  test('data that a server does not take are kept, and the next sampler on the node sends them', async () => {
    const port = await freePorts(1);
    node.configure(sendingTo(port, 0));
    for (const job of [999_997, 999_998]) {
      expect(await node.run(job)).toMatchObject({
        exit: 1,
        stderr: expect.stringMatching(/sams\.output\.Http: 127\.0\.0\.1:\d+: .*; the next sampler on this node tries/),
      });
    }
    expect(readdirSync(node.checkpoints).sort()).toEqual(['999997.n1.checkpoint.json', '999998.n1.checkpoint.json']);
    const server = startPostReceiver([200], port);
    expect(await node.run(999_999)).toMatchObject({ exit: 0 });
    await server.stop();
    expect(server.requests.map(({ path }) => path).sort()).toEqual([
      '/999997/999997.n1.json',
      '/999998/999998.n1.json',
      '/999999/999999.n1.json',
    ]);
    expect(readdirSync(node.checkpoints)).toEqual([]);
  });
});

describe('Prometheus', () => {
  const metrics = `static_map: { cluster: 'h"1' }, map: { node: sams.sampler.Core/node }, metrics: { '^sams.sampler.Core/jobid': 'sampled_job{cluster="%(cluster)s",node="%(node)s"}' }`;
  const text =
    '# HELP sampled_job Job Usage Metrics\n# TYPE sampled_job gauge\nsampled_job{cluster="h\\"1",node="n1"} 999999\n';

  test('a textfile and a socket have the values while the job runs, and are removed at its end', async () => {
    const file = join(node.directory, 'slurm_999999.prom');
    const socket = join(node.directory, 'sockets/sams.listener.Prometheus_999999.socket');
    node.configure({
      outputs: '[Prometheus]',
      grace: 60,
      collector: '  listeners: [Prometheus]',
      more: `output.Prometheus: { path: '${node.directory}/slurm_%(jobid)s.prom', ${metrics} }
listener.Prometheus: { socketdir: ${node.directory}/sockets, ${metrics} }`,
    });
    const sampler = node.start(999_999);
    await until(() => existsSync(file) && readFileSync(file, 'utf8') === text, 'the textfile has the values');
    // A client of Bun can see a reset if the server closes before the client has noticed its connection.
    await until(async () => (await read(socket).catch(() => '')) === text, 'the socket gives the values');
    sampler.kill('SIGHUP');
    expect(await sampler.ended).toMatchObject({ exit: 0, stderr: noTrouble });
    expect([file, socket].filter(existsSync)).toEqual([]);
  });

  /** Reads all that a socket gives. */
  function read(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let all = '';
      connect(path)
        .on('data', (part) => {
          all += part.toString();
        })
        .on('end', () => resolve(all))
        .on('error', reject);
    });
  }
});

test('--test-output gives the data of a file to the outputs, without sampling', async () => {
  const recorded = readFileSync(join(import.meta.dir, '../../fixtures/sampler/sams/69.c002.json'), 'utf8');
  const file = join(node.directory, 'test.json');
  writeFileSync(file, recorded);
  node.configure({ outputs: '[File]', grace: 600 });
  expect(await node.run(69, `--test-output=${file}`)).toMatchObject({ exit: 0, stderr: '' });
  expect(readFileSync(join(node.data, '69.n1.json'), 'utf8')).toBe(JSON.stringify(JSON.parse(recorded)));
  writeFileSync(file, '[1]');
  expect(await node.run(69, `--test-output=${file}`)).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('it must be an object of sampler ids with objects'),
  });
});

test('--test-output writes the textfile for Prometheus, and leaves it', async () => {
  const recorded = join(import.meta.dir, '../../fixtures/sampler/sams/69.c002.json');
  node.configure({
    outputs: '[Prometheus]',
    more: `output.Prometheus: { path: '${node.directory}/slurm_%(jobid)s.prom', map: { node: sams.sampler.Core/node }, metrics: { '^sams.sampler.Core/jobid': 'sampled_job{node="%(node)s"}' } }`,
  });
  expect(await node.run(69, `--test-output=${recorded}`)).toMatchObject({ exit: 0, stderr: '' });
  expect(readFileSync(join(node.directory, 'slurm_69.prom'), 'utf8')).toEndWith('sampled_job{node="c002"} 69\n');
});

test('a pid file that cannot be written is reported, and the job is sampled', async () => {
  node.configure({ outputs: '[File]' });
  expect(await node.run(69, `--pidfile=${node.directory}/nowhere/69.pid`)).toMatchObject({
    exit: 0,
    stderr: expect.stringMatching(
      /ERROR \[sample\] cannot write \S+\/nowhere\/69\.pid: .*: give another file with --pidfile/,
    ),
  });
  expect(existsSync(join(node.data, '69.n1.json'))).toBe(true);
});

describe('--daemon', () => {
  const sessionOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3]);

  test('the pid file is there when it returns, it has a session of its own in /, and the files have the configured umask', async () => {
    node.configure({
      outputs: '[File]',
      grace: 60,
      collector: `  umask: '027'\n  checkpoint_interval: 0.2\n  logfile: ${node.directory}/sample.%(jobid)s.%(node)s.log`,
    });
    const pidFile = join(node.directory, 'pid');
    expect(await node.run(999_999, '--daemon', `--pidfile=${pidFile}`)).toMatchObject({ exit: 0, stderr: '' });
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(processesWithArgument(`--pidfile=${pidFile}`)).toEqual([pid]);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect(sessionOf(pid)).toBe(pid);
    const checkpoint = join(node.checkpoints, '999999.n1.checkpoint.json');
    await until(() => existsSync(checkpoint), 'it has stored a checkpoint');
    const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
    expect(mode(checkpoint)).toBe('600');
    const second = await node.run(999_999);
    expect(second).toMatchObject({ exit: 75, stderr: expect.stringContaining('Another sampler of job 999999 runs') });
    process.kill(pid, 'SIGTERM');
    const output = join(node.data, '999999.n1.json');
    await until(() => existsSync(output) && !existsSync(pidFile), 'it has ended');
    expect(mode(output)).toBe('640');
    expect(mode(join(node.directory, 'sample.999999.n1.log'))).toBe('640');
  });

  test('needs a log file', async () => {
    node.configure({ outputs: '[File]' });
    expect(await node.run(999_999, '--daemon')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('--daemon needs a log file'),
    });
  });
});
