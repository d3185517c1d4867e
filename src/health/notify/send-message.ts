import type { AlertSettings } from '../../config/alerts.ts';
import { failureOf } from '../../exec/describe.ts';
import { commandEnvironment } from '../../exec/environment.ts';
import { startLocal } from '../../exec/local.ts';
import { defaultSearchDirectories } from '../../exec/search-path.ts';
import { send } from '../../lib/http.ts';
import { printable } from '../../lib/text.ts';
import type { Message } from './notified-state.ts';

/** Time limits for a command and for the whole answer of a webhook, in seconds. */
const commandSeconds = 30;
const webhookSeconds = 10;

/** Sends one message on its channel. Returns the reason of a failure, or null. */
export async function sendMessage(
  message: Message,
  { command, webhook, proxyTo }: AlertSettings,
  host: string,
): Promise<string | null> {
  if (message.channel === 'command') return command === null ? null : runCommand(command, message, host);
  return webhook === null ? null : post(webhook, proxyTo(webhook), message, host);
}

/** Runs the command with the message as its last argument, and event and status in the environment. */
async function runCommand(
  [program, ...rest]: readonly [string, ...string[]],
  message: Message,
  host: string,
): Promise<string | null> {
  const execution = startLocal({
    argv: [program, ...rest, sentence(message, host)],
    environment: {
      ...commandEnvironment(process.env, defaultSearchDirectories),
      HPC_COLLECTOR_EVENT: message.event,
      HPC_COLLECTOR_STATUS: message.status,
    },
    timeoutSeconds: commandSeconds,
    maxOutputBytes: 1024 ** 2,
  });
  for await (const _ of execution.stdout);
  const ending = await execution.ending;
  // Name only the program, because the arguments can be secrets.
  const named = { argv: [program] as const, host: null, via: null, timeoutSeconds: commandSeconds, maxOutputBytes: 0 };
  return failureOf(named, ending);
}

/** Posts the message; Slack, Mattermost and similar services show its `text`. */
async function post(url: string, proxy: string | null, message: Message, host: string): Promise<string | null> {
  const { event, status, at, id } = message;
  const reply = await send({
    url,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': id },
    body: JSON.stringify({ id, event, status, host, at: at.toISOString(), text: sentence(message, host) }),
    timeoutSeconds: webhookSeconds,
    ca: null,
    proxy,
  });
  return failureOfReply(reply, url);
}

/** Returns the reason of a failure, without the address, which can be a secret; null for a status of 2xx. */
export function failureOfReply(reply: Awaited<ReturnType<typeof send>>, url: string): string | null {
  if (reply.kind === 'none') return printable(reply.reason.replaceAll(url, '(its address)'), 200);
  return reply.status >= 200 && reply.status < 300 ? null : `HTTP ${reply.status}`;
}

function sentence({ text }: Message, host: string): string {
  return `hpc-collector on ${host}: ${text}`;
}
