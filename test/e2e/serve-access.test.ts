/** Who may reach the receiver: encryption, proxies, and too many connections. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { copyFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { leastTotals } from '../server/samples.ts';
import { makeAuthority } from '../support/certificates.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const serve = async (...flags: string[]) => {
  const process = site.start(['serve', '--listen', '127.0.0.1:0', ...flags]);
  const [, url = ''] = await process.said(/Listening on (\S+)/);
  return { process, url };
};

test('plain HTTP on other addresses than loopback needs a proxy', async () => {
  const refused = await site.run('serve', '--listen', '0.0.0.0:0');
  expect(refused).toMatchObject({ exit: 2, stdout: '' });
  expect(refused.stderr).toContain('Use --tls-cert and --tls-key, or --behind-proxy');
  const behind = site.start(['serve', '--listen', '0.0.0.0:0', '--behind-proxy']);
  await behind.said(/Listening on http:\/\/0\.0\.0\.0:\d+/);
});

test('HUP reads the certificate again, and a bad one leaves the old one in use', async () => {
  makeAuthority(site.directory, 'first');
  makeAuthority(site.directory, 'second');
  const [cert, key] = [join(site.directory, 'used.pem'), join(site.directory, 'used.key')];
  const use = (name: string) => {
    copyFileSync(join(site.directory, `${name}.pem`), cert);
    copyFileSync(join(site.directory, `${name}.key`), key);
  };
  use('first');
  expect(await site.run('serve', '--tls-cert', cert)).toMatchObject({ exit: 2 });
  const { process, url } = await serve('--tls-cert', cert, '--tls-key', key);
  const statusWith = (authority: string) =>
    fetch(`${url}/api/v1/status/outages`, { tls: { ca: Bun.file(join(site.directory, `${authority}.pem`)) } }).then(
      (answer) => answer.status,
      () => null,
    );
  expect([await statusWith('first'), await statusWith('second')]).toEqual([200, null]);
  use('second');
  process.kill('SIGHUP');
  await process.said('Read ');
  expect([await statusWith('first'), await statusWith('second')]).toEqual([null, 200]);
  writeFileSync(cert, 'no PEM');
  process.kill('SIGHUP');
  await process.said('The old certificate stays in use');
  expect(await statusWith('second')).toBe(200);
  process.kill('SIGTERM');
  expect(await process.ended).toMatchObject({ exit: 0 });
});

test('behind a proxy nothing is read without a login, and --public shows everything but names', async () => {
  const behind = await serve('--behind-proxy');
  expect((await fetch(`${behind.url}/api/v1/status/outages`)).status).toBe(401);
  const open = await serve('--public', '--database', join(site.directory, 'public.db'));
  const forwarded = { headers: { 'X-Forwarded-For': '203.0.113.7' } };
  expect((await fetch(`${open.url}/api/v1/status/outages`, forwarded)).status).toBe(200);
});

test('--anonymise-users shows a pseudonym in the place of a name, and a key needs its scope', async () => {
  const database = join(site.directory, 'receiver.db');
  const { url } = await serve('--anonymise-users', '--database', database);
  const added = await site.run('serve', 'key', 'add', 'derecho', '--scope', 'write:derecho', '--database', database);
  const row = { username: 'mcurie', project_code: 'UCB1', queue_name: 'main', running_jobs: 1 };
  const post = async (system: string) => {
    const answer = await fetch(`${url}/api/v1/status/${system}`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`derecho:${added.stdout.trim()}`)}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...leastTotals, user_project_queues: [row] }),
    });
    return answer.status;
  };
  expect([await post('derecho'), await post('gust')]).toEqual([201, 403]);
  const latest = await (await fetch(`${url}/api/v1/status/derecho/latest`)).text();
  expect(latest).not.toContain('mcurie');
  expect(latest).toMatch(/"username":"user-[0-9a-f]{12}"/);
});

test('more connections than the limit are dropped, and the receiver answers again', async () => {
  const database = join(site.directory, 'receiver.db');
  const limited = 'ulimit -n 200; exec "$0" "$@"';
  const argv = ['/bin/sh', '-c', limited, binary, 'serve', '--listen', '127.0.0.1:0', '--database', database];
  const running = start(argv, { env: site.env });
  const [, url = ''] = await running.said(/Listening on (\S+)/);
  const sockets: Socket[] = [];
  try {
    for (let index = 0; index < 300; index++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    await running.said(/Over \d+ open files/);
    const answers = () =>
      fetch(`${url}/api/v1/status/outages`).then(
        (answer) => answer.status === 200,
        () => false,
      );
    await until(answers, 'the receiver answers again', 60);
  } finally {
    for (const socket of sockets) socket.destroy();
    running.kill('SIGKILL');
    await running.ended;
  }
});
