/** One POST as the API got it. */
export type Posted = {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
};

export type SamApi = {
  readonly url: string;
  readonly posted: readonly Posted[];
  stop(): Promise<void>;
};

/** A SAM API that remembers what it gets and answers as told; it accepts everything if not told. */
export function startSamApi(
  answer: (posted: Posted, count: number) => Response | Promise<Response> = accept,
  port = 0,
): SamApi {
  const posted: Posted[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port,
    async fetch(request) {
      const one: Posted = {
        path: new URL(request.url).pathname,
        headers: request.headers,
        body: (await request.json()) as Record<string, unknown>,
      };
      posted.push(one);
      return answer(one, posted.length);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, posted, stop: () => server.stop(true) };
}

/** What the API says to what it stored. */
export function accept(posted: Posted, count: number): Response {
  return Response.json({ success: true, status_id: count, timestamp: posted.body.timestamp }, { status: 201 });
}

/** An error as the API words it. */
export function refuse(status: number, error: string): () => Response {
  return () => Response.json({ error }, { status });
}
