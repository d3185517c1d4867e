import type { HttpReply } from '../lib/http.ts';
import { printable, withoutTags } from '../lib/text.ts';
import type { Outcome } from './destination.ts';

/** A reply with a status and a body. */
export type ApiAnswer = Extract<HttpReply, { kind: 'answer' }>;

/** The settings to check if an answer is not the API's or refuses the login. */
export type ApiSettings = {
  readonly addressSetting: string;
  readonly loginSetting: string;
};

/** The differences between the answers of the APIs. */
export type ApiDialect = ApiSettings & {
  /** Returns the text of a 2xx answer about the stored rows; null if it is not the API's answer. */
  readonly acceptance: (answer: ApiAnswer) => string | null;
  /** Returns the API's message in the body of an error; null if the body does not have the form of the API's errors. */
  readonly errorOf: (body: string) => string | null;
  /**
   * Returns the meaning of an answer about the body (400, 415, 422) or the server (5xx) if it is special to the API;
   * null for the usual meaning. `detail` is safe to print.
   */
  readonly ownMeaning: (answer: ApiAnswer, detail: string) => Outcome | null;
};

/** Statuses that mean the same from any server: a proxy before the API sends them with its own page. */
const whoeverAnswers: ReadonlySet<number> = new Set([408, 413, 425, 429]);

/** Statuses whose `Retry-After` is obeyed. SAM's rate limiter sends one with every answer, also with 201 and 500. */
const asksToWait: ReadonlySet<number> = new Set([429, 503]);

/**
 * Returns the meaning of a reply, as the README's table lists it. Each `detail` is safe to print. `mayHaveArrived` is
 * true if the entry was sent before and may be stored.
 */
export function judgeReply(reply: HttpReply, mayHaveArrived: boolean, api: ApiDialect): Outcome {
  if (reply.kind === 'none') return { kind: 'unavailable', detail: printable(reply.reason), retryAfter: null };
  const { status } = reply;
  const detail = `HTTP ${status}${saidBy(reply, api)}`;
  if (status >= 200 && status < 300) {
    const accepted = api.acceptance(reply);
    return accepted === null
      ? notTheApis(reply, api)
      : { kind: 'accepted', detail: accepted, answer: reply.body, wasStored: false };
  }
  if (status >= 300 && status < 400) {
    const where = reply.location === null ? '' : ` to ${printable(reply.location, 200)}`;
    return { kind: 'misconfigured', detail: `HTTP ${status}, a redirect${where}: check ${api.addressSetting}` };
  }
  const retryAfter = asksToWait.has(status) ? reply.retryAfter : null;
  if (status >= 500) return api.ownMeaning(reply, detail) ?? { kind: 'unavailable', detail, retryAfter };
  // A page of a proxy or firewall with 400, 409 or 422 does not mean that the API refuses the body.
  if (!whoeverAnswers.has(status) && api.errorOf(reply.body) === null) return notTheApis(reply, api);
  switch (status) {
    case 401:
    case 403:
      return { kind: 'misconfigured', detail: `${detail}: check ${api.loginSetting}` };
    case 404:
    case 405:
      return { kind: 'misconfigured', detail: `${detail}: check ${api.addressSetting}` };
    case 413:
      return { kind: 'too-large', detail };
    case 409:
      return mayHaveArrived ? storedBefore(status, reply.body) : { kind: 'rejected', detail };
    case 400:
    case 415:
    case 422:
      return api.ownMeaning(reply, detail) ?? { kind: 'rejected', detail };
    case 408:
    case 425:
    case 429:
      return { kind: 'unavailable', detail, retryAfter };
    default:
      return { kind: 'misconfigured', detail: `${detail}: check ${api.addressSetting}` };
  }
}

/** Returns the outcome of an answer that says that the destination has this entry already. */
export function storedBefore(status: number, answer: string): Outcome {
  const detail = `already stored by an earlier attempt (HTTP ${status})`;
  return { kind: 'accepted', detail, answer, wasStored: true };
}

/** Returns the outcome of an answer that does not have the form of the API's answers. */
function notTheApis(answer: ApiAnswer, api: ApiDialect): Outcome {
  const detail = `HTTP ${answer.status} that is not the API's answer${saidBy(answer, api)}`;
  return { kind: 'misconfigured', detail: `${detail}: check ${api.addressSetting} and the proxies before it` };
}

/** Returns a colon and the server's message: that of the API, or the beginning of a page without its tags. */
function saidBy({ body, unread }: ApiAnswer, api: ApiDialect): string {
  const line = printable(unread ?? api.errorOf(body) ?? withoutTags(body), 300);
  return line === '' ? '' : `: ${line}`;
}

/** Parses a body as JSON; null if it is not JSON. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
