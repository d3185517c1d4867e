import { unescapedForms } from './escapes.ts';

/** Stands in the place of a secret. */
export const mask = '********';

/** A user's name without a password is taken for a token from so many characters on: names are words of other lines. */
const shortestToken = 16;

/** A shorter secret is only hidden as a word of its own: it is a part of many words. */
const shortestWithin = 4;

/** Passwords, keys and tokens, and what hides them in texts. */
export class Secrets {
  /** Each with the forms that `unescapedForms` makes of it. */
  readonly #known = new Map<string, readonly string[]>();

  /** Has a secret hidden from now on; not one of a single character, nor of stars only, which a mask would show. */
  learn(secret: string): void {
    if (secret.length < 2 || isNone(secret) || this.#known.has(secret)) return;
    const forms = unescapedForms(secret).map(({ text }) => text);
    this.#known.set(
      secret,
      [...new Set(forms)].filter((form) => !isNone(form)),
    );
  }

  /** Has the password of a login hidden, and the login as HTTP Basic sends it. */
  learnLogin(user: string, password: string): void {
    this.learn(password);
    const token = Buffer.from(`${user}:${password}`);
    for (const encoding of ['base64', 'base64url'] as const) this.learn(token.toString(encoding).replace(/=+$/, ''));
  }

  /** Has the login of an address hidden, whatever is wrong with that: a scheme with a typo, or none. */
  learnLoginOf(address: string): void {
    const end = address.lastIndexOf('@');
    if (end < 0) return;
    const [, scheme, login = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(address.slice(0, end)) ?? [];
    const parts = login.split(':').map((part) => part.replace(/^\/+/, ''));
    if (parts.length === 1 && login.length >= shortestToken) this.learn(login);
    // Without `//` the first part may be the scheme or the user.
    const ends = scheme === undefined ? parts.length - 1 : Math.min(1, parts.length - 1);
    for (let index = 1; index <= ends; index++) {
      const [user, password] = [parts[index - 1] ?? '', login.split(':').slice(index).join(':')];
      this.learnLogin(user, password);
      this.learnLogin(decoded(user), decoded(password));
    }
  }

  /** Has an address hidden that is a secret as a whole, such as that of a webhook. */
  learnAddress(address: string): void {
    this.learn(address);
    this.learnLoginOf(address);
    const path = address.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
    if (path.length >= shortestToken) this.learn(path);
  }

  /** Returns a text without the secrets, and without the login of any address. */
  hide(text: string): string {
    let hidden = text;
    // Once more as long as something is found: a mask may complete a secret that has stars in it.
    for (let before = ''; hidden !== before; ) {
      before = hidden;
      hidden = this.#withoutKnown(hidden);
    }
    return hidden.replace(/[^\s"'<>]+/g, withoutLogin);
  }

  #withoutKnown(text: string): string {
    const all = [...this.#known];
    // Most lines have no secret, and nothing that could be an escape of one.
    if (!/[^\0-\x7f]|[%\\&+]/.test(text) && !all.some(([secret]) => text.includes(secret))) return text;
    const ranges: Range[] = [];
    for (const { text: form, starts, ends } of unescapedForms(text)) {
      for (const [secret, wanted] of all.flatMap(([one, forms]) => forms.map((each) => [one, each] as const))) {
        for (let at = form.indexOf(wanted); at >= 0; at = form.indexOf(wanted, at + 1)) {
          const last = at + wanted.length - 1;
          if (secret.length >= shortestWithin || isWord(form, at, last))
            ranges.push([starts[at] ?? 0, ends[last] ?? 0]);
        }
      }
    }
    return masked(text, ranges);
  }
}

/** The secrets that this process has read. */
const own = new Secrets();

export const learnSecret = own.learn.bind(own);
export const learnLogin = own.learnLogin.bind(own);
export const learnLoginOf = own.learnLoginOf.bind(own);
export const learnSecretAddress = own.learnAddress.bind(own);

/**
 * Returns a text with a mask in the place of every secret that this process has read, as it is or as JSON, HTML or a URL
 * escapes it, and of the login of every address. All text from outside goes through this before it is shown or stored; and
 * before it is cut, because a part of a secret would not be found.
 */
export const withoutSecrets = own.hide.bind(own);

/** Returns JSON with its strings so changed, which stays JSON; any other text as `withoutSecrets` does. */
export function withoutSecretsInJson(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return withoutSecrets(text);
  }
  const hidden = JSON.stringify(inValue(value));
  return hidden === JSON.stringify(value) ? text : hidden;
}

function inValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(inValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [withoutSecrets(key), inValue(member)]));
}

/** A word with a mask from its `//` to its last `@`; without `//`, from its beginning if there is a colon. */
function withoutLogin(word: string): string {
  const end = word.lastIndexOf('@');
  const before = word.slice(0, Math.max(0, end));
  const slashes = before.indexOf('//');
  if (slashes < 0 && !before.includes(':')) return word;
  return before.slice(0, slashes < 0 ? 0 : slashes + 2) + mask + word.slice(end);
}

type Range = readonly [start: number, end: number];

/** The text with one mask for ranges that overlap or touch. */
function masked(text: string, ranges: readonly Range[]): string {
  let result = '';
  let at = 0;
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (start > at || at === 0) result += text.slice(at, start) + mask;
    at = Math.max(at, end);
  }
  return result + text.slice(at);
}

function isWord(text: string, first: number, last: number): boolean {
  const isLetter = (character: string | undefined) => /[a-z0-9]/i.test(character ?? '');
  return !isLetter(text[first - 1]) && !isLetter(text[last + 1]);
}

function isNone(text: string): boolean {
  return /^\**$/.test(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
