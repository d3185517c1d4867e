import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './files.ts';
import { freePorts } from './ports.ts';
import { start } from './start.ts';
import { until } from './until.ts';

/** A real nginx that forwards to an API and answers with pages of its own where a test says so. */
export type Edge = {
  readonly url: string;
  /** Answers this status itself to requests with this `Idempotency-Key` (default: to all); 444 closes the connection. */
  block(status: (typeof statuses)[number], key?: string): void;
  /** Forwards every request again. */
  unblock(): void;
  stop(): Promise<void>;
};

const statuses = [200, 302, 400, 403, 404, 409, 415, 422, 444, 502, 503] as const;

/** Starts nginx in front of an API, or of several servers that share the load. */
export async function startEdge(...upstreams: string[]): Promise<Edge> {
  const directory = temporaryDirectory();
  const blocks = join(directory.path, 'blocks');
  mkdirSync(blocks);
  const port = await freePorts(1);
  const file = join(directory.path, 'nginx.conf');
  writeFileSync(file, configuration(directory.path, blocks, port, upstreams));
  const running = start(['nginx', '-p', directory.path, '-e', 'stderr', '-c', file], {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    `nginx answers: ${running.stderr()}`,
    20,
  );
  return {
    url,
    block: (status, key = 'all') => writeFileSync(join(blocks, `${key}.${status}`), ''),
    unblock() {
      for (const name of readdirSync(blocks)) rmSync(join(blocks, name));
    },
    async stop() {
      running.kill('SIGKILL');
      await running.ended;
      directory.remove();
    },
  };
}

/** Each status is answered while a file with its name exists: no reload is needed. */
function configuration(directory: string, blocks: string, port: number, upstreams: readonly string[]): string {
  const answers = statuses.map((status) => {
    const answer =
      status === 200
        ? "200 '<html><title>Blocked</title><h1>Request blocked</h1></html>'"
        : status === 302
          ? '302 https://blocked.example/'
          : status;
    return ['all', '$http_idempotency_key']
      .map((key) => `if (-f "${blocks}/${key}.${status}") { return ${answer}; }`)
      .join('\n      ');
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  return `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  default_type text/html;
  client_max_body_size 100k;
  upstream servers {
    ${upstreams.map((url) => `server ${new URL(url).host};`).join(' ')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      ${answers.join('\n      ')}
      proxy_pass http://servers;
    }
  }
}
`;
}
