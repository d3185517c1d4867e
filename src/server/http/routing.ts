import { printable } from '../../lib/text.ts';
import { type Answered, refuseAsSam } from './answer.ts';
import { type Client, clientOf, type Transport } from './client.ts';
import { allowOrigin, isAllowedOrigin, isPreflight, preflightAnswer } from './cors.ts';
import { requireOwnOrigin } from './origin.ts';
import { RequestProblem } from './problem.ts';

/** A request whose path and method fit a route. */
export type Call = {
  readonly request: Request;
  readonly url: URL;
  readonly client: Client;
  /** The parts of the path that the route names, such as `system`, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
};

/**
 * The access rule of a route. Returns the caller, before the body is read.
 * @throws RequestProblem 401, 403 or 503
 */
export type Access<Caller> = (call: Call) => Promise<Caller>;

/** A line of the table of routes. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The path with the names of its parameters, such as `/api/v1/status/:system/latest`. */
  readonly path: string;
  readonly pattern: RegExp;
  readonly answer: (call: Call) => Promise<Answered>;
};

/** The form of each parameter of a path. A system cannot have the name of another list of the status APIs. */
const parameterForms: Readonly<Record<string, string>> = {
  system: '(?!(?:outages?|reservations|resources|incidents|events)(?:/|$))[a-z0-9][a-z0-9_-]{0,31}',
  cluster: '[^/%]+',
  file: '[A-Za-z0-9._-]+',
  id: '[^/]+',
  kind: '[a-z-]+',
  name: '[^/]+',
  outage: '\\d{1,15}',
  job: '\\d{1,15}(?:(?:\\[|%5B)\\d+(?:\\]|%5D))?',
  sample: '[^/]+\\.json',
};

/**
 * Returns a route.
 * @param path the path as it is in a URL, with `:NAME` for a parameter
 * @param access its access rule; there is no default
 */
export function route<Caller>(
  method: Route['method'],
  path: string,
  access: Access<Caller>,
  handle: (call: Call, caller: Caller) => Promise<Answered>,
): Route {
  const pattern = path.replace(/:(\w+)/g, (_, name: string) => `(?<${name}>${parameterForms[name]})`);
  return {
    method,
    path,
    pattern: new RegExp(`^${pattern}$`),
    answer: async (call) => handle(call, await access(call)),
  };
}

/** Routes with the same prefixes, and the answers of their API to faulty requests. */
export type Api = {
  /** A path, or with a slash at the end all paths below it. */
  readonly prefixes: readonly string[];
  /** Returns the answer to a thrown value. */
  readonly refuse: (error: unknown, call: Pick<Call, 'url' | 'client'>) => Answered;
  readonly notFound: string;
  readonly notAllowed: (allowed: string) => string;
  /** The origins whose pages may use the routes, which must only read; null if pages of other origins may not. */
  readonly origins: ReadonlySet<string> | null;
  readonly routes: readonly Route[];
};

/** Takes one line for each request; the level is `error` if the receiver could not carry out the request. */
export type RequestLog = (line: string, level: 'info' | 'error') => void;

/** An answered request. `route` is the path of its route, null if none fits. */
export type AnsweredRequest = {
  readonly method: string;
  readonly route: string | null;
  readonly status: number;
  readonly seconds: number;
};

/**
 * Returns the function that answers requests: always JSON, without stack traces or SQL. It does not throw. Its second
 * parameter is the IP address at the other end of the connection.
 * @param apis the APIs; the last one answers each path that has no prefix of another API
 */
export function createDispatcher(
  apis: readonly Api[],
  transport: Transport,
  log: RequestLog,
  observe: (observation: AnsweredRequest) => void,
): (request: Request, peer: string) => Promise<Response> {
  return async (request, peer) => {
    const started = performance.now();
    const url = urlOf(request);
    const { response, note } = await dispatch(apis, request, url, peer, transport);
    const ms = Math.round(performance.now() - started);
    const route = url && routeOf(apis, request.method, url);
    observe({ method: request.method, route, status: response.status, seconds: (performance.now() - started) / 1000 });
    const path = printable(url?.pathname ?? request.url, 100);
    log(
      `${response.status} ${request.method} ${path} ${ms} ms${note ? `: ${note}` : ''}`,
      response.status >= 500 ? 'error' : 'info',
    );
    return response;
  };
}

/** Returns the URL of a request; null without exactly one valid Host, which Bun passes on (RFC 9112 §3.2 wants 400). */
function urlOf(request: Request): URL | null {
  const hosts = request.headers.get('host')?.split(',') ?? [];
  return hosts.length === 1 && URL.canParse(request.url) ? new URL(request.url) : null;
}

function routeOf(apis: readonly Api[], method: string, { pathname }: URL): string | null {
  const fits = (route: Route) => methodsOf(route).includes(method) && route.pattern.test(pathname);
  return apis.flatMap(({ routes }) => routes).find(fits)?.path ?? null;
}

async function dispatch(
  apis: readonly Api[],
  request: Request,
  url: URL | null,
  peer: string,
  transport: Transport,
): Promise<Answered> {
  if (url === null) return refuseAsSam(new RequestProblem(400, 'Host header is missing or malformed'));
  const api = apis.find(({ prefixes }) => prefixes.some((prefix) => covers(prefix, url.pathname))) ?? apis.at(-1);
  if (!api) return refuseAsSam(new RequestProblem(404, 'Not found'));
  const client = clientOf(request, url, peer, transport);
  const answered = await answerOf(api, request, url, client).catch((error: unknown) =>
    api.refuse(error, { url, client }),
  );
  if (api.origins) allowOrigin(answered.response, request, api.origins);
  return withAddress(answered, client);
}

/** Adds the address of a client that was not let in to the note for the log, by which it can be blocked. */
function withAddress(answered: Answered, { address }: Client): Answered {
  if (![401, 403, 429].includes(answered.response.status)) return answered;
  return { ...answered, note: `${answered.note ?? 'refused'}, from ${printable(address, 60)}` };
}

function covers(prefix: string, path: string): boolean {
  return prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix;
}

/** @throws RequestProblem 403, 404 or 405, and any error of the route */
async function answerOf(api: Api, request: Request, url: URL, client: Client): Promise<Answered> {
  if (api.origins && isPreflight(request)) return { response: preflightAnswer() };
  const fitting = api.routes.filter(({ pattern }) => pattern.test(url.pathname));
  const found = fitting.find((candidate) => methodsOf(candidate).includes(request.method));
  if (found) {
    // The routes of an API with origins only read, with POST too.
    if (!api.origins || !isAllowedOrigin(request, api.origins)) requireOwnOrigin(request, client);
    const parts = Object.entries(found.pattern.exec(url.pathname)?.groups ?? {});
    const parameters = Object.fromEntries(parts.map(([name, part]) => [name, decoded(part)]));
    return await found.answer({ request, url, client, parameters });
  }
  if (fitting.length === 0) throw new RequestProblem(404, api.notFound);
  const allowed = [...new Set(fitting.flatMap(methodsOf))].join(', ');
  throw new RequestProblem(405, api.notAllowed(allowed), { Allow: allowed });
}

/** @throws RequestProblem 404 */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RequestProblem(404, 'Not found');
  }
}

/** Returns the methods that a route answers. A GET route answers HEAD too (RFC 9110 §9.3.2): Bun omits the body. */
function methodsOf({ method }: Route): readonly string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : [method];
}
