import { type AddressInfo, connect, createServer } from 'node:net';

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

/** A proxy for HTTPS that remembers which hosts it was asked for. */
export type Tunnel = { readonly port: number; readonly asked: readonly string[]; [Symbol.dispose](): void };

/** Connects every CONNECT with one port of this host, whatever host it names. */
export async function startTunnel(target: number): Promise<Tunnel> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.on('error', () => {});
    client.once('data', (head) => {
      asked.push(head.toString('latin1').split(' ')[1] ?? '');
      const far = connect(target, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(far).pipe(client);
      });
      far.on('error', () => client.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, asked, [Symbol.dispose]: () => void server.close() };
}
