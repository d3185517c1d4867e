/** A forward proxy for plain HTTP that remembers what went through it. */
export type ForwardProxy = {
  readonly host: string;
  /** The absolute URLs it was asked for, and who asked. */
  readonly seen: readonly { readonly url: string; readonly authorization: string | null }[];
  stop(): Promise<void>;
};

/** Passes every request on to one server, whatever host it names: names that nobody else can resolve are for it. */
export function startForwardProxy(target: string): ForwardProxy {
  const seen: { url: string; authorization: string | null }[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      seen.push({ url: request.url, authorization: request.headers.get('proxy-authorization') });
      const headers = new Headers(request.headers);
      for (const name of ['proxy-authorization', 'proxy-connection', 'host']) headers.delete(name);
      const url = target + new URL(request.url).pathname;
      return fetch(url, { method: request.method, headers, body: await request.bytes() });
    },
  });
  return { host: `127.0.0.1:${server.port}`, seen, stop: () => server.stop(true) };
}
