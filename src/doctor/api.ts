import type { Environment } from '../config/paths.ts';
import { tolerance } from '../delivery/server-clock.ts';
import { shortDuration } from '../lib/duration.ts';
import { OperatorError } from '../lib/errors.ts';
import { type HttpReply, type HttpRequest, send } from '../lib/http.ts';
import { type Finding, fail, pass, skip, warn } from './finding.ts';

/** A clock that is off by more is soon off by too much, in milliseconds. */
const notable = 30_000;

/** An API, and how to ask it without storing anything. */
export type ApiToCheck = {
  /** What the findings' names begin with: empty, or `ingest `. */
  readonly prefix: string;
  /** For people: `the status API`. */
  readonly description: string;
  readonly baseUrl: string;
  /** What the address is set with. */
  readonly addressSetting: string;
  /** Below which setting `ca_file` and `allow_insecure_http` are. */
  readonly settings: string;
  readonly caFile: string | undefined;
  readonly allowsInsecureHttp: boolean;
  /** Whom it is asked as: `user collector`; null where there are no credentials: then it goes without a login. */
  readonly who: string | null;
  /** The file with the credentials. */
  readonly envFile: string;
  /** A request that it answers with `loginAccepted` to who may post, because it stores nothing. Throws OperatorError. */
  request(): HttpRequest;
  readonly loginAccepted: number;
};

/** Asks an API once, and looks at the way there, its clock and what it says to our login. */
export async function checkApi(api: ApiToCheck, environment: Environment): Promise<Finding[]> {
  const found = await findings(api, environment);
  return found.map((finding) => ({ ...finding, name: api.prefix + finding.name }));
}

/** What is said of an API whose address is not configured. */
export const unaddressed: readonly Finding[] = ['proxy', 'API', 'TLS', 'clock', 'authentication'].map((name) =>
  skip(name, 'no address is configured'),
);

async function findings(api: ApiToCheck, environment: Environment): Promise<Finding[]> {
  let request: HttpRequest;
  try {
    request = api.request();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return [fail('TLS', error.message, `hpc-collector config show   # ${api.settings}.ca_file`)];
  }
  const reply = await send(request);
  return [
    checkProxy(request, environment),
    checkAnswer(api, reply),
    checkTls(api, reply),
    checkClock(reply, new Date()),
    checkLogin(api, reply),
  ];
}

function checkProxy({ url, proxy }: HttpRequest, environment: Environment): Finding {
  if (proxy === null) return pass('proxy', 'none');
  const scheme = url.startsWith('https:') ? 'https_proxy' : 'http_proxy';
  const name = [scheme, scheme.toUpperCase()].find((one) => environment[one]);
  if (name === undefined) return pass('proxy', `configured: ${proxy}`);
  const words = `${name} is ${proxy}, and cron will not have that`;
  return warn('proxy', words, 'hpc-collector config check   # say proxy: ADDRESS in collector.yaml');
}

function checkAnswer({ baseUrl, description, addressSetting, ...api }: ApiToCheck, reply: HttpReply): Finding {
  const see = `curl -sS -o /dev/null -w '%{http_code}\\n' ${baseUrl}`;
  if (reply.kind === 'none') return fail('API', `${baseUrl}: ${reply.reason}`, see);
  const { status } = reply;
  if (isTheApis(reply) && [400, 401, 403, 422, 429, 500].includes(status)) return pass('API', `${baseUrl} answers`);
  if (status >= 500) return fail('API', `${baseUrl} is not well: HTTP ${status}`, see);
  if (status === 401 && api.who === null) return pass('API', `${baseUrl} answers`);
  const to = reply.location === null ? '' : `, a redirect to ${reply.location}`;
  return fail('API', `${baseUrl} is not ${description}: HTTP ${status}${to}`, `correct ${addressSetting}`);
}

/** True for an answer in JSON: a proxy or firewall before the API answers with a page. */
export function isTheApis(reply: Extract<HttpReply, { kind: 'answer' }>): boolean {
  return /^\s*\{\s*"/.test(reply.body);
}

function checkTls(api: ApiToCheck, reply: HttpReply): Finding {
  const authorities = api.caFile ?? "this host's certificate authorities";
  if (!api.baseUrl.startsWith('https:')) {
    if (!api.allowsInsecureHttp) return skip('TLS', 'plain HTTP, to this host');
    const mend = `set ${api.addressSetting} to an https address`;
    return warn('TLS', 'plain HTTP shows the password to the network', mend);
  }
  if (reply.kind === 'answer') return pass('TLS', `the certificate is accepted, by ${authorities}`);
  if (reply.failure !== 'certificate') return skip('TLS', 'there was no connection');
  const host = new URL(api.baseUrl).host;
  const words = `${reply.reason}, by ${authorities}`;
  const port = host.includes(':') ? '' : ':443';
  return fail(
    'TLS',
    words,
    `openssl s_client -connect ${host}${port} -showcerts </dev/null   # then: ${api.settings}.ca_file`,
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

function checkLogin({ who, envFile, loginAccepted }: ApiToCheck, reply: HttpReply): Finding {
  const name = 'authentication';
  if (who === null) return skip(name, 'there are no credentials');
  if (reply.kind === 'none') return skip(name, 'the API did not answer');
  const { status } = reply;
  if ((status === 401 || status === 403) && isTheApis(reply))
    return fail(name, `${who} is refused (HTTP ${status})`, `vi ${envFile}`);
  if (status === loginAccepted && isTheApis(reply)) return pass(name, `${who} is accepted`);
  if (status === 429)
    return warn(name, 'too many requests a minute for the API to tell', 'hpc-collector doctor   # in a minute');
  return skip(name, `HTTP ${status} does not tell`);
}
