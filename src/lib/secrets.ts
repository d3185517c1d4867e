import { unescapedForms } from './escapes.ts';

/** The text that replaces a secret. */
export const mask = '********';

/** A user name without a password counts as a token if it has at least this many characters. */
const shortestToken = 16;

/** A shorter secret is hidden only if it is a separate word, because it can be part of many words. */
const shortestWithin = 4;

/** The schemes of addresses that have a login. The name before any other `://` can be the user. */
const knownScheme = /^(https?|socks\w*|postgres(ql)?):\/\/$/i;

/** Holds passwords, keys and tokens, and hides them in texts. */
export class Secrets {
  /** Each secret with its forms by `unescapedForms`. */
  readonly #known = new Map<string, readonly string[]>();

  /** Hides a secret from now on. Ignores a secret of one character, and one of stars only, which looks like the mask. */
  learn(secret: string): void {
    if (secret.length < 2 || isNone(secret) || this.#known.has(secret)) return;
    const forms = unescapedForms(secret).map(({ text }) => text);
    this.#known.set(
      secret,
      [...new Set(forms)].filter((form) => !isNone(form)),
    );
  }

  /** Hides the password of a login, and the login in the form that HTTP Basic sends. */
  learnLogin(user: string, password: string): void {
    this.learn(password);
    const token = Buffer.from(`${user}:${password}`);
    for (const encoding of ['base64', 'base64url'] as const) this.learn(token.toString(encoding).replace(/=+$/, ''));
  }

  /** Hides the login of an address, even of an invalid address: the scheme can be wrong or missing. */
  learnLoginOf(address: string): void {
    const end = address.lastIndexOf('@');
    if (end < 0) return;
    const [, scheme, login = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(address.slice(0, end)) ?? [];
    const parts = login.split(':').map((part) => part.replace(/^\/+/, ''));
    if (parts.length === 1 && login.length >= shortestToken) this.learn(login);
    // Without `//` the first part can be the scheme or the user.
    const ends = scheme === undefined ? parts.length - 1 : Math.min(1, parts.length - 1);
    for (let index = 1; index <= ends; index++) {
      const [user, password] = [parts[index - 1] ?? '', login.split(':').slice(index).join(':')];
      this.learnLogin(user, password);
      this.learnLogin(decoded(user), decoded(password));
    }
    // `user://password@host` without a scheme: the password begins with slashes.
    if (scheme !== undefined && !knownScheme.test(scheme)) {
      const user = scheme.slice(0, -3);
      this.learnLogin(user, `//${login}`);
      this.learnLogin(decoded(user), decoded(`//${login}`));
    }
  }

  /** Hides an address that is itself a secret, such as the address of a webhook. */
  learnAddress(address: string): void {
    this.learn(address);
    this.learnLoginOf(address);
    const path = address.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
    if (path.length >= shortestToken) this.learn(path);
  }

  /** Returns a text with the secrets and the login of every address masked. */
  hide(text: string): string {
    let hidden = text;
    // Repeat until nothing is found: a mask can complete a secret that has stars in it.
    for (let before = ''; hidden !== before; ) {
      before = hidden;
      hidden = this.#withoutKnown(hidden);
    }
    return hidden.replace(/[^\s"'<>]+/g, withoutLogin);
  }

  #withoutKnown(text: string): string {
    const all = [...this.#known];
    // Return early: most lines have no secret and no escapes.
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
 * Returns a text with every secret that this process has read masked, in plain form or escaped for JSON, HTML or a URL.
 * Masks the login of every address too. All text from outside must pass through this before it is shown or stored, and
 * before it is truncated, because a part of a secret would not be found.
 */
export const withoutSecrets = own.hide.bind(own);

/** Returns JSON with the secrets in its strings masked, as valid JSON; treats other text as `withoutSecrets` does. */
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

/** Returns a word with a mask from its `//` to its last `@`; without `//`, from its beginning if there is a colon. */
function withoutLogin(word: string): string {
  const end = word.lastIndexOf('@');
  const before = word.slice(0, Math.max(0, end));
  const slashes = before.indexOf('//');
  if (slashes < 0 && !before.includes(':')) return word;
  return before.slice(0, slashes < 0 ? 0 : slashes + 2) + mask + word.slice(end);
}

type Range = readonly [start: number, end: number];

/** Returns the text with the ranges masked. Ranges that overlap or touch get one mask. */
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
  const isLetter = (character: string | undefined) => /[a-z0-9_]/i.test(character ?? '');
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
