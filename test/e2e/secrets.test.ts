/** Secrets stay where they are configured, whatever a server answers and whatever is wrong with an address. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
  site.localSystem('casper', { recording: 'empty-without-jobs' });
});
afterEach(() => site.remove());

/** Whatever shows or keeps text. */
const commands = [
  ['run', '-v', 'casper'],
  ['run', 'hub'],
  ['drain', '--now', '--max-seconds', '1'],
  ['doctor'],
  ['doctor', '--json'],
  ['health'],
  ['health', '--json'],
  ['config', 'check'],
  ['config', 'show', 'casper', 'hub'],
  ['config', 'show', '--json'],
  ['outbox', 'ls', '--state', 'all'],
  ['outbox', 'ls', '--state', 'all', '--json'],
  ['outbox', 'stats'],
  ['outbox', 'stats', '--json'],
  ['outbox', 'export', '--all'],
] as const;

/** The output of all of these, and what `show` says of each entry. */
async function everythingSaid(env: Record<string, string> = {}): Promise<string> {
  const outputs: string[] = [];
  const say = async (args: readonly string[]) => {
    const { stdout, stderr } = await site.start(args, { env: { ...site.env, ...env } }).ended;
    outputs.push(stdout, stderr);
    return stdout;
  };
  for (const args of commands) await say(args);
  for (const id of (await say(['outbox', 'ls', '--state', 'all', '--ids'])).split('\n').filter((line) => line !== ''))
    for (const format of [[], ['--json']]) await say(['outbox', 'show', id, ...format]);
  return outputs.join('\n');
}

/** The log and the outbox, with all that lies beside it. */
const kept = () =>
  [site.logFile, site.outbox].filter((file) => existsSync(file)).map((file) => readFileSync(file, 'latin1'));

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const escapes = [
  (text: string) => text,
  json,
  encodeURIComponent,
  (text: string) => Bun.escapeHTML(text),
  (text: string) => json(Bun.escapeHTML(text)),
  (text: string) => encodeURIComponent(encodeURIComponent(text)),
  (text: string) => Array.from(text, (one) => `&#${one.charCodeAt(0)};`).join(''),
];

test.each([
  ['long, with all that is escaped', 'p@ss"w<o>r&d#%41/\\9'],
  ['of three characters', 'q7Z'],
])(
  'a server that echoes requests reveals no secret: one %s',
  async (_, password) => {
    const basic = btoa(`collector:${password}`);
    const echo = escapes.map((escaped) => `pw=${escaped(password)};`).join(' ');
    let requests = 0;
    await using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        requests += 1;
        const path = new URL(request.url).pathname;
        const page = `<h1>Echo</h1>${echo} Authorization: ${request.headers.get('authorization')} ${path} ${request.url}`;
        if (!path.endsWith('/casper')) return new Response(page, { status: 502 });
        if (requests < 3) return Response.json({ error: page }, { status: 500 });
        return Response.json({ success: true, status_id: 7, echo: page, [basic]: password }, { status: 201 });
      },
    });
    const address = `http://127.0.0.1:${server.port}`;
    site.configure(
      'env',
      `STATUS_API_URL=${address}\nSTATUS_API_USER=collector\nSTATUS_API_PASSWORD='${password}'\nJUPYTERHUB_ADMIN_TOKEN=token-of-the-hub-17\n`,
    );
    site.configure('hub.yaml', `service: jupyterhub\nurl: ${address}/hub\n`);
    const hidden = ['secret-of-the-webhook', 'secret-of-the-heart', 'secret-of-the-proxy'];
    site.configure(
      'collector.yaml',
      `systems: [casper]
notify: { webhook: 'http://me:${hidden[0]}@127.0.0.1:${server.port}/services/${hidden[0]}' }
heartbeat_url: 'http://me:${hidden[1]}@127.0.0.1:${server.port}/ping/${hidden[1]}'
proxy: http://me:${hidden[2]}@127.0.0.1:1
`,
    );
    const all = [await everythingSaid(), ...kept()].join('\n');
    expect(all).toContain('Echo');
    expect(all).toContain('status_id');
    const secrets = [...hidden, 'token-of-the-hub-17', basic.replace(/=+$/, '')];
    for (const secret of [...secrets, ...escapes.map((escaped) => `pw=${escaped(password)};`)])
      expect(all).not.toContain(secret);
  },
  120_000,
);

const secret = 'n0-0ne-may-see';
const addresses = [
  `http://me:${secret}@127.0.0.1:1`,
  `http://me:x@${secret}@127.0.0.1:1`,
  `http://me:12#${secret}@127.0.0.1:1`,
  `http://me:%zz${secret}@127.0.0.1:1`,
  `http://${secret}/x@127.0.0.1:1`,
  `htp://me:${secret}@127.0.0.1:1`,
  `http:/me:${secret}@127.0.0.1:1`,
  `me:${secret}@127.0.0.1:1`,
  `http://me:${secret}%40127.0.0.1`,
];

const places: [where: string, configure: (address: string) => Record<string, string>][] = [
  [
    'variables',
    (address) => ({
      STATUS_API_URL: address,
      INGEST_API_URL: address,
      http_proxy: address,
      HTTPS_PROXY: address,
      NOTIFY_WEBHOOK_URL: address,
      HEARTBEAT_URL: address,
    }),
  ],
  [
    'YAML',
    (address) => {
      site.configure(
        'collector.yaml',
        `destinations: { sam: { url: '${address}' }, ingest: { url: '${address}' } }
proxy: '${address}'
notify: { webhook: '${address}' }
heartbeat_url: '${address}'
`,
      );
      site.configure('hub.yaml', `service: jupyterhub\nurl: '${address}'\n`);
      return { JUPYTERHUB_ADMIN_TOKEN: 'a-token' };
    },
  ],
];

test.each(places)(
  'no login of an address in %s is shown, whatever is wrong with it',
  async (_, configure) => {
    for (const address of addresses) {
      const env = { ...site.env, STATUS_API_USER: 'u', STATUS_API_PASSWORD: 'a-password', ...configure(address) };
      const runs = [
        ['doctor', '--json', 'casper', 'hub'],
        ['run', '-v', 'casper'],
      ].map((args) => site.start(args, { env }).ended);
      const said = (await Promise.all(runs)).map(({ stdout, stderr }) => stdout + stderr);
      expect({ address, said: [...said, ...kept()].filter((text) => text.includes(secret)) }).toEqual({
        address,
        said: [],
      });
    }
  },
  180_000,
);

test('the login of an invalid proxy is not shown', async () => {
  for (const address of addresses) {
    const env = {
      ...site.env,
      STATUS_API_URL: 'http://sam.invalid',
      STATUS_API_USER: 'u',
      STATUS_API_PASSWORD: 'a-password',
    };
    site.configure('collector.yaml', 'destinations: { sam: { allow_insecure_http: true } }\n');
    const { stderr } = await site.start(['drain', '--max-seconds', '1'], { env: { ...env, http_proxy: address } })
      .ended;
    expect([stderr, ...kept()].filter((text) => text.includes(secret))).toEqual([]);
  }
}, 180_000);
