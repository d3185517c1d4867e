import { type HttpReply, send } from '../lib/http.ts';
import { mask, withoutSecrets } from '../lib/secrets.ts';
import { withoutTags } from '../lib/text.ts';
import type { Command, Ending, Execution, Executor } from './command.ts';

/** The access to an HTTP server. */
export type HttpAccess = {
  /** The header of every request. It is never part of a command, because commands are logged and recorded. */
  readonly authorization: string;
  /** The part of the header that must not be shown. */
  readonly secret: string;
  /** Certificate authorities as PEM text; null for the authorities that this host trusts. */
  readonly ca: string | null;
  /** The URL of the proxy; null for a direct connection. */
  readonly proxy: string | null;
};

/** The exit codes for failed requests: those of curl(1), "EXIT CODES". */
export const httpExits = { unknownHost: 6, refused: 7, status: 22, lost: 56, certificate: 60, other: 2 } as const;

/**
 * Returns a GET request as a command, so that it is logged, recorded and replayed like any other command. It has the form
 * of a call of lwp-request(1): `GET -H 'Accept: …' URL`.
 */
export function getCommand(
  url: string,
  accept: string,
  limits: Pick<Command, 'timeoutSeconds' | 'maxOutputBytes'>,
): Command {
  return { argv: ['GET', '-H', `Accept: ${accept}`, url], host: null, via: null, ...limits };
}

/**
 * Returns an executor that answers GET commands over HTTP and passes the others to `below`. The output is the body of a
 * 2xx answer. Everything else is an exit code of curl(1), with `HTTP 403: …` or the error on standard error.
 */
export function withHttp(below: Executor, access: HttpAccess): Executor {
  return { start: (command) => (command.argv[0] === 'GET' ? get(command, access) : below.start(command)) };
}

function get(
  { argv, timeoutSeconds, maxOutputBytes }: Command,
  { authorization, secret, ca, proxy }: HttpAccess,
): Execution {
  const [, , accept = '', url = ''] = argv;
  const answered = send({
    url,
    method: 'GET',
    headers: { Authorization: authorization, Accept: accept.replace(/^Accept: /, '') },
    body: null,
    timeoutSeconds,
    ca,
    proxy,
  }).then((reply) => answerOf(reply, secret, timeoutSeconds, maxOutputBytes));

  async function* output(): AsyncGenerator<Uint8Array> {
    const { body } = await answered;
    if (body !== '') yield Buffer.from(body);
  }
  return { stdout: output(), ending: answered.then(({ ending }) => ending) };
}

type Answer = { readonly body: string; readonly ending: Ending };

function answerOf(reply: HttpReply, secret: string, seconds: number, limitBytes: number): Answer {
  if (reply.kind === 'none') {
    const code = {
      refused: httpExits.refused,
      'unknown-host': httpExits.unknownHost,
      certificate: httpExits.certificate,
      lost: httpExits.lost,
      other: httpExits.other,
      'timed-out': null,
    }[reply.failure];
    return { body: '', ending: code === null ? { kind: 'timed-out', seconds } : failed(code, reply.reason) };
  }
  const { status, body, unread, location } = reply;
  if (status < 200 || status >= 300) {
    const where = location === null ? '' : ` to ${withoutSecrets(location)}`;
    const words = withoutTags(body).slice(0, 300);
    return { body: '', ending: failed(httpExits.status, `HTTP ${status}${where}${words === '' ? '' : `: ${words}`}`) };
  }
  if (unread !== null) return { body: '', ending: failed(httpExits.other, unread) };
  if (Buffer.byteLength(body) > limitBytes) return { body: '', ending: { kind: 'output-too-large', limitBytes } };
  // Mask the secret: the body is recorded, and a server may echo the request.
  return { body: body.replaceAll(secret, mask), ending: { kind: 'exited', code: 0, stderr: '' } };
}

function failed(code: number, stderr: string): Ending {
  return { kind: 'exited', code, stderr };
}
