/** An API that this host cannot reach never got the request: a host without a network, in a namespace of its own. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { needs, needsThat } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';

const namespaces = ['unshare', '--user', '--map-root-user', '--net'];
const isPossible = run([...namespaces, 'true']).exit === 0;
const testAlone = isPossible ? needs('ip') : needsThat(false, 'leave to make a network namespace');

let site: Site;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper');
});
afterEach(() => site.remove());

describe('the request was never sent:', () => {
  testAlone.each([
    ['network is unreachable', 'https://10.1.2.3', 'true'],
    ['no route to host', 'https://10.1.2.3', 'ip link set lo up; ip route add unreachable 10.0.0.0/8'],
    ['the DNS server does not answer', 'https://sam.example.org', 'true'],
  ])('%s', async (words, url, setUp) => {
    site.api(url);
    await site.run('collect', 'casper');
    const env = { ...site.env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    const drain = [...namespaces, 'sh', '-c', `${setUp}; exec "$0" drain -v --max-seconds 1`, binary];
    const { exit, stderr } = await start(drain, { env }).ended;
    expect(exit).toBe(1);
    expect(stderr).toContain(`is unavailable: ${words};`);
    expect(stderr).not.toMatch(/typo|able to access|ENETUNREACH|EHOSTUNREACH|EAI_AGAIN/);
    const [entry] = await site.entries();
    expect(entry).toMatchObject({ state: 'pending', first_sent_at: null, last_error: words });
    expect((await site.run('outbox', 'show', entry?.id ?? '')).stdout).not.toContain('May be stored');
  });
});
