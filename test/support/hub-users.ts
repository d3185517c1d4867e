import type { Executor } from '../../src/exec/command.ts';
import { httpExits } from '../../src/exec/http.ts';
import { answering, exited } from './executors.ts';

/**
 * A user as JupyterHub 3.0.0 (Debian 3.0.0+ds1-1) lists one to a service with the scopes list:users, read:servers and
 * admin:server_state: taken from its answer to `GET /hub/api/users?state=active`, with the names put in.
 */
export function hubUser(name: string, servers: Readonly<Record<string, object>>): object {
  return {
    name,
    admin: false,
    kind: 'user',
    servers: Object.fromEntries(
      Object.entries(servers).map(([server, own]) => [
        server,
        {
          name: server,
          last_activity: '2026-11-21T03:36:23.554734Z',
          started: '2026-11-21T03:36:21.909586Z',
          pending: null,
          ready: true,
          stopped: false,
          url: `/user/${name}/${server === '' ? '' : `${server}/`}`,
          user_options: {},
          progress_url: `/hub/api/users/${name}/server${server === '' ? '' : `s/${server}`}/progress`,
          state: { pid: 24682 },
          ...own,
        },
      ]),
    ),
  };
}

/** A hub that answers `/hub/api/users` by offset and limit, with JSON or with the status given; asked for nothing else. */
export function answeringUsers(answer: (offset: number, limit: number) => unknown): Executor & { asked: string[] } {
  const asked: string[] = [];
  const executor = answering(({ argv }) => {
    const url = new URL(argv.at(-1) ?? '');
    asked.push(`${url.pathname}${url.search}`);
    const answered = answer(Number(url.searchParams.get('offset')), Number(url.searchParams.get('limit')));
    return typeof answered === 'number'
      ? { ending: exited(httpExits.status, `HTTP ${answered}`) }
      : { stdout: typeof answered === 'string' ? answered : JSON.stringify(answered) };
  });
  return { ...executor, asked };
}
