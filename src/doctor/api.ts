import type { Environment } from '../config/paths.ts';
import type { SamSettings } from '../config/sam.ts';
import { samDestination } from '../delivery/sam.ts';
import { tolerance } from '../delivery/server-clock.ts';
import { shortDuration } from '../lib/duration.ts';
import { OperatorError } from '../lib/errors.ts';
import { type HttpReply, type HttpRequest, send } from '../lib/http.ts';
import { withoutLogin } from '../lib/text.ts';
import { type Finding, fail, pass, skip, warn } from './finding.ts';

/** A clock that is off by more is soon off by too much, in milliseconds. */
const notable = 30_000;

/** Asks the API once, and looks at the way there, its clock and what it says to our login. */
export async function checkApi(sam: SamSettings, envFile: string, environment: Environment): Promise<Finding[]> {
  const names = ['proxy', 'API', 'TLS', 'clock', 'authentication'];
  if (sam.baseUrl === null) return names.map((name) => skip(name, 'no address is configured'));
  let request: HttpRequest;
  try {
    request = emptyRequest(sam);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [fail('TLS', error.message, 'hpc-collector config show   # destinations.sam.ca_file')];
  }
  const reply = await send(request);
  return [
    checkProxy(request, environment),
    checkAnswer(sam.baseUrl, reply, sam.credentials !== null),
    checkTls(sam, reply),
    checkClock(reply, new Date()),
    checkLogin(sam, reply, envFile),
  ];
}

/**
 * A request that stores nothing: the API looks at the login first, and answers 400 to an empty object from who may post
 * (measured on the real server). Without credentials it goes without a login, for the sake of everything else.
 */
function emptyRequest(sam: SamSettings): HttpRequest {
  const destination = samDestination({ ...sam, credentials: sam.credentials ?? { user: '', password: '' } });
  const entry = { id: '', method: 'POST', path: '/api/v1/status/derecho', failedProbes: [] } as const;
  const request = destination.request(entry, '{}');
  const { Authorization, 'Idempotency-Key': _, ...headers } = request.headers;
  const login = sam.credentials === null || Authorization === undefined ? {} : { Authorization };
  return { ...request, headers: { ...headers, ...login } };
}

function checkProxy({ url, proxy }: HttpRequest, environment: Environment): Finding {
  const scheme = url.startsWith('https:') ? 'https_proxy' : 'http_proxy';
  const name = [scheme, scheme.toUpperCase()].find((one) => environment[one]);
  if (name === undefined || (proxy !== null && proxy !== environment[name]))
    return pass('proxy', proxy === null ? 'none' : `configured: ${withoutLogin(proxy)}`);
  const words = `${name} is ${withoutLogin(environment[name] ?? '')}, and cron will not have that`;
  return warn('proxy', words, 'hpc-collector config check   # say proxy: ADDRESS in collector.yaml');
}

function checkAnswer(baseUrl: string, reply: HttpReply, hasLogin: boolean): Finding {
  const see = `curl -sS -o /dev/null -w '%{http_code}\\n' ${baseUrl}`;
  if (reply.kind === 'none') return fail('API', `${baseUrl}: ${reply.reason}`, see);
  const { status } = reply;
  if (isTheApis(reply) && (status === 400 || status === 401 || status === 403 || status === 429 || status === 500))
    return pass('API', `${baseUrl} answers`);
  if (status >= 500) return fail('API', `${baseUrl} is not well: HTTP ${status}`, see);
  if (status === 401 && !hasLogin) return pass('API', `${baseUrl} answers`);
  const to = reply.location === null ? '' : `, a redirect to ${reply.location}`;
  return fail('API', `${baseUrl} is not the status API: HTTP ${status}${to}`, 'correct STATUS_API_URL');
}

/** Its errors are JSON, those of what may stand before it are pages. */
function isTheApis(reply: Extract<HttpReply, { kind: 'answer' }>): boolean {
  return /^\s*\{\s*"/.test(reply.body);
}

function checkTls(sam: SamSettings, reply: HttpReply): Finding {
  const authorities = sam.ca_file ?? "this host's certificate authorities";
  if (!sam.baseUrl?.startsWith('https:')) {
    if (!sam.allow_insecure_http) return skip('TLS', 'plain HTTP, to this host');
    return warn('TLS', 'plain HTTP shows the password to the network', 'set STATUS_API_URL to an https address');
  }
  if (reply.kind === 'answer') return pass('TLS', `the certificate is accepted, by ${authorities}`);
  if (reply.failure !== 'certificate') return skip('TLS', 'there was no connection');
  const host = new URL(sam.baseUrl).host;
  const words = `${reply.reason}, by ${authorities}`;
  const port = host.includes(':') ? '' : ':443';
  return fail(
    'TLS',
    words,
    `openssl s_client -connect ${host}${port} -showcerts </dev/null   # then: destinations.sam.ca_file`,
  );
}

function checkClock(reply: HttpReply, now: Date): Finding {
  if (reply.kind === 'none') return skip('clock', 'the API did not answer');
  if (reply.date === null) return skip('clock', 'the API does not say its time');
  const off = now.getTime() - reply.date.getTime();
  // The header has whole seconds.
  const isSame = Math.abs(off) < 2000;
  const words = isSame
    ? 'agrees with that of the API'
    : `${shortDuration(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} that of the API`;
  const mend = 'timedatectl status; chronyc tracking   # as root: timedatectl set-ntp true';
  if (Math.abs(off) > tolerance) return fail('clock', words, mend);
  return Math.abs(off) > notable ? warn('clock', words, mend) : pass('clock', words);
}

function checkLogin(sam: SamSettings, reply: HttpReply, envFile: string): Finding {
  const name = 'authentication';
  if (sam.credentials === null) return skip(name, 'there are no credentials');
  if (reply.kind === 'none') return skip(name, 'the API did not answer');
  const { status } = reply;
  const { user } = sam.credentials;
  if (status === 401 || status === 403) return fail(name, `user ${user} is refused (HTTP ${status})`, `vi ${envFile}`);
  if (status === 400 && isTheApis(reply)) return pass(name, `user ${user} is accepted`);
  if (status === 429)
    return warn(name, 'too many requests a minute for the API to tell', 'hpc-collector doctor   # in a minute');
  return skip(name, `HTTP ${status} does not tell`);
}
