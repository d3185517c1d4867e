import type { AlertSettings } from '../../config/alerts.ts';
import { failureOf } from '../../exec/describe.ts';
import { commandEnvironment } from '../../exec/environment.ts';
import { startLocal } from '../../exec/local.ts';
import { defaultSearchDirectories } from '../../exec/search-path.ts';
import { send } from '../../lib/http.ts';
import { printable } from '../../lib/text.ts';
import type { Message } from './notified-state.ts';

/** Seconds that a command, and a webhook's whole answer, may take. */
const commandSeconds = 30;
const webhookSeconds = 10;

/** Tells one message on its way; gives why that failed, null where it did not. */
export async function tell(
  message: Message,
  { command, webhook, proxyTo }: AlertSettings,
  host: string,
): Promise<string | null> {
  if (message.channel === 'command') return command === null ? null : runCommand(command, message, host);
  return webhook === null ? null : post(webhook, proxyTo(webhook), message, host);
}

/** The message is the last argument, and the two words that a script may want to branch on are in the environment. */
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
  // Its arguments may be secrets: only the program is named.
  const named = { argv: [program] as const, host: null, via: null, timeoutSeconds: commandSeconds, maxOutputBytes: 0 };
  return failureOf(named, ending);
}

/** `text` is what Slack, Mattermost and their like show. */
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
  return refusalOf(reply, url);
}

/** Why an answer is none that says yes; null for one that does. The address may be a secret. */
export function refusalOf(reply: Awaited<ReturnType<typeof send>>, url: string): string | null {
  if (reply.kind === 'none') return printable(reply.reason.replaceAll(url, '(its address)'), 200);
  return reply.status >= 200 && reply.status < 300 ? null : `HTTP ${reply.status}`;
}

function sentence({ text }: Message, host: string): string {
  return `hpc-collector on ${host}: ${text}`;
}
