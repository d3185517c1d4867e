import type { Environment } from '../config/paths.ts';
import { tolerance } from '../delivery/server-clock.ts';
import { shortDuration } from '../lib/duration.ts';
import { OperatorError } from '../lib/errors.ts';
import { type HttpReply, type HttpRequest, send } from '../lib/http.ts';
import { type CheckResult, fail, pass, skip, warn } from './finding.ts';

/** A larger deviation of the clock is a warning, in milliseconds. */
const notable = 30_000;

/** An API, and a request to it that stores nothing. */
export type ApiToCheck = {
  /** Prefix of the findings' names: empty, or `ingest `. */
  readonly prefix: string;
  /** Name of the API in messages: `the status API`. */
  readonly description: string;
  readonly baseUrl: string;
  /** The setting of the address. */
  readonly addressSetting: string;
  /** The setting that contains `ca_file` and `allow_insecure_http`. */
  readonly settings: string;
  readonly caFile: string | undefined;
  readonly allowsInsecureHttp: boolean;
  /** The user or key of the request: `user collector`. Null if there are no credentials: the request has no login then. */
  readonly who: string | null;
  /** The file with the credentials. */
  readonly envFile: string;
  /**
   * Makes a request that stores nothing. The API answers it with `loginAccepted` if the login may post. Throws OperatorError if
   * the settings are wrong.
   */
  request(): HttpRequest;
  /** The HTTP status of the answer if the login is accepted. */
  readonly loginAccepted: number;
};

/** Sends one request to an API, and checks the proxy, the address, TLS, the clock and the login. */
export async function checkApi(api: ApiToCheck, environment: Environment): Promise<CheckResult[]> {
  const found = await findings(api, environment);
  return found.map((finding) => ({ ...finding, name: api.prefix + finding.name }));
}

/** The findings for an API whose address is not configured. */
export const unaddressed: readonly CheckResult[] = ['proxy', 'API', 'TLS', 'clock', 'authentication'].map((name) =>
  skip(name, 'no address is configured'),
);

async function findings(api: ApiToCheck, environment: Environment): Promise<CheckResult[]> {
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

function checkProxy({ url, proxy }: HttpRequest, environment: Environment): CheckResult {
  if (proxy === null) return pass('proxy', 'none');
  const scheme = url.startsWith('https:') ? 'https_proxy' : 'http_proxy';
  const name = [scheme, scheme.toUpperCase()].find((one) => environment[one]);
  if (name === undefined) return pass('proxy', `configured: ${proxy}`);
  const message = `${name} is ${proxy}, but cron does not have this variable`;
  return warn('proxy', message, 'hpc-collector config check   # set proxy: ADDRESS in collector.yaml');
}

function checkAnswer({ baseUrl, description, addressSetting, ...api }: ApiToCheck, reply: HttpReply): CheckResult {
  const see = `curl -sS -o /dev/null -w '%{http_code}\\n' ${baseUrl}`;
  if (reply.kind === 'none') return fail('API', `${baseUrl}: ${reply.reason}`, see);
  const { status } = reply;
  if (isTheApis(reply) && [400, 401, 403, 422, 429, 500].includes(status)) return pass('API', `${baseUrl} answers`);
  if (status >= 500) return fail('API', `${baseUrl} answers with a server error: HTTP ${status}`, see);
  if (status === 401 && api.who === null) return pass('API', `${baseUrl} answers`);
  const to = reply.location === null ? '' : `, a redirect to ${reply.location}`;
  return fail('API', `${baseUrl} is not ${description}: HTTP ${status}${to}`, `correct ${addressSetting}`);
}

/** True if the answer is JSON. A proxy or firewall in front of the API answers with a page. */
export function isTheApis(reply: Extract<HttpReply, { kind: 'answer' }>): boolean {
  return /^\s*\{\s*"/.test(reply.body);
}

function checkTls(api: ApiToCheck, reply: HttpReply): CheckResult {
  const authorities = api.caFile ?? "this host's certificate authorities";
  if (!api.baseUrl.startsWith('https:')) {
    if (!api.allowsInsecureHttp) return skip('TLS', 'plain HTTP, to this host');
    const remedy = `set ${api.addressSetting} to an https address`;
    return warn('TLS', 'plain HTTP sends the password unencrypted', remedy);
  }
  if (reply.kind === 'answer') return pass('TLS', `the certificate is accepted, by ${authorities}`);
  if (reply.failure !== 'certificate') return skip('TLS', 'there was no connection');
  const host = new URL(api.baseUrl).host;
  const message = `${reply.reason}, by ${authorities}`;
  const port = host.includes(':') ? '' : ':443';
  return fail(
    'TLS',
    message,
    `openssl s_client -connect ${host}${port} -showcerts </dev/null   # then: ${api.settings}.ca_file`,
  );
}

function checkClock(reply: HttpReply, now: Date): CheckResult {
  if (reply.kind === 'none') return skip('clock', 'the API did not answer');
  if (reply.date === null) return skip('clock', 'the answer of the API has no Date header');
  const off = now.getTime() - reply.date.getTime();
  // The header has whole seconds.
  const isSame = Math.abs(off) < 2000;
  const message = isSame
    ? 'agrees with the clock of the API'
    : `${shortDuration(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} the clock of the API`;
  const remedy = 'timedatectl status; chronyc tracking   # as root: timedatectl set-ntp true';
  if (Math.abs(off) > tolerance) return fail('clock', message, remedy);
  return Math.abs(off) > notable ? warn('clock', message, remedy) : pass('clock', message);
}

function checkLogin({ who, envFile, loginAccepted }: ApiToCheck, reply: HttpReply): CheckResult {
  const name = 'authentication';
  if (who === null) return skip(name, 'no credentials are configured');
  if (reply.kind === 'none') return skip(name, 'the API did not answer');
  const { status } = reply;
  if ((status === 401 || status === 403) && isTheApis(reply))
    return fail(name, `${who} is refused (HTTP ${status})`, `vi ${envFile}`);
  if (status === loginAccepted && isTheApis(reply)) return pass(name, `${who} is accepted`);
  if (status === 429)
    return warn(
      name,
      'not checked: the API limits requests per minute (HTTP 429)',
      'hpc-collector doctor   # in a minute',
    );
  return skip(name, `HTTP ${status} does not show whether the login is accepted`);
}
