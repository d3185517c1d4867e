import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './files.ts';
import { freePorts } from './ports.ts';
import { processesWithArgument, untilGone } from './processes.ts';
import { type Running, start } from './start.ts';
import { until } from './until.ts';

export const hubToken = 'collector-token-0123456789';
/** Of a service that has admin:server_state as well. */
export const stateToken = 'with-state-token-0123456789';
export const strangerToken = 'without-any-scope-0123456789';
const adminToken = 'admin-token-0123456789';

/** What a hub is otherwise than usual. */
export type HubOptions = {
  /** PEM files: it speaks HTTPS with a certificate that an authority signed. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly authority: string };
  /** Lines behind those of its configuration file. */
  readonly settings?: string;
  readonly port?: number;
};

export type Hub = {
  readonly url: string;
  /** Asks its API as an administrator. */
  ask(method: string, to: string, body?: object | null): Promise<Response>;
  /** Adds users, each with servers by name (`''` is the default one) and what they chose; resolves when all are ready. */
  open(users: Readonly<Record<string, Readonly<Record<string, object>>>>): Promise<void>;
  /** Makes the hub itself hang, go on, or vanish; its proxy stays, and answers 503 for a hub that is gone. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  /** Ends the proxy, so that nothing listens any more. */
  endProxy(): void;
  stop(): Promise<void>;
};

/**
 * Starts a real JupyterHub of its own on loopback, with `hubToken` for a service that has the scopes list:users,
 * read:servers and read:metrics. It gives two users a page. Its session servers are the least that a hub takes for one.
 */
export async function startJupyterHub(options: HubOptions = {}): Promise<Hub> {
  const directory = temporaryDirectory();
  const hubPort = await freePorts(3);
  const proxyPort = hubPort + 1;
  const { tls, port = hubPort + 2, settings = '' } = options;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const path = (name: string) => join(directory.path, name);
  writeFileSync(path('session.py'), session);
  const encryption = tls ? `c.JupyterHub.ssl_cert = '${tls.certificate}'\nc.JupyterHub.ssl_key = '${tls.key}'\n` : '';
  writeFileSync(path('config.py'), configuration(directory.path, { url, hubPort, proxyPort }) + encryption + settings);
  const hub = start(['jupyterhub', '-f', path('config.py')], {
    // Debian's proxy does not find its own modules without the first.
    env: { NODE_PATH: '/usr/share/nodejs', PATH: '/usr/bin:/bin', HOME: directory.path },
    cwd: directory.path,
  });
  const ask: Hub['ask'] = (method, to, body = null) =>
    fetch(`${url}/hub/api${to}`, {
      method,
      headers: { Authorization: `token ${adminToken}` },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
      ...(tls ? { tls: { ca: Bun.file(tls.authority) } } : {}),
    });
  await until(() => answers(hub, () => ask('GET', '/users')), 'the hub answers', 60);

  return {
    url,
    ask,
    async open(users) {
      expectStatus(await ask('POST', '/users', { usernames: Object.keys(users) }), 201);
      const wanted = Object.entries(users).flatMap(([user, named]) =>
        Object.entries(named).map(([name, options]) => ({ user, name, options })),
      );
      for (const { user, name, options } of wanted) {
        const to = name === '' ? `/users/${user}/server` : `/users/${user}/servers/${name}`;
        expectStatus(await ask('POST', to, options), 201, 202);
      }
      await until(
        async () => {
          // One by one: a list would have a page of them only.
          const models = await Promise.all(
            Object.keys(users).map(async (user) => (await (await ask('GET', `/users/${user}`)).json()) as UserModel),
          );
          const found = models.flatMap((user) => Object.values(user.servers));
          return found.filter(({ ready }) => ready).length === wanted.length;
        },
        'all servers are ready',
        60,
      );
    },
    signal: (signal) => hub.kill(signal),
    endProxy: () => process.kill(proxyPid(path('proxy.pid')), 'SIGKILL'),
    async stop() {
      hub.kill('SIGKILL');
      await untilGone(path('config.py'));
      for (const pid of [proxyPid(path('proxy.pid')), ...processesWithArgument(path('session.py'))]) endIfThere(pid);
      await hub.ended;
      directory.remove();
    },
  };
}

type UserModel = {
  readonly servers: Readonly<Record<string, { readonly ready: boolean }>>;
};

function configuration(
  directory: string,
  { url, hubPort, proxyPort }: { readonly url: string; readonly hubPort: number; readonly proxyPort: number },
): string {
  return `
from jupyterhub.spawner import SimpleLocalProcessSpawner
from prometheus_client import Gauge

class SiteSpawner(SimpleLocalProcessSpawner):
    """Keeps which resource was chosen, as a site's own spawners do."""
    def get_state(self):
        state = super().get_state()
        if 'resource' in self.user_options:
            state['resource'] = self.user_options['resource']
        return state

Gauge('site_cores', 'of all session hosts', ['host']).labels('a').set(96)
used = Gauge('site_cores_used', 'by sessions', ['host'])
used.labels('a').set(20)
used.labels('b').set(4)

c = get_config()
c.JupyterHub.bind_url = '${url}'
c.JupyterHub.hub_bind_url = 'http://127.0.0.1:${hubPort}'
c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:${proxyPort}'
c.ConfigurableHTTPProxy.pid_file = '${directory}/proxy.pid'
c.JupyterHub.db_url = 'sqlite:///${directory}/hub.sqlite'
c.JupyterHub.cookie_secret_file = '${directory}/cookie'
c.JupyterHub.authenticator_class = 'dummy'
c.JupyterHub.spawner_class = SiteSpawner
c.SimpleLocalProcessSpawner.home_dir_template = '${directory}/{username}'
c.Spawner.cmd = ['python3', '${directory}/session.py']
c.JupyterHub.allow_named_servers = True
c.JupyterHub.api_page_max_limit = 2
c.JupyterHub.services = [
    {'name': 'collector', 'api_token': '${hubToken}'},
    {'name': 'with-state', 'api_token': '${stateToken}'},
    {'name': 'stranger', 'api_token': '${strangerToken}'},
    {'name': 'admin', 'api_token': '${adminToken}', 'admin': True},
]
scopes = ['list:users', 'read:servers', 'read:metrics']
c.JupyterHub.load_roles = [
    {'name': 'collector', 'scopes': scopes, 'services': ['collector']},
    {'name': 'with-state', 'scopes': scopes + ['admin:server_state'], 'services': ['with-state']},
]
`;
}

/** A session server: it answers, which is all that the hub asks of it. */
const session = `
import http.server, os, urllib.parse
class Session(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
port = urllib.parse.urlparse(os.environ['JUPYTERHUB_SERVICE_URL']).port
http.server.ThreadingHTTPServer(('127.0.0.1', port), Session).serve_forever()
`;

async function answers(hub: Running, ask: () => Promise<Response>): Promise<boolean> {
  const response = await Promise.race([ask().catch(() => null), hub.ended]);
  if (response !== null && 'exit' in response) throw new Error(`jupyterhub ended: ${response.stderr}`);
  return response?.ok === true;
}

function expectStatus(response: Response, ...expected: number[]): void {
  if (!expected.includes(response.status)) throw new Error(`${response.url} answered ${response.status}`);
}

function proxyPid(file: string): number {
  return Number(readFileSync(file, 'utf8'));
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
