/**
 * Makes the recording `fixtures/jupyterhub` anew, after `npm run build`, where that folder is not there:
 * `bun test/support/record-hub.ts`. A real JupyterHub on port 8000 gets 5,200 users, of whom 5,000 have servers, and is
 * asked by the executable; that takes ten minutes.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startJupyterHub, stateToken } from './jupyterhub.ts';
import { fixtures, newSite } from './site.ts';
import { until } from './until.ts';

const profiles = ['casper-login', 'casper-batch', 'derecho-batch'] as const;

/** The servers of a user: one of 26 has none, one of ten a second one, and one of fifty has one that starts for ever. */
function serversOf(index: number): Record<string, object> {
  if (index % 26 === 25) return {};
  const profile = profiles[index % profiles.length];
  const own = { '': index % 50 === 7 ? { profile, starts: 'for ever' } : { profile } };
  return index % 10 === 3 ? { ...own, gpu: { profile: 'casper-batch' } } : own;
}

/** One session server answers for all, which the hub cannot know; every 100th user's batch job got lost. */
const settings = (sessionPort: number) => `
import asyncio
from jupyterhub.spawner import Spawner

class SharedSpawner(Spawner):
    async def start(self):
        if 'starts' in self.user_options:
            await asyncio.sleep(7200)
        return ('127.0.0.1', ${sessionPort})
    async def poll(self):
        return None
    async def stop(self, now=False):
        pass
    def get_state(self):
        return {} if self.user.id % 100 == 0 else {'resource': self.user_options['profile']}

c.JupyterHub.spawner_class = SharedSpawner
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 0}
c.JupyterHub.api_page_default_limit = 50
c.JupyterHub.api_page_max_limit = 200
c.Spawner.start_timeout = 7200
c.JupyterHub.log_level = 'WARN'
`;

const names = Array.from({ length: 5200 }, (_, index) => `user${String(index + 1).padStart(4, '0')}`);
const wanted = names.flatMap((user, index) =>
  Object.entries(serversOf(index)).map(([name, options]) => ({ user, name, options })),
);

const session = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(null, { status: 204 }) });
const hub = await startJupyterHub({ port: 8000, settings: settings(session.port ?? 0) });
const site = newSite();
try {
  const created = await hub.ask('POST', '/users', { usernames: names });
  if (created.status !== 201) throw new Error(`the users: HTTP ${created.status}`);
  for (const { user, name, options } of wanted) {
    const started = await hub.ask('POST', `/users/${user}/server${name === '' ? '' : `s/${name}`}`, options);
    if (!started.ok) throw new Error(`the server '${name}' of ${user}: HTTP ${started.status}`);
  }
  const running = wanted.filter(({ options }) => !('starts' in options)).length;
  await until(async () => (await readyServers()) >= running, `${running} servers run`, 1800);

  site.configure('env', `JUPYTERHUB_ADMIN_TOKEN=${stateToken}\n`);
  site.configure('jupyterhub.yaml', `url: ${hub.url}\n`);
  const folder = join(fixtures, 'jupyterhub');
  const { exit, stdout, stderr } = await site.run('collect', 'jupyterhub', '--json-only', '--record', folder);
  if (exit !== 0) throw new Error(stderr);
  const list = join(folder, 'recording.yaml');
  writeFileSync(list, `provenance: >-\n  ${await provenance()}\n${readFileSync(list, 'utf8')}`);
  process.stdout.write(stdout);
} finally {
  await hub.stop();
  await site.remove();
  await session.stop(true);
}

/** How many servers the hub lists as ready; who has two may be on two pages. */
async function readyServers(): Promise<number> {
  const ready = new Map<string, number>();
  for (let offset = 0; offset < wanted.length; offset += 200) {
    const page = await hub.ask('GET', `/users?state=active&offset=${offset}&limit=200`);
    for (const { name, servers } of (await page.json()) as ListedUser[])
      ready.set(name, Object.values(servers).filter((server) => server.ready).length);
  }
  return ready.values().reduce((sum, count) => sum + count, 0);
}

type ListedUser = { readonly name: string; readonly servers: Readonly<Record<string, { readonly ready: boolean }>> };

async function provenance(): Promise<string> {
  const { version } = (await (await hub.ask('GET', '/')).json()) as { version: string };
  const date = new Date().toLocaleDateString('en', { month: 'long', year: 'numeric' });
  return `JupyterHub ${version} as packaged by Debian 12 (3.0.0+ds1-1), ${date}, on loopback, api_page_default_limit 50 and api_page_max_limit 200: 5,200 users made through its API, 5,000 of them with servers, some with a named one too, some still starting. All servers of its spawner are one process. Asked by "hpc-collector collect jupyterhub --record" with a token of the scopes list:users, read:servers and admin:server_state. Made by test/support/record-hub.ts.`;
}
