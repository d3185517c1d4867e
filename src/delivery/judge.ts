import type { HttpReply } from '../lib/http.ts';
import { printable, withoutTags } from '../lib/text.ts';
import type { Outcome } from './destination.ts';

/** A reply with a status and a body. */
export type Answer = Extract<HttpReply, { kind: 'answer' }>;

/** What tells one API's answers from another's. */
export type Api = {
  /** The settings to check where its answer is not the API's, or refuses our login. */
  readonly addressSetting: string;
  readonly loginSetting: string;
  /** What a 2xx says of what was stored; null where that is not the API's answer. */
  readonly acceptance: (answer: Answer) => string | null;
  /** The API's own words in an error's body; null where it has none. */
  readonly errorOf: (body: string) => string | null;
  /**
   * What an answer that speaks of the body (400, 415, 422) or of the server (5xx) means, where the API gives it a meaning
   * of its own; null for the usual one. `detail` is safe to print.
   */
  readonly ownMeaning: (answer: Answer, detail: string) => Outcome | null;
};

/** What answers mean, as the README has it in a table; each `detail` is safe to print. `mayHaveArrived` tells that it was sent before. */
export function judgeReply(reply: HttpReply, mayHaveArrived: boolean, api: Api): Outcome {
  if (reply.kind === 'none') return { kind: 'unavailable', detail: printable(reply.reason), retryAfter: null };
  const { status } = reply;
  const said = saidBy(reply, api);
  const detail = `HTTP ${status}${said}`;
  if (status >= 200 && status < 300) {
    const accepted = api.acceptance(reply);
    if (accepted !== null) return { kind: 'accepted', detail: accepted, answer: reply.body };
    return {
      kind: 'misconfigured',
      detail: `HTTP ${status} that is not the API's answer${said}: check ${api.addressSetting}`,
    };
  }
  if (status >= 300 && status < 400) {
    const where = reply.location === null ? '' : ` to ${printable(reply.location, 200)}`;
    return { kind: 'misconfigured', detail: `HTTP ${status}, a redirect${where}: check ${api.addressSetting}` };
  }
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
      return mayHaveArrived ? { kind: 'accepted', detail, answer: reply.body } : { kind: 'rejected', detail };
    case 400:
    case 415:
    case 422:
      return api.ownMeaning(reply, detail) ?? { kind: 'rejected', detail };
    case 408:
    case 425:
    case 429:
      return { kind: 'unavailable', detail, retryAfter: reply.retryAfter };
  }
  if (status >= 500)
    return api.ownMeaning(reply, detail) ?? { kind: 'unavailable', detail, retryAfter: reply.retryAfter };
  // A proxy's (407, 451 …), which speak of the way and not of the body.
  return { kind: 'misconfigured', detail: `${detail}: check ${api.addressSetting} and what stands before it` };
}

/** What the server said, behind a colon: the API's own words, or the beginning of a page without its tags. */
function saidBy({ body, unread }: Answer, api: Api): string {
  const line = printable(unread ?? api.errorOf(body) ?? withoutTags(body), 300);
  return line === '' ? '' : `: ${line}`;
}

/** A body as JSON; null for what is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
