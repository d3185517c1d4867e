import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { learnSecret, Secrets, withoutSecretsInJson } from '../../src/lib/secrets.ts';
import { printable, withoutTags } from '../../src/lib/text.ts';

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const asciiJson = (text: string) =>
  text.replace(/[^A-Za-z0-9]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const html = (text: string) => Bun.escapeHTML(text);
const htmlNumbers = (text: string) => Array.from(text, (one) => `&#${one.codePointAt(0)};`).join('');
const url = encodeURIComponent;
const form = (text: string) => new URLSearchParams({ a: text }).toString().slice(2);
const allPercent = (text: string) =>
  Buffer.from(text)
    .toString('hex')
    .replace(/../g, (byte) => `%${byte}`);

/** How programs write a text within another. */
const escapes: readonly ((text: string) => string)[] = [
  (text) => text,
  json,
  asciiJson,
  html,
  htmlNumbers,
  url,
  form,
  allPercent,
  (text) => json(json(text)),
  (text) => html(json(text)),
  (text) => url(json(text)),
  (text) => url(url(text)),
  (text) => html(html(text)),
  (text) => json(html(url(text))),
];

const character = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }) },
  { weight: 2, arbitrary: fc.constantFrom(...'@#%&+:/\\"\'<>?=$*.^ ') },
  { weight: 1, arbitrary: fc.constantFrom('ü', '漢', '🔑') },
);
const characters = (minLength: number, maxLength: number) =>
  fc
    .array(character, { minLength, maxLength })
    .map((all) => all.join('').trim())
    .filter((text) => text.length >= minLength && !/^\**$/.test(text));
const around = fc.constantFrom('', ' ', ':', '="', '(', '/', '\n', 'password ');

test('no form of a secret stays, in any text and escape', () => {
  fc.assert(
    fc.property(characters(4, 30), fc.constantFrom(...escapes), around, around, fc.boolean(), (...given) => {
      const [secret, escaped, before, behind, isAll] = given;
      const secrets = new Secrets();
      secrets.learn(secret);
      const text = `${before}${escaped(secret)}${behind}`;
      const hidden = secrets.hide(isAll ? text : `HTTP 500: <pre>${text}</pre> ${secret}`);
      expect(hidden).not.toContain(escaped(secret));
      expect(hidden).not.toContain(secret);
      expect(hidden).toContain('********');
    }),
    { numRuns: 2000 },
  );
});

test('a short secret is hidden as a word of its own, and other words stay', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Z0-9]{2,3}$/),
      fc.constantFrom(':', '="', ' ', '%3A', '\\u003a', '&#58;', '&quot;', '\\n'),
      (secret, before) => {
        const secrets = new Secrets();
        secrets.learn(secret);
        expect(secrets.hide(`(${before}${secret})`)).not.toContain(`${before}${secret})`);
        expect(secrets.hide(`aa${secret}bb`)).toContain(`aa${secret}bb`);
      },
    ),
    { numRuns: 500 },
  );
});

const schemes = ['http://', 'https://', 'htp://', 'http:/', 'http:', 'http//:', 'socks5://', '//', ''];

test('no login of an address stays, for any malformed address', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...schemes),
      characters(4, 20),
      fc.constantFrom(...escapes),
      (scheme, password, escaped) => {
        const address = `${scheme}user:${password}@proxy.example.org:3128/`;
        const secrets = new Secrets();
        secrets.learnLoginOf(address);
        const hidden = secrets.hide(`by way of ${address}, ${escaped(address)}, or ${escaped(password)} alone`);
        expect(hidden).not.toContain(password);
        expect(hidden).not.toContain(escaped(password));
        const token = btoa(Buffer.from(`user:${password}`).toString('latin1'));
        expect(secrets.hide(`Proxy-Authorization: Basic ${token}`)).not.toContain(token.replace(/=+$/, ''));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a password that begins with slashes is hidden in an address without a scheme', () => {
  const secrets = new Secrets();
  secrets.learnLoginOf('collector:// @@proxy.example.org:3128');
  expect(secrets.hide('the password is // @, it said')).toBe('the password is ********, it said');
});

test.each([
  ['https://user:p@ss@host/path', 'https://********@host/path'],
  ['see https://me:a#b@host, or http://x@y', 'see https://********@host, or http://********@y'],
  ['"url":"https:\\/\\/me:pw@host"', '"url":"********@host"'],
  ['htp:/me:pw@host', '********@host'],
  ['me:pw@host:3128', '********@host:3128'],
  ['mail root@host, or ssh ann@casper: refused', 'mail root@host, or ssh ann@casper: refused'],
  ['at 12:30 by ann@casper', 'at 12:30 by ann@casper'],
  ['https://host/path: nothing to hide', 'https://host/path: nothing to hide'],
])('of %j that was never learned is left %j', (text, expected) => {
  expect(new Secrets().hide(text)).toBe(expected);
});

test('a login without a password is hidden if it is long enough to be a token', () => {
  const secrets = new Secrets();
  secrets.learnLoginOf('https://token-123456789@short.example.org');
  secrets.learnLoginOf('https://token-1234567890@long.example.org');
  expect(secrets.hide('token-123456789')).toBe('token-123456789');
  expect(secrets.hide('token-1234567890')).toBe('********');
});

test('a login is hidden in base64 too, and an address that is a secret with its path', () => {
  const secrets = new Secrets();
  secrets.learnLogin('collector', 'hidden-by-base64?>');
  secrets.learnAddress('https://hooks.example.org/T0/secret-of-the-path');
  const token = Buffer.from('collector:hidden-by-base64?>');
  for (const encoding of ['base64', 'base64url'] as const)
    expect(secrets.hide(`Basic ${token.toString(encoding)}`)).toMatch(/^Basic \*{8}=*$/);
  expect(secrets.hide('no https://hooks.example.org/T0/secret-of-the-path')).toBe('no ********');
  expect(secrets.hide('POST /T0/secret-of-the-path')).toBe('POST ********');
});

test('JSON stays JSON: its strings and names are changed, its numbers are not', () => {
  learnSecret('4711-of-the-test-"\\');
  learnSecret('47110815471108154711');
  const answer = {
    status_id: 471108154711,
    echo: { 'x-47110815471108154711': ['a 4711-of-the-test-"\\ b'] },
    none: null,
  };
  expect(JSON.parse(withoutSecretsInJson(JSON.stringify(answer)))).toEqual({
    status_id: 471108154711,
    echo: { 'x-********': ['a ******** b'] },
    none: null,
  });
  expect(withoutSecretsInJson('{"status_id": 7}')).toBe('{"status_id": 7}');
});

test('a secret is hidden before a text is cut or its tags are taken out', () => {
  learnSecret('cut-in-the-middle');
  learnSecret('with<b>tags</b>');
  expect(printable('the secret is cut-in-the-middle', 24)).not.toContain('cut');
  expect(withoutTags(`<p>${'x'.repeat(3990)} cut-in-the-middle with<b>tags</b>`)).not.toContain('cut');
  expect(withoutTags('<p>with<b>tags</b></p>')).toBe('********');
});

test('a long text of escapes takes no long time', () => {
  const secrets = new Secrets();
  secrets.learn('a-secret\\\\\\with-backslashes');
  const started = performance.now();
  for (const part of ['\\', '%25', '&amp;', '//', 'a:', 'a@', '+']) secrets.hide(part.repeat(16_000 / part.length));
  expect(performance.now() - started).toBeLessThan(5000);
});
