/** `proxy:` and `no_proxy:` in `collector.yaml`: cron has no environment to say it in. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ForwardProxy, startForwardProxy } from '../support/proxy.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

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

test('what is delivered goes through the proxy, with its credentials', async () => {
  site.api('http://sam.invalid');
  configure(`proxy: http://mcurie:radium-226@${proxy.host}\n`);
  expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
  expect(proxy.seen).toEqual([
    { url: 'http://sam.invalid/api/v1/status/casper', authorization: `Basic ${btoa('mcurie:radium-226')}` },
  ]);
  expect(api.posted).toHaveLength(1);
});

test('but not to the hosts under no_proxy', async () => {
  site.api(api.url);
  configure(`proxy: http://${proxy.host}\nno_proxy: [127.0.0.1]\n`);
  expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
  expect(proxy.seen).toEqual([]);
  expect(api.posted).toHaveLength(1);
});

test('a proxy that is down is named, and its password is not', async () => {
  await proxy.stop();
  site.api('http://sam.invalid');
  configure(`proxy: http://mcurie:radium-226@${proxy.host}\n`);
  await site.run('collect', 'casper');
  const { exit, stderr } = await site.run('drain', '--max-seconds', '1');
  expect(exit).toBe(1);
  expect(stderr).toContain(`connection refused, by way of the proxy http://********@${proxy.host}`);
  const shown = await site.run('outbox', 'ls');
  expect(stderr + shown.stdout + site.everything().replaceAll(/^proxy:.*$/gm, '')).not.toContain('radium-226');
});

test('an address that is none is refused without showing what may be a password in it', async () => {
  configure('proxy: "mcurie:radium-226@proxy"\n');
  const { exit, stderr } = await site.run('run', 'casper');
  expect(exit).toBe(2);
  expect(stderr).toContain('proxy: is no http or https URL such as http://proxy.example.org:3128');
  expect(stderr).not.toContain('radium-226');
});
