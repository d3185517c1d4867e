/** A real JupyterHub over HTTPS, with a certificate of the site's own authority. */

import { afterAll, beforeAll, expect } from 'bun:test';
import { join } from 'node:path';
import { makeAuthority, signCertificate } from '../support/certificates.ts';
import { type Hub, hubToken, startJupyterHub } from '../support/jupyterhub.ts';
import { needs } from '../support/needs.ts';
import { install } from '../support/playback.ts';
import { newSite, type Site } from '../support/site.ts';

const programs = ['openssl', 'jupyterhub', 'configurable-http-proxy'];
const areThere = programs.every((program) => Bun.which(program) !== null);
const test = needs(...programs);

let hub: Hub;
let site: Site;
let authority: string;
beforeAll(async () => {
  if (!areThere) return;
  site = newSite();
  for (const name of ['site', 'other']) makeAuthority(site.directory, name);
  signCertificate(site.directory, 'hub', { authority: 'site', address: 'IP:127.0.0.1' });
  const path = (name: string) => join(site.directory, name);
  authority = path('site.pem');
  hub = await startJupyterHub({ tls: { certificate: path('hub.pem'), key: path('hub.key'), authority } });
  await hub.open({ ada: { '': {}, second: {} }, bob: {} });
  install(path('bin'), { jhlnodes: '#!/bin/sh\necho "----- -----"\n' });
}, 120_000);
afterAll(async () => {
  if (!areThere) return;
  await hub.stop();
  await site.remove();
});

/** Configures the hub by that address, and by that authority where there is one; collects, and gives what is stored. */
async function collect(url: string, caFile: string | null, yaml = '') {
  site.configure('env', `JUPYTERHUB_ADMIN_TOKEN=${hubToken}\n`);
  site.configure('jupyterhub.yaml', `url: ${url}\n${caFile === null ? '' : `ca_file: ${caFile}\n`}${yaml}`);
  const before = new Set((await site.entries()).map(({ id }) => id));
  const { exit, stderr } = await site.run('collect', 'jupyterhub');
  const stored = (await site.entries()).filter(({ id }) => !before.has(id));
  return { exit, stderr, stored };
}

const payloadOf = async (id = '') => JSON.parse((await site.run('outbox', 'show', id, '--json')).stdout).body as object;

test("is collected if ca_file has the certificate's authority", async () => {
  const { exit, stored } = await collect(hub.url, authority);
  expect(exit).toBe(0);
  expect(stored).toMatchObject([{ failed_probes: [] }]);
  expect(await payloadOf(stored[0]?.id)).toMatchObject({ available: true, active_users: 1, active_sessions: 2 });
});

const refused: [string, () => [url: string, caFile: string | null], RegExp][] = [
  ['no ca_file', () => [hub.url, null], /unable to verify the first certificate/],
  ['another authority', () => [hub.url, join(site.directory, 'other.pem')], /unable to verify/],
  ['another name', () => [hub.url.replace('127.0.0.1', 'localhost'), authority], /for another host name/],
];

test.each(refused)('with %s no request is sent: the probe fails, and there is no snapshot', async (_, given, words) => {
  const { exit, stderr, stored } = await collect(...given());
  expect(stderr).toMatch(
    /ERROR \[jupyterhub\] hub: https:\S+: .*: correct url, or give the site's authority as ca_file/,
  );
  expect(stderr).toMatch(words);
  expect(stderr).toContain('nothing is stored: every probe failed');
  expect({ exit, stored }).toEqual({ exit: 1, stored: [] });
});

test.each(refused)('with %s a snapshot of other probes leaves out whether the hub is available', async (_, given) => {
  const yaml = `nodes_command: [jhlnodes]\nsearch_path: ['${join(site.directory, 'bin')}', /usr/bin, /bin]\non_failed_probe: zero\n`;
  const { exit, stored } = await collect(...given(), yaml);
  expect(exit).toBe(0);
  expect(stored).toMatchObject([{ failed_probes: ['hub'] }]);
  const payload = await payloadOf(stored[0]?.id);
  expect(payload).toMatchObject({ active_users: 0, nodes_total: 0 });
  expect(payload).not.toHaveProperty('available');
});

test('doctor reports the problem with the certificate, and the remedy', async () => {
  await collect(hub.url, null);
  const { exit, stdout } = await site.run('doctor', 'jupyterhub', '--json');
  const findings = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, string>);
  const finding = findings.find(({ name }) => name === 'jupyterhub hub');
  expect({ exit, finding }).toMatchObject({
    exit: 1,
    finding: { result: 'fail', message: expect.stringContaining('ca_file') },
  });
});
