/** `proxy:` and `no_proxy:` in `collector.yaml`: cron has no environment to say it in. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority, signCertificate } from '../support/certificates.ts';
import { needs } from '../support/needs.ts';
import { type ForwardProxy, startForwardProxy, startTunnel } from '../support/proxy.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { credentials, newSite, type Site } from '../support/site.ts';

let site: Site;
let api: SamApi;
let proxy: ForwardProxy;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper');
  api = startSamApi();
  proxy = startForwardProxy(api.url);
});
afterEach(async () => {
  await site.remove();
  await proxy.stop();
  await api.stop();
});

const configure = (yaml: string) =>
  site.configure('collector.yaml', `destinations: { sam: { allow_insecure_http: true } }\n${yaml}`);

test('deliveries go through the proxy, with its credentials', async () => {
  site.api('http://sam.invalid');
  configure(`proxy: http://mcurie:radium-226@${proxy.host}\n`);
  expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
  expect(proxy.seen).toEqual([
    { url: 'http://sam.invalid/api/v1/status/casper', authorization: `Basic ${btoa('mcurie:radium-226')}` },
  ]);
  expect(api.posted).toHaveLength(1);
});

test('deliveries to the hosts of no_proxy do not go through the proxy', async () => {
  site.api('http://sam.invalid');
  configure(`proxy: http://${proxy.host}\nno_proxy: [sam.invalid]\n`);
  await site.run('collect', 'casper');
  const { stderr } = await site.run('drain', '--max-seconds', '1');
  expect(proxy.seen).toEqual([]);
  expect(stderr).toContain('unknown host name');
});

test('a proxy that is down is named, and its password is not', async () => {
  await proxy.stop();
  site.api('http://sam.invalid');
  configure(`proxy: http://mcurie:radium-226@${proxy.host}\n`);
  await site.run('collect', 'casper');
  const { exit, stderr } = await site.run('drain', '--max-seconds', '1');
  expect(exit).toBe(1);
  expect(stderr).toContain(`connection refused, through the proxy http://********@${proxy.host}`);
  const shown = await site.run('outbox', 'ls');
  expect(stderr + shown.stdout + site.everything().replaceAll(/^proxy:.*$/gm, '')).not.toContain('radium-226');
});

test('an invalid address is refused without showing a password in it', async () => {
  configure('proxy: "mcurie:radium-226@proxy"\n');
  const { exit, stderr } = await site.run('run', 'casper');
  expect(exit).toBe(2);
  expect(stderr).toContain('proxy: is not an http or https URL such as http://proxy.example.org:3128');
  expect(stderr).not.toContain('radium-226');
});

const environments: [
  name: string,
  environment: (proxy: string) => Record<string, string>,
  yaml: (proxy: string) => string,
][] = [
  ['YAML', () => ({}), (url) => `proxy: ${url}\n`],
  ['the environment', (url) => ({ HTTP_PROXY: url, http_proxy: url, HTTPS_PROXY: url, ALL_PROXY: url }), () => ''],
];

test.each(environments)('a proxy from %s is never used for loopback', async (_, environment, yaml) => {
  const paths = new Set<string>();
  await using here = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch({ url, method }) {
      paths.add(`${method} ${new URL(url).pathname}`);
      return Response.json({ success: true, status_id: 1 }, { status: 201 });
    },
  });
  const url = `http://mcurie:radium-226@${proxy.host}`;
  const address = `http://127.0.0.1:${here.port}`;
  const token = join(site.directory, 'token');
  writeFileSync(token, 'a-token-of-the-hub', { mode: 0o600 });
  site.api(address);
  site.configure('hub.yaml', `service: jupyterhub\nurl: http://localhost:${here.port}\ntoken_file: ${token}\n`);
  // A warning threshold that is passed at once: the webhook is told.
  const health = 'health: { warn_minutes: 0.00001, critical_minutes: 0.00002 }\n';
  configure(
    `${yaml(url)}${health}notify: { webhook: '${address}/hook' }\nheartbeat_url: ${address}/alive\nsystems: [casper]\n`,
  );
  const env = { ...site.env, ...environment(url) };
  for (const args of [['run', 'casper'], ['run', 'hub'], ['doctor'], ['drain', '--now']])
    await site.start(args, { env }).ended;
  expect(proxy.seen).toEqual([]);
  expect([...paths]).toEqual(
    expect.arrayContaining(['POST /api/v1/status/casper', 'GET /hub/api/users', 'POST /hook', 'GET /alive']),
  );
});

test('the demo sends nothing to a proxy of the environment', async () => {
  const url = `http://${proxy.host}`;
  const { exit } = await site.start(['demo'], { env: { ...site.env, HTTP_PROXY: url, http_proxy: url } }).ended;
  expect({ exit, seen: proxy.seen }).toEqual({ exit: 0, seen: [] });
});

test('BUN_CONFIG_VERBOSE_FETCH prints no request', async () => {
  site.api(api.url);
  const env = { ...site.env, BUN_CONFIG_VERBOSE_FETCH: 'curl' };
  const outputs = [];
  for (const args of [['run', '-v', 'casper'], ['doctor'], ['demo']]) {
    const { stdout, stderr } = await site.start(args, { env }).ended;
    outputs.push(stdout + stderr);
  }
  expect(api.posted).toHaveLength(2);
  expect(outputs.join('\n')).not.toMatch(/curl --http|Authorization|Idempotency-Key/i);
  expect(outputs.join('\n')).not.toContain(btoa(`${credentials.user}:${credentials.password}`));
});

needs('openssl').each([
  ['directly', false, 'site.pem', 1],
  ['directly', false, null, 0],
  ['through a proxy', true, 'site.pem', 1],
  ['through a proxy', true, null, 0],
  ['through a proxy, for another name', true, 'other.pem', 0],
])(
  'NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing %s, where %p %p is trusted',
  async (_, isProxied, authority, delivered) => {
    makeAuthority(site.directory, 'site');
    makeAuthority(site.directory, 'other');
    signCertificate(site.directory, 'api', {
      authority: 'site',
      address: isProxied ? 'DNS:sam.invalid' : 'IP:127.0.0.1',
    });
    let requests = 0;
    await using tls = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      tls: { key: Bun.file(join(site.directory, 'api.key')), cert: Bun.file(join(site.directory, 'api.pem')) },
      fetch: () => {
        requests += 1;
        return Response.json({ success: true, status_id: 1 }, { status: 201 });
      },
    });
    using tunnel = await startTunnel(tls.port ?? 0);
    site.api(isProxied ? 'https://sam.invalid' : `https://127.0.0.1:${tls.port}`);
    const trusted =
      authority === null ? '' : `destinations: { sam: { ca_file: ${join(site.directory, authority)} } }\n`;
    site.configure('collector.yaml', trusted + (isProxied ? `proxy: http://127.0.0.1:${tunnel.port}\n` : ''));
    await site.run('collect', 'casper');
    const env = { ...site.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const { exit } = await site.start(['drain', '--max-seconds', '1'], { env }).ended;
    expect({ exit, requests, tunnelled: tunnel.asked.length > 0 }).toEqual({
      exit: delivered === 1 ? 0 : 1,
      requests: delivered,
      tunnelled: isProxied,
    });
  },
);

test.each(['htp://mcurie:radium-226@proxy.example.org:3128', 'http://mcurie:12#radium-226@proxy.example.org:3128'])(
  'an invalid proxy of the environment is reported without its login: %s',
  async (address) => {
    site.api('http://sam.invalid');
    configure('');
    await site.run('collect', 'casper');
    const env = { ...site.env, http_proxy: address };
    const { exit, stderr } = await site.start(['drain', '--max-seconds', '1'], { env }).ended;
    expect(exit).toBe(1);
    expect(stderr).toContain(
      'the address of the proxy is not an http or https URL such as http://proxy.example.org:3128',
    );
    expect(stderr).not.toMatch(/radium|mcurie/);
  },
);
